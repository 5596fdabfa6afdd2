"""Accuracy against the speed of training on long texts."""

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
import torch
from matplotlib import pyplot as plt

from ..files import atomic, write_text
from .model import Classifier
from .plan import ARMS, Plan
from .tables import Results, collect, interval
from .tasks import Batch

LENGTHS = (500, 1000, 2000, 4000)  # tokens of a text
DRAWN = 2000  # the length that is drawn
TOKENS = 16_000  # of a batch
ROUNDS = 7  # alternating between the arms and lengths, after one that warms up


def compare_speed(plan: Plan, name: str, out: Path) -> str:
    """Measures the arms of a part that never build a matrix of n x n, and returns a table.

    Writes speed.json and the picture NAME-speed.png in `out`; the accuracies are those of the
    runs that have ended there.
    """
    arms = [arm for arm in plan.parts[name].arms if not ARMS[arm].quadratic]
    speeds = {
        arm: {n: [TOKENS / s for s in seconds] for n, seconds in by_length.items()}
        for arm, by_length in _measure(plan, name, arms).items()
    }
    device = "cuda" if torch.cuda.is_available() else "cpu"
    used = {"device": device, "threads": torch.get_num_threads()}
    write_text(out / "speed.json", json.dumps(used | {"tokens_per_second": speeds}) + "\n")
    _draw(speeds, collect(plan, name, out), used, out / f"{name}-speed.png")
    return _table(speeds)


def _measure(plan: Plan, name: str, arms: list[str]) -> dict[str, dict[int, list[float]]]:
    """Seconds of a forward and backward pass, by arm and length, for each round."""
    passes = {(arm, n): _passes(plan, name, arm, n) for arm in arms for n in LENGTHS}
    seconds: dict[str, dict[int, list[float]]] = {arm: {n: [] for n in LENGTHS} for arm in arms}
    for round in range(-1, ROUNDS):
        for (arm, n), run in passes.items():
            used = run()
            if round >= 0:
                seconds[arm][n].append(used)
    return seconds


def _passes(plan: Plan, name: str, arm: str, n: int) -> Callable[[], float]:
    """Computes the gradient of a batch of texts of n tokens; returns its seconds.

    They are seconds of the processor, as in the tables, or of the clock on a GPU.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    shape = plan.runs(name, arm, 0.0)[0].shape
    model = Classifier(dataclasses.replace(shape, longest=n), ARMS[arm])
    model.initialize(0)
    model.to(device)
    random = np.random.default_rng(n)
    tokens = random.integers(shape.symbols, size=(TOKENS // n, n))
    labels = random.integers(shape.classes, size=(TOKENS // n, 1))
    batch = Batch.of(tokens, labels).to(device)
    clock = time.perf_counter if device.type == "cuda" else time.process_time

    def run() -> float:
        model.zero_grad()
        begun = clock()
        model.loss(batch).backward()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return clock() - begun

    return run


def _table(speeds: dict[str, dict[int, list[float]]]) -> str:
    head = "| arm | " + " | ".join(f"{n:,} tokens" for n in LENGTHS) + " |"
    lines = [head, "|---" * (1 + len(LENGTHS)) + "|"]
    for arm, by_length in speeds.items():
        cells = (f"{np.mean(v):,.0f} ± {interval(v):,.0f}" for v in by_length.values())
        lines.append(f"| {arm} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _draw(speeds: dict, results: Results, used: dict, image: Path) -> None:
    """A point for each arm with results, with 95% intervals over seeds and rounds."""
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for arm, by_seed in results.items():
        if arm not in speeds:
            continue
        accuracy = [100 * r["accuracy"] for r in by_seed.values()]
        error = interval(accuracy) if len(accuracy) > 1 else 0.0
        speed = speeds[arm][DRAWN]
        x, y = float(np.mean(speed)), float(np.mean(accuracy))
        axes.errorbar(x, y, error, interval(speed), fmt="o", capsize=3)
        axes.annotate(arm, (x, y), (4, 4), textcoords="offset points")
    where = f"{used['device']}, {used['threads']} thread{'s' * (used['threads'] > 1)}"
    axes.set(
        xlabel=f"tokens of training per second on texts of {DRAWN:,}, our code ({where})",
        ylabel="accuracy, %",
    )
    axes.margins(0.15)  # room for the names
    axes.grid(alpha=0.3)
    with atomic(image) as file:
        figure.savefig(file, format="png", dpi=120)
    plt.close(figure)
