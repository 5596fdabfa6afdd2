"""The precision of matrix products."""

import torch

_HAS_AMX = torch.cpu.get_capabilities().get("amx_bf16", False)


def product_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 on a graphics card and on a CPU with AMX, which multiply it several times faster.

    float32 on other CPUs: few of them multiply bfloat16 faster (docs/training.md, Precision).
    """
    return torch.bfloat16 if device.type == "cuda" or _HAS_AMX else torch.float32


def products(device: torch.device, bfloat16: bool) -> torch.autocast:
    """A context with matrix products in `product_dtype`, or in float32 without `bfloat16`."""
    enabled = bfloat16 and product_dtype(device) == torch.bfloat16
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)
