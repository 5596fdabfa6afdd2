"""Tasks with one right answer: batches of examples, and where they come from.

`Recall` and `Order` draw every batch anew. Tasks with a fixed set of examples are in `pools.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from .draw import Draw

HELD_OUT = 2000  # examples of a held-out set
HELD_OUT_BATCH = 50


@dataclass(frozen=True)
class Batch:
    """B examples of up to n tokens.

    tokens [B, n]; seen [B, n], false for padding; labels [B, m], the right classes; asked [B, m],
    the positions of the answers, or None if there is one answer for the whole text (m = 1).
    """

    tokens: Tensor
    seen: Tensor
    labels: Tensor
    asked: Tensor | None = None

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device."""
        asked = None if self.asked is None else self.asked.to(device)
        return Batch(self.tokens.to(device), self.seen.to(device), self.labels.to(device), asked)

    @staticmethod
    def of(
        tokens: np.ndarray,
        labels: np.ndarray,
        asked: np.ndarray | None = None,
        lengths: np.ndarray | None = None,
    ) -> "Batch":
        n = tokens.shape[1]
        seen = np.arange(n) < (np.full(len(tokens), n) if lengths is None else lengths)[:, None]
        places = None if asked is None else torch.from_numpy(asked)
        arrays = (tokens.astype(np.int64), seen, labels.astype(np.int64))
        return Batch(*(torch.from_numpy(a) for a in arrays), places)


class Source(Protocol):
    """Where the examples of a task come from."""

    def batch(self, seed: int, step: int, size: int) -> Batch:
        """The training batch of a step: a pure function of its arguments."""

    def held_out(self, split: str) -> Iterator[Batch]:
        """The examples of "valid" or "test", the same for all seeds."""


class Task(Protocol):
    """A task. `symbols`: number of token ids; `classes`: number of answers; `longest`: tokens."""

    causal: ClassVar[bool]

    @property
    def symbols(self) -> int: ...

    @property
    def classes(self) -> int: ...

    @property
    def longest(self) -> int: ...

    def source(self, folder: Path) -> Source:
        """`folder`: keeps sets of examples that take long to make."""


class Drawn:
    """A source that draws every batch anew."""

    def __init__(self, task: "Recall | Order") -> None:
        self.task = task

    def batch(self, seed: int, step: int, size: int) -> Batch:
        return self.task.draw(Draw(repr(self.task), "train", seed, step), size)

    def held_out(self, split: str) -> Iterator[Batch]:
        for part in range(HELD_OUT // HELD_OUT_BATCH):
            yield self.task.draw(Draw(repr(self.task), split, part), HELD_OUT_BATCH)


@dataclass(frozen=True)
class Recall:
    """Multi-query associative recall (MQAR): `pairs` times a key and its value, then a text of
    blanks in which each key occurs once more. There the answer is its value."""

    length: int = 256
    pairs: int = 32
    keys: int = 128
    values: int = 128
    causal: ClassVar[bool] = True

    @property
    def symbols(self) -> int:
        return 1 + self.keys + self.values

    @property
    def classes(self) -> int:
        return self.values

    @property
    def longest(self) -> int:
        return self.length

    def source(self, folder: Path) -> Source:
        return Drawn(self)

    def draw(self, draw: Draw, size: int) -> Batch:
        """`size` examples. Token 0 is the blank, then come the keys, then the values."""
        pairs, begin = self.pairs, 2 * self.pairs
        keys = draw.orders(size, self.keys)[:, :pairs]
        values = draw.below(self.values, size, pairs)
        tokens = np.zeros((size, self.length), np.int64)
        tokens[:, 0:begin:2] = 1 + keys
        tokens[:, 1:begin:2] = 1 + self.keys + values
        places = begin + np.sort(draw.orders(size, self.length - begin)[:, :pairs])
        order = draw.orders(size, pairs)
        np.put_along_axis(tokens, places, 1 + np.take_along_axis(keys, order, 1), 1)
        return Batch.of(tokens, np.take_along_axis(values, order, 1), places)


@dataclass(frozen=True)
class Order:
    """Does the first A come before the first B? A and B occur equally often, 1 to `copies` times
    each, so the numbers of the symbols do not tell. All other tokens are random symbols."""

    length: int = 128
    copies: int = 4
    others: int = 30
    causal: ClassVar[bool] = False

    @property
    def symbols(self) -> int:
        return 2 + self.others

    @property
    def classes(self) -> int:
        return 2

    @property
    def longest(self) -> int:
        return self.length

    def source(self, folder: Path) -> Source:
        return Drawn(self)

    def draw(self, draw: Draw, size: int) -> Batch:
        """`size` examples. Token 0 is A, token 1 is B."""
        tokens = 2 + draw.below(self.others, size, self.length)
        copies = 1 + draw.below(self.copies, size)[:, None]
        place = np.arange(2 * self.copies)[None]
        places = draw.orders(size, self.length)[:, : 2 * self.copies]
        used = place < 2 * copies
        rows = np.nonzero(used)[0]
        tokens[rows, places[used]] = np.broadcast_to(place % 2, used.shape)[used]
        labels = (tokens == 0).argmax(1) < (tokens == 1).argmax(1)
        return Batch.of(tokens, labels[:, None])
