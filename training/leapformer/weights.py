"""The tensors of a published model: how they are rounded for storage and read back. Needs no torch.

docs/model.md defines the formats. This file rounds to the nearest number: in float16 with ties to
even; in int8 with the scale max |row| / 127; in int4 with the scale of a group that gives the
smallest squared error, of `CLIPS` x max |group| / 7. `calibrate.py` rounds int4 with less loss.
tests/quantize.ts rounds to float16 and int8 by the same rules.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors
from safetensors.numpy import load_file

from .config import ModelConfig
from .files import UserError
from .reference import Tensors

EMBEDDING = "embedding.weight"
LAYER_MATRICES = (
    "attention.qkv.weight",
    "attention.output.weight",
    "mlp.up.weight",
    "mlp.down.weight",
)
GROUP = 32  # weights with one scale in int4
# Scales to try, as shares of max |group| / 7. Integers reach further below 0 than above it: with a
# negative scale, the values above 0 have the larger range.
CLIPS = np.outer([1, -1], np.arange(23, 10, -1) / 20).ravel()

# int4 in groups: the integers [rows, columns] in [-8, 7], and the scales [rows, groups] in float16
Groups = tuple[np.ndarray, np.ndarray]


def precisions(dtype: str) -> dict[str, str]:
    """The precision of the embedding and of the layers' matrices of a model in `dtype`."""
    return {"embedding": "int8" if dtype == "int4" else dtype, "layers": dtype}


def precision_name(dtype: str) -> str:
    """The precisions of a model in `dtype`, as the page names them."""
    embedding, layers = precisions(dtype).values()
    return layers if embedding == layers else f"{layers}, embedding {embedding}"


def precision_of(name: str, dtype: str) -> str:
    """The precision in which a model in `dtype` stores a tensor."""
    if name == EMBEDDING:
        return precisions(dtype)["embedding"]
    if name.endswith(LAYER_MATRICES) or dtype == "float16":
        return dtype
    return "float32"


def span_of(name: str, config: ModelConfig) -> int:
    """Columns after which a group of a matrix ends: those of a head, or the row."""
    if name.endswith("attention.output.weight"):
        return config.head_size
    return config.intermediate_size if name.endswith("mlp.down.weight") else config.hidden_size


def quantize_rows(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix [rows, columns] as int8 and one float32 scale per row (1 for a row of zeros).

    Rounds value / scale in float64 to the nearest integer, ties upwards: floor(x + 0.5), which is
    JavaScript's Math.round.
    """
    scales = (np.abs(matrix).max(1).astype(np.float64) / 127).astype(np.float32)
    scales[scales == 0] = 1
    steps = np.floor(matrix.astype(np.float64) / scales[:, None] + 0.5)
    return np.clip(steps, -127, 127).astype(np.int8), scales


def quantize_groups(matrix: np.ndarray, span: int, clips: np.ndarray = CLIPS) -> Groups:
    """A matrix [rows, columns] as int4, each group with the best of its scales to try."""
    groups = split(matrix.astype(np.float64), span)
    scales = best_scales(groups, clips)
    return join(round_int4(groups, scales[..., None]), span).astype(np.int8), scales


def best_scales(groups: np.ndarray, clips: np.ndarray = CLIPS) -> np.ndarray:
    """The float16 scales [...] with the smallest squared error of groups [..., up to 32].

    A group of zeros has the scale 1.
    """
    largest = np.abs(groups).max(-1)
    best, smallest = np.ones(largest.shape, np.float16), np.full(largest.shape, np.inf)
    for clip in clips:
        scales = to_scales(largest * clip)
        wide = scales.astype(np.float32)[..., None]
        errors = np.square(round_int4(groups, wide) * wide - groups).sum(-1)
        best = np.where(errors < smallest, scales, best)
        smallest = np.minimum(errors, smallest)
    return best


def to_scales(largest: np.ndarray) -> np.ndarray:
    """The float16 scales that round these values to 7; 1 where they would be 0."""
    scales = (largest / 7).astype(np.float16)
    scales[scales == 0] = 1
    return scales


def round_int4(values: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """The integers in [-8, 7] nearest to values / scales, ties upwards, as floating point."""
    return np.clip(np.floor(values / scales + 0.5), -8, 7)


def split(matrix: np.ndarray, span: int) -> np.ndarray:
    """The groups [rows, groups, 32] of a matrix [rows, columns], with zeros after short ones."""
    spans = matrix.reshape(len(matrix), -1, span)
    return np.pad(spans, ((0, 0), (0, 0), (0, -span % GROUP))).reshape(len(matrix), -1, GROUP)


def join(groups: np.ndarray, span: int) -> np.ndarray:
    """The matrix [rows, columns] of groups [rows, groups, 32]."""
    spans = groups.reshape(len(groups), -1, span + -span % GROUP)
    return spans[..., :span].reshape(len(groups), -1)


_SHIFTS = 4 * np.arange(8, dtype=np.uint32)[:, None]


def pack(integers: np.ndarray, span: int) -> np.ndarray:
    """Integers [rows, columns] in [-8, 7] as int32 [rows, groups, 4], the form of the file."""
    groups = split(integers, span)
    nibbles = (groups & 15).astype(np.uint32).reshape(*groups.shape[:2], 8, 4)
    return (nibbles << _SHIFTS).sum(2, dtype=np.uint32).view(np.int32)


def unpack(words: np.ndarray, span: int) -> np.ndarray:
    """The int8 integers [rows, columns] of `pack`."""
    nibbles = (words.view(np.uint32)[:, :, None] >> _SHIFTS) & 15
    return join((nibbles.astype(np.int8) ^ 8) - 8, span)


def quantize(
    tensors: Tensors,
    dtype: str,
    config: ModelConfig,
    rounded: Mapping[str, Groups] | None = None,
) -> Tensors:
    """The tensors as a model folder in `dtype` stores them.

    `rounded`: int4 matrices by name that are already rounded, instead of to the nearest.
    """
    stored: Tensors = {}
    for name, value in tensors.items():
        precision, scales = precision_of(name, dtype), f"{name}_scale"
        if precision == "int8":
            stored[name], stored[scales] = quantize_rows(value)
        elif precision == "int4":
            span = span_of(name, config)
            known = rounded.get(name) if rounded else None
            integers, stored[scales] = known or quantize_groups(value, span)
            stored[name] = pack(integers, span)
        else:
            stored[name] = value.astype(precision)
    return stored


def dequantize(stored: Tensors, config: ModelConfig) -> Tensors:
    """The float32 values of stored tensors."""
    tensors = {}
    for name, value in stored.items():
        if name.endswith("_scale"):
            continue
        scales = stored.get(f"{name}_scale")
        if scales is None:
            tensors[name] = value.astype(np.float32)
        elif value.dtype == np.int32:
            span = span_of(name, config)
            tensors[name] = scale_groups(unpack(value, span), scales, span)
        else:
            tensors[name] = value * scales[:, None]
    return tensors


def scale_groups(integers: np.ndarray, scales: np.ndarray, span: int) -> np.ndarray:
    """The float32 values [rows, columns] of int4 groups."""
    return join(split(integers, span) * scales.astype(np.float32)[..., None], span)


def read_stored(folder: Path) -> Tensors:
    """The tensors of a model folder as stored. Raises UserError if they cannot be read."""
    try:
        return load_file(folder / "model.safetensors")
    except (OSError, safetensors.SafetensorError) as error:
        raise UserError(f"cannot read {folder / 'model.safetensors'}: {error}") from error
