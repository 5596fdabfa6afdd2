"""The experiment beside the product: what learned proportions are worth, tested honestly.

Every configuration is trained with every seed on the same batches; losses are compared document by
document on text that none has seen, so that a difference comes with an interval.
"""

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import torch

from . import checkpoint
from .concentration import document_windows, draw, measure
from .config import RunConfig
from .data import Documents
from .evaluate import token_losses
from .files import write_text
from .train import train

WINDOW, WINDOWS = 512, 40  # tokens and number of windows that concentration is measured on


def document_losses(model: torch.nn.Module, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Summed loss and number of scored tokens of each document of a stream [N]."""
    losses = token_losses(model, tokens[None])[0]
    document = np.cumsum(tokens == 0)[1:] - 1
    inside = tokens[1:] != 0  # the mark that opens the next document belongs to none
    count = int(document.max()) + 1
    total = np.bincount(document[inside], losses[inside], count)
    return total, np.bincount(document[inside], minlength=count)


def paired_interval(
    a: np.ndarray, b: np.ndarray, counts: np.ndarray, draws: int = 10_000
) -> tuple[float, float, float]:
    """Difference a - b in nats a token with its 95% interval.

    a, b [seeds, documents] are summed losses. Documents and seeds are both drawn anew (bootstrap),
    always in pairs: the same document, the same seed.
    """
    random = np.random.default_rng(0)
    difference = a - b
    seeds, documents = difference.shape
    s = random.integers(seeds, size=(draws, seeds))
    d = random.integers(documents, size=(draws, documents))
    by_seed = difference[s].mean(1)
    means = np.take_along_axis(by_seed, d, 1).sum(1) / counts[d].sum(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(difference.mean(0).sum() / counts.sum()), float(low), float(high)


def study(configs: list[RunConfig], seeds: list[int], data: Path, out: Path) -> dict:
    """Trains what is not trained yet, then measures all of it; writes study.json, .md and .png.

    A run that was stopped goes on where it was; the whole may be started again at any time.
    """
    tokens = Documents(data, "valid").tokens()
    sums: dict[str, np.ndarray] = {}
    statistics = {}
    for config in configs:
        rows = []
        for seed in seeds:
            run = out / f"{config.name}-{seed}"
            if not checkpoint.path_at(run, config.steps).exists():
                train(replace(config, seed=seed), data, run)
            end = checkpoint.require_end(run, config.steps)
            model, _ = checkpoint.load_model(end, averaged=False)
            total, counts = document_losses(model, tokens)
            rows.append(total)
            if seed == seeds[0] and config.model.reweighting != "softmax":
                windows = document_windows(tokens, WINDOW, WINDOWS)
                statistics[config.name] = measure(model, windows)
        sums[config.name] = np.stack(rows)
    result = {
        "seeds": seeds,
        "tokens": {config.name: config.tokens for config in configs},
        "loss": {n: (rows.sum(1) / counts.sum()).round(4).tolist() for n, rows in sums.items()},
        "differences": {
            f"{a} - {b}": [round(x, 4) for x in paired_interval(sums[a], sums[b], counts)]
            for a, b in combinations(sums, 2)
        },
        "concentration": {name: s.to_json() for name, s in statistics.items()},
    }
    write_text(out / "study.json", json.dumps(result, indent=1) + "\n")
    write_text(out / "study.md", table(result))
    draw(statistics, out / "study.png")
    return result


def table(result: dict) -> str:
    """The result as Markdown."""
    lines = ["| configuration | tokens | validation loss by seed (nats a token) |", "|---|---|---|"]
    for name, losses in result["loss"].items():
        lines.append(f"| {name} | {result['tokens'][name]:,} | {', '.join(map(str, losses))} |")
    lines += ["", "| difference | nats a token | 95% interval |", "|---|---|---|"]
    for name, (mean, low, high) in result["differences"].items():
        lines.append(f"| {name} | {mean:+.4f} | {low:+.4f} to {high:+.4f} |")
    lines += [
        "",
        "Each layer's heads, first seed: effective span in tokens of similarity alone, times",
        "the re-weighting, times the decay; mean distance in tokens; spread of the proportions.",
        "",
        "| configuration | layer | q·k | × re-weighting | × decay | distance | queries | keys |",
        "|---|---|---|---|---|---|---|---|",
    ]
    shown = ("span_similarity", "span_reweighted", "span", "distance", "query_spread", "key_spread")
    for name, statistics in result["concentration"].items():
        for layer in range(len(statistics["span"])):
            digits = [2 if key.endswith("spread") else 1 for key in shown]
            cells = [
                ", ".join(f"{x:.{d}f}" for x in statistics[key][layer])
                for key, d in zip(shown, digits, strict=True)
            ]
            lines.append(f"| {name} | {layer} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
