"""A run that begins as a finished model, of its own size or smaller, and writes as well at once.

Growth that keeps the function (Net2Net, arXiv 1511.05641): new channels of the residual stream
start empty; new heads, MLP units and layers start silent. An rms norm averages over all channels,
the empty ones too: its weight makes up for them.
"""

from pathlib import Path

import torch
from torch import Tensor

from .config import ModelConfig
from .files import UserError, sha256
from .load import load_model, tokenizer_of
from .model import LeapFormer

# what may differ; all else, the head's width included, must agree
_GROWS = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
_FREE = {*_GROWS, "embedding_scale"}


def begin_as(model: LeapFormer, folder: Path, tokenizer: Path) -> None:
    """Gives a freshly initialized `model` the weights of a published folder, or of a run's.

    Raises UserError where that one is larger somewhere, another kind of model, or has another
    tokenizer than the run.
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
            raise UserError(f"{folder} has {key} = {value!r}, the run {other!r}: make them agree")
        if key in _GROWS and other < value:
            raise UserError(f"{folder} has {key} = {value}, more than the run's {other}")
    if small.head_size != large.head_size:
        raise UserError(
            f"{folder} has heads of width {small.head_size}, the run of {large.head_size}"
        )
    if small.position == "sinusoidal" and small.hidden_size != large.hidden_size:
        raise UserError(f"{folder} has sinusoidal positions: its width cannot grow")
