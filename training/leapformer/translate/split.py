"""One split of all pairs into training, validation and test, by components.

Sentences are connected if one is a translation of the other, or if they differ only by case,
punctuation or contraction. A component is a set of connected sentences; the pairs of a component
go to one split together, whatever their languages.
"""

import hashlib
import re
from dataclasses import dataclass

from .rules import units

LONG = 8  # units of an English sentence that is called long

# The shortest form of words that have a contraction; the ends of the contractions are words, too.
_SHORT = {
    **{"am": "m", "is": "s", "has": "s", "us": "s", "are": "re", "have": "ve", "will": "ll"},
    **{"shall": "ll", "would": "d", "had": "d", "not": "nt", "cannot": "can nt"},
    **{"es": "s"},  # German: geht's
    **{"can't": "can nt", "won't": "ll nt", "shan't": "ll nt"},
}
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True)
class Pair:
    """A sentence and one of its translations."""

    direction: str
    source: str
    target: str


@dataclass(frozen=True)
class Split:
    """The pairs of each split: no sentence is in two of them."""

    train: list[Pair]
    valid: list[Pair]
    test: list[Pair]
    test_long: list[Pair]


def key(sentence: str) -> str:
    """A sentence without case, punctuation and contractions."""
    words = _WORD.findall(sentence.replace("’", "'").casefold())
    parts = []
    for word in words:
        if word not in _SHORT and word.endswith("n't"):
            word = word[:-3] + " nt"
        parts += _SHORT.get(word, word).replace("'", " ").split()
    return " ".join(_SHORT.get(part, part) for part in parts)


def components(pairs: list[Pair]) -> list[list[Pair]]:
    """The connected pairs, in the order of each component's first pair."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    ends = [(("en", key(p.source)), (p.direction, key(p.target))) for p in pairs]
    for source, target in ends:
        parent[root(source)] = root(target)
    found: dict[tuple[str, str], list[Pair]] = {}
    for pair, (source, _) in zip(pairs, ends, strict=True):
        found.setdefault(root(source), []).append(pair)
    return list(found.values())


def split(pairs: list[Pair], test: int, valid: int) -> Split:
    """Draws components for the test sets, then for validation; the rest is for training.

    Every direction gets at least `test` sources of any length for test, `test` long ones for
    test_long and `valid` for validation; the test sets are cut to `test` sources. The draw depends
    on the sentences alone, not on their order in the files.
    """
    drawn = sorted(components(pairs), key=_digest)
    directions = sorted({pair.direction for pair in pairs})

    def take(enough: int, fits) -> list[Pair]:
        chosen: list[Pair] = []
        sources: dict[str, set[str]] = {direction: set() for direction in directions}
        left = []
        for component in drawn:
            wanted = any(fits(p) and len(sources[p.direction]) < enough for p in component)
            if not wanted:
                left.append(component)
                continue
            chosen += component
            for pair in filter(fits, component):
                sources[pair.direction].add(pair.source)
        drawn[:] = left
        return chosen

    any_length = take(test, lambda pair: True)
    more = take(test, is_long)
    validation = take(valid, lambda pair: True)
    return Split(
        train=[pair for component in drawn for pair in component],
        valid=validation,
        test=_first(any_length, test),
        test_long=_first(list(filter(is_long, more)), test),
    )


def is_long(pair: Pair) -> bool:
    """Whether the sentence has at least `LONG` units."""
    return len(units(pair.source)) >= LONG


def _first(pairs: list[Pair], count: int) -> list[Pair]:
    """The pairs of the first `count` sources of each direction."""
    order: dict[str, dict[str, int]] = {}
    for pair in pairs:
        sources = order.setdefault(pair.direction, {})
        sources.setdefault(pair.source, len(sources))
    return [pair for pair in pairs if order[pair.direction][pair.source] < count]


def _digest(component: list[Pair]) -> bytes:
    name = min(f"{pair.direction}\t{pair.source}\t{pair.target}" for pair in component)
    return hashlib.sha256(name.encode()).digest()
