"""Initializes a run with the weights of a model of the same size or smaller.

Function-preserving growth (Net2Net, arXiv 1511.05641): new channels of the residual stream start
at zero, and new heads, MLP units and layers contribute zero. An rms norm averages over all
channels, the zero ones too, so its weight is scaled to compensate.
"""

from pathlib import Path

import torch
from torch import Tensor

from .config import ModelConfig
from .files import UserError, sha256
from .load import load_model, tokenizer_of
from .model import LeapFormer

# Keys that may differ. All others, and the width of a head, must agree.
_GROWS = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
_FREE = {*_GROWS, "embedding_scale"}


def initialize_from(model: LeapFormer, folder: Path, tokenizer: Path) -> None:
    """Copies the weights of the model folder or run `folder` into a newly initialized `model`.

    Raises UserError if that model is larger in some dimension, of another kind, or has a tokenizer
    other than `tokenizer`.
    """
    small = load_model(folder, averaged=False)
    own_tokenizer = tokenizer_of(folder)
    if sha256(own_tokenizer) != sha256(tokenizer):
        raise UserError(
            f"{folder} has another tokenizer than the text: prepare the text with --tokenizer "
            f"{own_tokenizer}"
        )
    _check(small.config, model.config, folder)
    new = model.state_dict()
    with torch.no_grad():
        for name, old in small.state_dict().items():
            _overlay(new[name], old, blocks=3 if name.endswith(_STACKED) else 1)
        old, c = small.config, model.config
        model.embedding.weight[:, old.hidden_size :] = 0
        model.embedding.weight *= old.embedding_scale / c.embedding_scale
        model.final_norm.weight *= c.embedding_scale / old.embedding_scale
        for name, weight in new.items():
            if name.endswith(("attention_norm.weight", "mlp_norm.weight", "final_norm.weight")):
                weight *= (old.hidden_size / c.hidden_size) ** 0.5


_STACKED = ("qkv.weight", "convolution.weight")  # rows of all queries, then keys, then values


def _overlay(new: Tensor, old: Tensor, blocks: int) -> None:
    """Writes `old` into the corner of `new`, in each block of rows."""
    new, old = (x.unflatten(0, (blocks, -1)) for x in (new, old))
    new[tuple(slice(size) for size in old.shape)] = old


def _check(small: ModelConfig, large: ModelConfig, folder: Path) -> None:
    for key, value in vars(small).items():
        other = getattr(large, key)
        if key not in _FREE and other != value:
            raise UserError(
                f"{folder} has {key} = {value!r}, the run has {other!r}: make them agree"
            )
        if key in _GROWS and other < value:
            raise UserError(
                f"{folder} has {key} = {value}, more than the run's {other}: enlarge the run"
            )
    if small.head_size != large.head_size:
        raise UserError(
            f"{folder} has heads of width {small.head_size}, the run has {large.head_size}: "
            "make them agree"
        )
    if small.position == "sinusoidal" and small.hidden_size != large.hidden_size:
        raise UserError(
            f"{folder} has sinusoidal positions, so hidden_size {small.hidden_size} cannot grow: "
            "use the same in the run"
        )
