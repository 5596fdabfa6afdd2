"""Plots the losses of a run."""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from .files import atomic


def plot_loss(log: Path, image: Path) -> None:
    """Plots training and validation loss (nats per token) of a log.jsonl over tokens, as PNG."""
    records = [json.loads(line) for line in log.read_text().splitlines()]
    tokens = {r["step"]: r["tokens"] / 1e6 for r in records if "tokens" in r}
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for key, label, style in (
        ("loss", "training", {"linewidth": 0.8, "alpha": 0.7}),
        ("valid", "validation", {"marker": "o", "markersize": 3}),
        ("valid_average", "validation, averaged weights", {"marker": "o", "markersize": 3}),
    ):
        points = [(tokens[r["step"]], r[key]) for r in records if key in r and r["step"] in tokens]
        if points:
            axes.plot(*zip(*points, strict=True), label=label, **style)
    losses = [r["loss"] for r in records if "loss" in r]
    if losses:
        axes.set_ylim(min(losses) - 0.1, min(max(losses), min(losses) + 2))
    axes.set(xlabel="tokens (millions)", ylabel="loss (nats per token)")
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()
    with atomic(image) as file:
        figure.savefig(file, format="png", dpi=120)
    plt.close(figure)
