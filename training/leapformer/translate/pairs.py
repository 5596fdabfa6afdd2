"""Sentence pairs as a run reads them: streams at random k, one after another."""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from ..config import DataConfig
from ..files import UserError, sha256
from ..tokenizer import load_tokenizer
from .rules import CONTROLS, DIRECTIONS, OFFLINE, stream, units
from .split import Pair

KIND = "pairs"  # of a prepared folder, in its manifest.json
K = (*range(1, 10), OFFLINE)  # drawn evenly for each sentence


def holds_pairs(folder: Path) -> bool:
    """Whether `translate-prepare` wrote this folder."""
    try:
        return json.loads((folder / "manifest.json").read_text()).get("kind") == KIND
    except (OSError, ValueError):
        return False


def read_pairs(folder: Path, name: str) -> list[Pair]:
    """The pairs of a split of a prepared folder. Raises UserError if it is missing or damaged."""
    path = folder / f"{name}.tsv"
    try:
        digest = json.loads((folder / "manifest.json").read_text())["files"][path.name]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{folder} holds no pairs {name!r} ({error!r}): run `translate-prepare` first"
        ) from error
    if not path.is_file() or sha256(path) != digest:
        raise UserError(f"{path} is missing or damaged: run the same `translate-prepare` again")
    lines = path.read_text("utf-8").split("\n")
    return [Pair(*line.split("\t")) for line in lines if line]


class UnitEncoder:
    """Encodes units with the tokenizer of a translation model; each unit once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        names = CONTROLS + DIRECTIONS
        if [tokenizer.token_to_id(name) for name in names] != list(range(len(names))):
            raise UserError(
                f"the tokenizer does not begin with {' '.join(names)}: "
                "use one made by `translate-prepare`"
            )
        self._tokenizer, self._known = tokenizer, dict[str, list[int]]()

    def __call__(self, text: str) -> list[list[int]]:
        """The tokens of each unit of a text."""
        found = units(text)
        for unit in found:
            if unit not in self._known:
                self._known[unit] = self._tokenizer.encode(" " + unit).ids
        return [self._known[unit] for unit in found]


def direction_token(direction: str) -> int:
    """The token of a direction such as "en-de"."""
    return len(CONTROLS) + DIRECTIONS.index(direction)


class PairText:
    """A prepared folder of sentence pairs, as a run reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.encode = UnitEncoder(load_tokenizer(folder / "tokenizer.json"))
        self.pairs = read_pairs(folder, "train")
        self.digest = self.digest_of(folder)

    @staticmethod
    def digest_of(folder: Path) -> str:
        """Identifies the training pairs of a folder."""
        return sha256(folder / "train.tsv")[:16]

    def streams(self, config: DataConfig, seed: int) -> "PairStreams":
        """Batches of the training pairs. The weights of `config` are by direction."""
        unknown = sorted(set(config.weights) - set(DIRECTIONS))
        if unknown:
            raise UserError(
                f"weights: no direction {unknown[0]!r}; use one of {', '.join(DIRECTIONS)}"
            )
        weights = [config.weights.get(pair.direction, 1) for pair in self.pairs]
        pool = np.repeat(np.arange(len(self.pairs)), weights)
        return PairStreams(self._encoded, pool, config, seed)

    @cached_property
    def _encoded(self) -> list["Encoded"]:
        return [self._encode(pair) for pair in self.pairs]

    def validation(self, limit: int) -> np.ndarray:
        """The first `limit` tokens of the validation pairs in random order; unscored as ~token."""
        pairs = [self._encode(pair) for pair in read_pairs(self.folder, "valid")]
        return _epoch(pairs, np.arange(len(pairs)), np.random.default_rng(0))[:limit]

    def _encode(self, pair: Pair) -> "Encoded":
        return self.encode(pair.source), self.encode(pair.target), direction_token(pair.direction)


Encoded = tuple[list[list[int]], list[list[int]], int]  # source, target, direction


def _epoch(
    pairs: list[Encoded],
    pool: np.ndarray,
    random: np.random.Generator,
    choices: Sequence[float] = K,
) -> np.ndarray:
    """The streams of these pairs in random order at random k [N] (int64); unscored as ~token."""
    parts = []
    ks = random.integers(len(choices), size=len(pool))
    for index, k in zip(random.permutation(pool).tolist(), ks.tolist(), strict=True):
        tokens, scored = stream(*pairs[index], choices[k])
        parts += [token if drawn else ~token for token, drawn in zip(tokens, scored, strict=True)]
    return np.array(parts, dtype=np.int64)


class PairStreams:
    """Endless batches of shuffled pairs with new k in each epoch.

    An epoch is cut into equal rows. All epochs have the number of batches of the first one, which
    differs by little: a longer one loses its end, and a shorter one repeats its beginning.
    """

    def __init__(
        self, pairs: list[Encoded], pool: np.ndarray, config: DataConfig, seed: int
    ) -> None:
        self._pairs, self._pool, self.config, self.seed = pairs, pool, config, seed
        self._number = -1

    @cached_property
    def batches_per_epoch(self) -> int:
        """The batches of every epoch. Raises UserError if the pairs are too few for one."""
        streams, segment = self.config.streams, self.config.segment
        batches = (len(self._read(0)) // streams - 1) // segment
        if batches < 1:
            raise UserError(
                f"the pairs are too few: {streams} streams of {segment} tokens need "
                f"{streams * (segment + 1):,}; give more pairs or fewer streams"
            )
        return batches

    def batch(self, number: int, rows: range) -> np.ndarray:
        """Tokens [rows, segment + 1] (int64); unscored as ~token."""
        epoch, within = divmod(number, self.batches_per_epoch)
        tokens = self._read(epoch)
        row = self.batches_per_epoch * self.config.segment + 1
        begin = within * self.config.segment
        places = begin + np.arange(self.config.segment + 1) + row * np.array(rows)[:, None]
        return tokens[places % len(tokens)]

    def _read(self, epoch: int) -> np.ndarray:
        if epoch != self._number:
            random = np.random.default_rng([self.seed, epoch])
            choices = (OFFLINE,) if self.config.offline else K
            self._tokens = _epoch(self._pairs, self._pool, random, choices)
            self._number = epoch
        return self._tokens
