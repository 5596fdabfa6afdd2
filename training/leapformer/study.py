"""The experiment beside the product: what learned proportions are worth, tested honestly.

Every variant is trained with its seeds on the same batches; losses are compared document by
document on text that none has seen, so that a difference comes with an interval.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from . import checkpoint
from .concentration import document_windows, draw, measure
from .config import RunConfig, build, merge, read_toml
from .data import Documents
from .evaluate import token_losses
from .files import UserError, write_text
from .train import train

# Statistic of concentration.py -> its title in the tables, and digits.
COLUMNS = {
    "span_similarity": ("q·k", 1),
    "span_reweighted": ("× re-weighting", 1),
    "span": ("× decay", 1),
    "distance": ("distance", 1),
    "signed_mass": ("signed mass", 2),
    "gain": ("gain", 2),
    "silent": ("silent", 2),
    "query_spread": ("queries", 2),
    "key_spread": ("keys", 2),
    "half_life": ("half-life", 1),
}


@dataclass(frozen=True)
class Plan:
    """What a study trains, each variant's runs by seed, and which variants it compares."""

    runs: dict[str, dict[int, RunConfig]]
    pairs: list[tuple[str, str]]

    @staticmethod
    def read(
        path: Path, overrides: list[str] | None = None, only: list[str] | None = None
    ) -> "Plan":
        """Reads configs/study.toml: a RunConfig with [variants.NAME], seeds, and compare on top.

        `only`: these variants alone. Raises UserError on names and keys that it does not know.
        """
        base = read_toml(path, overrides)
        variants, compare = base.pop("variants", {}), base.pop("compare", [])
        named = [*(only or []), *(name for pair in compare for name in pair)]
        unknown = sorted(set(named) - set(variants))
        if unknown or not variants:
            known = ", ".join(variants) or "none: it needs [variants.NAME]"
            raise UserError(f"{path}: no variant {', '.join(unknown)}; it has {known}")
        runs: dict[str, dict[int, RunConfig]] = {}
        for name in only or variants:
            values = merge(base, variants[name])
            seeds = values.pop("seeds", [0])
            config = build(RunConfig, {"name": name, **values}, f"{path}: {name}")
            runs[name] = {seed: replace(config, seed=seed) for seed in seeds}
        pairs = [(a, b) for a, b in compare if a in runs and b in runs]
        for a, b in pairs:
            if not runs[a].keys() & runs[b].keys():
                raise UserError(f"{path}: {a} and {b} have no seed in common")
        return Plan(runs, pairs)


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


def measured(run: Path, config: RunConfig, documents: Documents) -> dict:
    """A finished run's losses by document and its concentration; kept in measured.json."""
    path = run / "measured.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    if kept.get("data") == documents.digest:
        return kept
    model, _ = checkpoint.load_model(checkpoint.require_end(run, config.steps), averaged=False)
    tokens = documents.tokens()
    losses, counts = document_losses(model, tokens)
    result = {
        "data": documents.digest,
        "losses": losses.round(3).tolist(),
        "counts": counts.tolist(),
        "concentration": measure(model, document_windows(tokens)),
    }
    write_text(path, json.dumps(result) + "\n")
    return result


def study(plan: Plan, data: Path, out: Path) -> dict:
    """Trains what is not trained yet, then measures all of it; writes study.json, .md and .png.

    A run that was stopped goes on where it was; the whole may be started again at any time.
    """
    for name, runs in plan.runs.items():
        for seed, config in runs.items():
            run = out / f"{name}-{seed}"
            if not checkpoint.path_at(run, config.steps).exists():
                train(config, data, run)
            checkpoint.require_end(run, config.steps)
    documents = Documents(data, "valid")
    results = {
        name: {seed: measured(out / f"{name}-{seed}", c, documents) for seed, c in runs.items()}
        for name, runs in plan.runs.items()
    }
    result = {
        "tokens": {name: next(iter(runs.values())).tokens for name, runs in plan.runs.items()},
        "loss": {
            name: {s: round(sum(r["losses"]) / sum(r["counts"]), 4) for s, r in runs.items()}
            for name, runs in results.items()
        },
        "differences": [difference(a, b, results[a], results[b]) for a, b in plan.pairs],
        "concentration": {
            name: {seed: r["concentration"] for seed, r in runs.items()}
            for name, runs in results.items()
        },
    }
    write_text(out / "study.json", json.dumps(result, indent=1) + "\n")
    write_text(out / "study.md", table(result))
    draw(result["concentration"], out / "study.png")
    return result


def difference(a: str, b: str, of_a: dict[int, dict], of_b: dict[int, dict]) -> dict:
    """Variant a minus variant b over the seeds that both have."""
    seeds = [seed for seed in of_a if seed in of_b]
    losses = [np.array([of[seed]["losses"] for seed in seeds]) for of in (of_a, of_b)]
    counts = np.array(of_a[seeds[0]]["counts"])
    mean, low, high = (round(x, 4) for x in paired_interval(*losses, counts))
    return {"a": a, "b": b, "seeds": seeds, "mean": mean, "low": low, "high": high}


def table(result: dict) -> str:
    """The result as Markdown."""
    lines = ["| variant | tokens | validation loss by seed (nats a token) |", "|---|---|---|"]
    for name, losses in result["loss"].items():
        cells = ", ".join(f"{loss:.4f}" for loss in losses.values())
        lines.append(f"| {name} | {result['tokens'][name]:,} | {cells} |")
    lines += ["", "| difference | seeds | nats a token | 95% interval |", "|---|---|---|---|"]
    for d in result["differences"]:
        lines.append(
            f"| {d['a']} - {d['b']} | {len(d['seeds'])} | {d['mean']:+.4f} "
            f"| {d['low']:+.4f} to {d['high']:+.4f} |"
        )
    titles = " | ".join(title for title, _ in COLUMNS.values())
    rule = "|---" * len(COLUMNS)
    lines += ["", "Mean over layers and heads (half-lives: median), seed by seed:", ""]
    lines += [
        f"| variant | {titles} | left by re-weighting | left by decay |",
        f"|---{rule}|---|---|",
    ]
    for name, by_seed in result["concentration"].items():
        means = [
            {key: float((np.median if key == "half_life" else np.mean)(x)) for key, x in s.items()}
            for s in by_seed.values()
        ]
        cells = [_cell([mean[key] for mean in means if key in mean], key) for key in COLUMNS]
        cells.append(_left(by_seed, "span_reweighted", "span_similarity"))
        cells.append(_left(by_seed, "span", "span_reweighted"))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "Layer by layer, head by head, of each variant's first seed:", ""]
    lines += [f"| variant | layer | {titles} |", f"|---|---{rule}|"]
    for name, by_seed in result["concentration"].items():
        statistics = next(iter(by_seed.values()))
        for layer in range(len(statistics["span"])):
            cells = [
                _cell(statistics[key][layer] if key in statistics else [], key) for key in COLUMNS
            ]
            lines.append(f"| {name} | {layer} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(values: list[float], key: str) -> str:
    return ", ".join(f"{x:.{COLUMNS[key][1]}f}" for x in values)


def _left(by_seed: dict[int, dict], after: str, before: str) -> str:
    """What a factor leaves of a head's span: geometric mean over layers and heads, by seed."""
    ratios = [np.log(np.array(s[after]) / np.array(s[before])).mean() for s in by_seed.values()]
    return ", ".join(f"{np.exp(x):.3f}" for x in ratios)
