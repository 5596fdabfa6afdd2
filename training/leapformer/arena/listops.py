"""ListOps: the value of a nested expression such as [MAX 4 3 [MIN 2 3 ] 1 0 ]."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from .draw import Draw
from .pools import Pooled
from .tasks import Source

DIGITS = 10  # tokens 0 to 9 are the digits; then come the operators and the closing bracket
OPERATORS = ("MIN", "MAX", "MED", "SM")
CLOSE = DIGITS + len(OPERATORS)
OPERATOR_SHARE = 0.25  # of the values that may be expressions


class TooLong(Exception):
    """The expression has more tokens than the longest."""


@dataclass(frozen=True)
class ListOps:
    """Expressions of `shortest` to `longest` tokens with 2 to `arguments` arguments, `depth` deep.

    The generator follows the description of the Long-Range Arena: a value is an expression with
    probability 0.25 and a digit otherwise, and expressions of other lengths are drawn again. SM is
    the sum modulo 10, MED the median, rounded down. `train`: examples to train on.
    """

    shortest: int = 500
    longest: int = 2000
    depth: int = 10
    arguments: int = 10
    train: int = 96_000
    causal: ClassVar[bool] = False
    symbols: ClassVar[int] = CLOSE + 1
    classes: ClassVar[int] = DIGITS

    def source(self, folder: Path) -> Source:
        return Pooled(self, folder)

    def example(self, split: str, index: int) -> tuple[np.ndarray, int]:
        numbers = _numbers(Draw("listops", split, index))
        while True:
            tokens: list[int] = []
            try:
                label = self._grow(tokens, 1, numbers)
            except TooLong:
                continue
            if len(tokens) >= self.shortest:
                return np.array(tokens, np.uint8), label

    def _grow(self, tokens: list[int], depth: int, numbers: Iterator[float]) -> int:
        """Appends a value to `tokens`; returns what it is worth. Raises TooLong."""
        if len(tokens) >= self.longest:
            raise TooLong
        if depth == self.depth or next(numbers) >= OPERATOR_SHARE:
            tokens.append(int(DIGITS * next(numbers)))
            return tokens[-1]
        operator = int(len(OPERATORS) * next(numbers))
        count = 2 + int((self.arguments - 1) * next(numbers))
        tokens.append(DIGITS + operator)
        values = [self._grow(tokens, depth + 1, numbers) for _ in range(count)]
        tokens.append(CLOSE)
        if len(tokens) > self.longest:
            raise TooLong
        return _apply(OPERATORS[operator], sorted(values))


def _apply(operator: str, values: list[int]) -> int:
    """The value of an operator for sorted arguments."""
    middle = len(values) // 2
    return {
        "MIN": values[0],
        "MAX": values[-1],
        "MED": (values[middle] + values[-1 - middle]) // 2,
        "SM": sum(values) % 10,
    }[operator]


def _numbers(draw: Draw) -> Iterator[float]:
    """Numbers in [0, 1) without end."""
    while True:
        yield from draw.uniform(256).tolist()
