"""Batches from prepared shards: each row of a batch continues that row of the batch before."""

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from torch import Tensor

from .config import DataConfig
from .files import UserError, sha256


class Documents:
    """The documents of one split of a prepared folder; the tokens are memory-mapped.

    `lengths` and `sources` (indices into `source_names`) have one entry per document.
    Raises UserError if a file is missing or does not have the SHA-256 in the manifest.
    """

    def __init__(self, folder: Path, split: str) -> None:
        try:
            manifest = json.loads((folder / "manifest.json").read_text())
            shards = manifest["splits"][split]
        except (OSError, ValueError, KeyError) as error:
            raise UserError(
                f"{folder} holds no prepared split {split!r} ({error!r}): run `prepare` first"
            ) from error
        self.source_names: list[str] = manifest["sources"]
        self.digest = ",".join(shard["file_sha256"][:16] for shard in shards)
        index = []
        self._maps, self._shard_ends, end = [], [], 0
        for shard in shards:
            for kind in ("file", "index"):
                path = folder / shard[kind]
                if not path.is_file() or sha256(path) != shard[f"{kind}_sha256"]:
                    raise UserError(
                        f"{path} is missing or damaged (its SHA-256 does not match the manifest): "
                        "run the same `prepare` command again to repair it"
                    )
            index.append(np.load(folder / shard["index"]))
            self._maps.append(np.memmap(folder / shard["file"], dtype="<u2", mode="r"))
            end += shard["documents"]
            self._shard_ends.append(end)
        table = np.concatenate(index)
        self.lengths, self.sources = table[:, 0], table[:, 1]
        self._offsets = np.concatenate([np.cumsum(t[:, 0]) - t[:, 0] for t in index])

    def read(self, document: int, begin: int, count: int) -> np.ndarray:
        """`count` tokens of a document, starting at its token `begin`."""
        shard = int(np.searchsorted(self._shard_ends, document, side="right"))
        offset = int(self._offsets[document]) + begin
        return self._maps[shard][offset : offset + count]

    def tokens(self, limit: int | None = None) -> np.ndarray:
        """The tokens of all documents in order, at most `limit`."""
        return np.concatenate(self._maps)[:limit].astype(np.int64)


class Text:
    """A prepared folder of text, as a run reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents = Documents(folder, "train")
        self.digest = self.documents.digest

    def streams(self, config: DataConfig, seed: int) -> "Streams":
        """Batches of the training text."""
        return Streams(self.documents, config, seed)

    def validation(self, limit: int) -> np.ndarray:
        """The first `limit` tokens of the validation text."""
        return Documents(self.folder, "valid").tokens(limit)


class Streams:
    """Endless batches of shuffled documents; a batch is a pure function of its number.

    Each epoch shuffles the documents (by `seed`), concatenates them and cuts the result into equal
    rows. A document of a source with weight w occurs w times per epoch.
    Raises UserError if a weight names an unknown source or the text is too short for one batch.
    """

    def __init__(self, documents: Documents, config: DataConfig, seed: int) -> None:
        unknown = sorted(set(config.weights) - set(documents.source_names))
        if unknown:
            raise UserError(
                f"weights: no source {unknown[0]!r} in the data; "
                f"use one of {', '.join(documents.source_names)}"
            )
        self.documents, self.config, self.seed = documents, config, seed
        weights = np.array([config.weights.get(name, 1) for name in documents.source_names])
        self._pool = np.repeat(np.arange(len(documents.lengths)), weights[documents.sources])
        self._row = int(documents.lengths[self._pool].sum()) // config.streams
        self.batches_per_epoch = (self._row - 1) // config.segment
        if self.batches_per_epoch < 1:
            raise UserError(
                f"the text is too short: {config.streams} streams of {config.segment} tokens need "
                f"{config.streams * (config.segment + 1):,}; give more text or fewer streams"
            )
        self._epoch = -1

    def batch(self, number: int, rows: range) -> np.ndarray:
        """Tokens [rows, segment + 1] (int64): the inputs, and one more for the targets."""
        epoch, within = divmod(number, self.batches_per_epoch)
        self._open(epoch)
        count = self.config.segment + 1
        begin = within * self.config.segment
        return np.stack([self._read(r * self._row + begin, count) for r in rows])

    def _open(self, epoch: int) -> None:
        if epoch != self._epoch:
            self._order = np.random.default_rng([self.seed, epoch]).permutation(self._pool)
            self._ends = np.cumsum(self.documents.lengths[self._order])
            self._epoch = epoch

    def _read(self, position: int, count: int) -> np.ndarray:
        parts = []
        slot = int(np.searchsorted(self._ends, position, side="right"))
        while count > 0:
            document = int(self._order[slot])
            length = int(self.documents.lengths[document])
            begin = position - (int(self._ends[slot]) - length)
            take = min(count, length - begin)
            parts.append(self.documents.read(document, begin, take))
            position, count, slot = position + take, count - take, slot + 1
        return np.concatenate(parts).astype(np.int64)


class ReadAhead:
    """Reads the batches of the next step in a thread, so that a GPU does not wait for them.

    `read` must be a pure function of the step.
    """

    def __init__(self, read: Callable[[int], list[Tensor]]) -> None:
        self._read, self._pool = read, ThreadPoolExecutor(1)
        self._step, self._batches = -1, Future()

    def __call__(self, step: int) -> list[Tensor]:
        """The batches of `step`."""
        ready = self._batches if step == self._step else self._pool.submit(self._read, step)
        batches = ready.result()
        self._step, self._batches = step + 1, self._pool.submit(self._read, step + 1)
        return batches
