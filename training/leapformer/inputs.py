"""What a run reads: a prepared folder of text, or of sentence pairs."""

from pathlib import Path
from typing import Protocol

import numpy as np

from .data import Text
from .translate.pairs import PairText, holds_pairs


class Streams(Protocol):
    """Endless batches; a batch is a pure function of its number.

    `batches_per_epoch`: the carried states are reset at every such batch.
    """

    batches_per_epoch: int

    def batch(self, number: int, rows: range) -> np.ndarray:
        """Tokens [rows, segment + 1] (int64): the inputs, and one more for the targets.

        A token written as ~token is read, but not scored.
        """


def open_text(folder: Path) -> Text | PairText:
    """The prepared folder. Raises UserError if it is missing or damaged."""
    return PairText(folder) if holds_pairs(folder) else Text(folder)
