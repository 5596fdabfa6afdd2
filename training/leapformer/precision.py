"""The precision of matrix products."""

import torch


def product_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 on a graphics card, float32 on a CPU.

    Few CPUs multiply bfloat16 faster than float32, and torch.compile with GCC 12 computes wrong
    gradients in bfloat16 on some of them (docs/training.md, Precision).
    """
    return torch.bfloat16 if device.type == "cuda" else torch.float32


def products(device: torch.device, bfloat16: bool) -> torch.autocast:
    """A context with matrix products in `product_dtype`, or in float32 without `bfloat16`."""
    enabled = bfloat16 and product_dtype(device) == torch.bfloat16
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)
