"""Pathfinder: are the two dots of a picture the ends of one dashed curve?"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from .draw import Draw
from .pools import Pooled
from .tasks import Source

STEP = 0.5  # pixels between two points of a curve
DASH, PERIOD = 5, 8  # points of a dash, and of a dash with the gap after it
TURN = 0.25  # largest change of the curvature from point to point, in radians per pixel
GAP = 2.5  # pixels between two curves
MARGIN = 2.5  # pixels around the picture without curves
DOT = 1.6  # radius in pixels
LONG, SHORT = 45, 18  # points of the two curves with dots and of the distractors


@dataclass(frozen=True)
class Pathfinder:
    """Grey pictures of size x size pixels, read row by row as tokens 0 to 255.

    A picture has two long curves and `distractors` short ones, all dashed, which never meet. In
    half of the pictures the dots are the two ends of one long curve (label 1), in the others an
    end of each (label 0). `train`: examples to train on.
    """

    size: int = 32
    distractors: int = 4
    train: int = 160_000
    causal: ClassVar[bool] = False
    symbols: ClassVar[int] = 256
    classes: ClassVar[int] = 2

    @property
    def longest(self) -> int:
        return self.size**2

    def source(self, folder: Path) -> Source:
        return Pooled(self, folder)

    def example(self, split: str, index: int) -> tuple[np.ndarray, int]:
        draw, label = Draw("pathfinder", split, index), index % 2
        while True:
            curves = self._curves(draw)
            if curves is not None:
                break
        first, second = curves[0], curves[1]
        dots = [first[0], first[-1] if label else second[-1]]
        return self._paint(curves, dots).reshape(-1), label

    def _curves(self, draw: Draw) -> list[np.ndarray] | None:
        """Two long curves, then the short ones: points (x, y) [n, 2]; None if they do not fit."""
        curves: list[np.ndarray] = []
        for points in [LONG] * 2 + [SHORT] * self.distractors:
            for _ in range(100):
                curve = self._curve(draw, points)
                if self._fits(curve, curves):
                    curves.append(curve)
                    break
            else:
                return None
        return curves

    def _curve(self, draw: Draw, points: int) -> np.ndarray:
        """A curve with a random start and direction, whose curvature is a bounded random walk."""
        start = MARGIN + (self.size - 2 * MARGIN) * draw.uniform(2)
        change = TURN * STEP * (2 * draw.uniform(points) - 1)
        curvature = np.clip(change.cumsum() * STEP, -0.15, 0.15)
        angle = 2 * np.pi * draw.uniform(1) + curvature.cumsum()
        steps = STEP * np.stack([np.cos(angle), np.sin(angle)], -1)
        return _grid(start) + _grid(steps).cumsum(0)

    def _fits(self, curve: np.ndarray, others: list[np.ndarray]) -> bool:
        """True if the curve is inside the picture, and far enough from the others and itself."""
        if curve.min() < MARGIN or curve.max() > self.size - MARGIN:
            return False
        apart = np.abs(np.subtract.outer(np.arange(len(curve)), np.arange(len(curve))))
        if (_distances(curve, curve)[apart * STEP > 2 * GAP] < GAP).any():
            return False
        return all(_distances(curve, other).min() > GAP for other in others)

    def _paint(self, curves: list[np.ndarray], dots: list[np.ndarray]) -> np.ndarray:
        """The grey values 0 to 255 [size, size] of dashes and dots."""
        dashes = np.concatenate([c[np.arange(len(c)) % PERIOD < DASH] for c in curves])
        y, x = np.mgrid[: self.size, : self.size] + 0.5
        pixels = np.stack([x.ravel(), y.ravel()], -1)
        line = np.clip(1.1 - _distances(pixels, dashes).min(1), 0, 1)
        dot = np.clip(DOT + 0.5 - _distances(pixels, np.array(dots)).min(1), 0, 1)
        grey = np.maximum(0.8 * line, dot)
        return np.round(255 * grey).astype(np.uint8).reshape(self.size, self.size)


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distances between points a [n, 2] and b [m, 2]: [n, m]."""
    return np.sqrt(np.square(a[:, None] - b).sum(-1))


def _grid(x: np.ndarray) -> np.ndarray:
    """x rounded to 1/1024, so that sines of another machine give the same points."""
    return np.round(1024 * x) / 1024
