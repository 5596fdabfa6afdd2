"""The tensors of a published model: how they are rounded for storage and read back. Needs no torch.

float16: the nearest number, ties to even. int8, one scale per row: each large matrix [out, in] is
stored as I8 in [-127, 127] beside `<name>_scale` (F32, [out]), scale = max |row| / 127; a value
is int8 * scale. All other tensors of an int8 model stay float32. tests/quantize.ts rounds by the
same two rules.
"""

from pathlib import Path

import numpy as np
import safetensors
from safetensors.numpy import load_file

from .files import UserError
from .reference import Tensors

_INT8 = (
    "embedding.weight",
    "attention.qkv.weight",
    "attention.output.weight",
    "mlp.up.weight",
    "mlp.down.weight",
)


def quantize_rows(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix [rows, columns] as int8 and one float32 scale per row (1 for a row of zeros).

    Rounds value / scale in float64 to the nearest integer, ties upwards: floor(x + 0.5), which is
    JavaScript's Math.round.
    """
    scales = (np.abs(matrix).max(1).astype(np.float64) / 127).astype(np.float32)
    scales[scales == 0] = 1
    steps = np.floor(matrix.astype(np.float64) / scales[:, None] + 0.5)
    return np.clip(steps, -127, 127).astype(np.int8), scales


def quantize(tensors: Tensors, precision: str) -> Tensors:
    """The tensors as a model folder of that precision stores them."""
    if precision != "int8":
        return {name: value.astype(precision) for name, value in tensors.items()}
    stored: Tensors = {}
    for name, value in tensors.items():
        if name.endswith(_INT8):
            stored[name], stored[f"{name}_scale"] = quantize_rows(value)
        else:
            stored[name] = value.astype(np.float32)
    return stored


def dequantize(stored: Tensors) -> Tensors:
    """The float32 values of stored tensors."""
    tensors = {}
    for name, value in stored.items():
        if name.endswith("_scale"):
            continue
        tensors[name] = value.astype(np.float32)
        if f"{name}_scale" in stored:
            tensors[name] *= stored[f"{name}_scale"][:, None]
    return tensors


def read_tensors(folder: Path) -> Tensors:
    """The weights of a model folder as float32. Raises UserError if they cannot be read."""
    try:
        return dequantize(load_file(folder / "model.safetensors"))
    except (OSError, safetensors.SafetensorError) as error:
        raise UserError(f"cannot read {folder / 'model.safetensors'}: {error}") from error
