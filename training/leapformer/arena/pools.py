"""Tasks with a fixed set of examples: made once, kept in a file, read in a new order each epoch."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from ..files import atomic
from .draw import Draw
from .tasks import HELD_OUT, HELD_OUT_BATCH, Batch

GROUP = 16  # batches whose examples are sorted by length, so that a batch needs little padding


class Maker(Protocol):
    """A task that makes its examples one by one."""

    train: int  # examples to train on

    def example(self, split: str, index: int) -> tuple[np.ndarray, int]:
        """The tokens [n] in uint8 and the label of an example: a function of its arguments."""


class Pool:
    """Examples: tokens [N] of uint8, one example after the other; lengths and labels [count]."""

    def __init__(self, tokens: np.ndarray, lengths: np.ndarray, labels: np.ndarray) -> None:
        self.tokens, self.lengths, self.labels = tokens, lengths, labels
        self.ends = np.concatenate([[0], lengths.cumsum()])

    @staticmethod
    def make(task: Maker, split: str, count: int) -> "Pool":
        examples = [task.example(split, index) for index in range(count)]
        tokens = np.concatenate([text for text, _ in examples])
        lengths = np.array([len(text) for text, _ in examples], np.int64)
        return Pool(tokens, lengths, np.array([label for _, label in examples], np.int64))

    @staticmethod
    def kept(task: Maker, split: str, count: int, folder: Path) -> "Pool":
        """The examples from their file in `folder`, or new ones, which are written there."""
        key = hashlib.sha256(repr((task, split, count)).encode()).hexdigest()[:16]
        path = folder / f"{type(task).__name__.lower()}-{split}-{key}.npz"
        if path.exists():
            with np.load(path) as file:
                return Pool(file["tokens"], file["lengths"], file["labels"])
        print(f"{path.name}: making {count:,} examples", flush=True)
        pool = Pool.make(task, split, count)
        with atomic(path) as file:
            np.savez(file, tokens=pool.tokens, lengths=pool.lengths, labels=pool.labels)
        return pool

    def pick(self, index: np.ndarray) -> Batch:
        """The examples `index` [B], padded to the longest of them."""
        lengths = self.lengths[index]
        tokens = np.zeros((len(index), lengths.max()), np.uint8)
        for row, i in enumerate(index):
            tokens[row, : lengths[row]] = self.tokens[self.ends[i] : self.ends[i + 1]]
        return Batch.of(tokens, self.labels[index][:, None], lengths=lengths)


class Pooled:
    """The source of a task with a fixed set of examples."""

    def __init__(self, task: Maker, folder: Path) -> None:
        self.task, self.folder = task, folder
        self.pool = Pool.kept(task, "train", task.train, folder)
        self._epoch: tuple[int, int, int] | None = None
        self._order = np.zeros(0, np.int64)

    def batch(self, seed: int, step: int, size: int) -> Batch:
        """Every epoch reads all whole batches in a new order."""
        batches = len(self.pool.lengths) // size
        epoch, number = divmod(step, batches)
        if self._epoch != (seed, epoch, size):
            self._epoch = (seed, epoch, size)
            self._order = self._read_order(Draw("epoch", seed, epoch), batches, size)
        return self.pool.pick(self._order[number])

    def _read_order(self, draw: Draw, batches: int, size: int) -> np.ndarray:
        """The examples of each batch [batches, size], of similar lengths within a batch."""
        order = draw.orders(1, len(self.pool.lengths))[0][: batches * size]
        for begin in range(0, len(order), GROUP * size):
            group = order[begin : begin + GROUP * size]
            group[:] = group[self.pool.lengths[group].argsort(kind="stable")]
        return order.reshape(batches, size)[draw.orders(1, batches)[0]]

    def held_out(self, split: str) -> Iterator[Batch]:
        pool = Pool.kept(self.task, split, HELD_OUT, self.folder)
        order = pool.lengths.argsort(kind="stable")
        for begin in range(0, HELD_OUT, HELD_OUT_BATCH):
            yield pool.pick(order[begin : begin + HELD_OUT_BATCH])
