"""Loads a model from a model folder, a run folder or a checkpoint file."""

from pathlib import Path

from . import checkpoint, folder
from .files import UserError
from .model import LeapFormer


def load_model(path: Path, averaged: bool = True) -> LeapFormer:
    """The model at `path`. Raises UserError if there is none.

    `averaged`: take the averaged weights of a run, not the last ones.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist")
    if (path / "model.safetensors").exists():
        return folder.read_model(path)
    return checkpoint.load_model(path, averaged)[0]


def tokenizer_of(path: Path) -> Path:
    """The tokenizer.json of the model at `path`."""
    return (path if path.is_dir() else path.parent) / "tokenizer.json"
