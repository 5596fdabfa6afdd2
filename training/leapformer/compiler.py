"""torch.compile, with the options that this package needs."""

import os
from collections.abc import Callable

import torch


def compiled(function: Callable) -> Callable:
    """A compiled `function`: one program per shape.

    A program for all shapes ran at 0.6 speed (docs/training.md, Speed).
    """
    compiler = os.environ.get("CXX", "g++")
    options = {
        # compiled dropout on a CPU draws its numbers one by one: 20 ms instead of 5 ms for 2^19
        "fallback_random": not torch.cuda.is_available(),
        # GCC 12 compiles transpose_mxn<BFloat16> wrongly without it
        "cpp.cxx": (None, f"{compiler} -fno-tree-slp-vectorize"),
    }
    return torch.compile(function, dynamic=False, options=options)
