"""The study: compares variants of the model, such as learned proportions and none.

All variants are trained on the same batches for each seed. Their losses are compared by document
on held-out text, which gives an interval for each difference.
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

# Statistic of concentration.py -> its title and number of digits in the tables.
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
    """The runs of a study, by variant and seed, and the pairs of variants that it compares."""

    runs: dict[str, dict[int, RunConfig]]
    pairs: list[tuple[str, str]]

    @staticmethod
    def read(
        path: Path, overrides: list[str] | None = None, only: list[str] | None = None
    ) -> "Plan":
        """Reads a study.toml: a RunConfig plus [variants.NAME], seeds and compare.

        `only`: run only these variants. Raises UserError on unknown names and keys.
        """
        base = read_toml(path, overrides)
        variants, compare = base.pop("variants", {}), base.pop("compare", [])
        named = [*(only or []), *(name for pair in compare for name in pair)]
        unknown = sorted(set(named) - set(variants))
        if unknown or not variants:
            known = ", ".join(variants) or "none: add [variants.NAME]"
            raise UserError(f"{path}: no variant {', '.join(unknown)}; known are {known}")
        runs: dict[str, dict[int, RunConfig]] = {}
        for name in only or variants:
            values = merge(base, variants[name])
            seeds = values.pop("seeds", [0])
            config = build(RunConfig, {"name": name, **values}, f"{path}: {name}")
            runs[name] = {seed: replace(config, seed=seed) for seed in seeds}
        pairs = [(a, b) for a, b in compare if a in runs and b in runs]
        for a, b in pairs:
            if not runs[a].keys() & runs[b].keys():
                raise UserError(
                    f"{path}: {a} and {b} are compared but have no seed in common: give them one"
                )
        return Plan(runs, pairs)


def document_losses(model: torch.nn.Module, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The summed loss and the number of scored tokens of each document in a stream [N]."""
    losses = token_losses(model, tokens[None])[0]
    document = np.cumsum(tokens == 0)[1:] - 1
    inside = tokens[1:] != 0  # <|endoftext|> of the next document is not scored
    count = int(document.max()) + 1
    total = np.bincount(document[inside], losses[inside], count)
    return total, np.bincount(document[inside], minlength=count)


def paired_interval(
    a: np.ndarray, b: np.ndarray, counts: np.ndarray, draws: int = 10_000
) -> tuple[float, float, float]:
    """The difference a - b in nats per token with its 95% interval.

    a, b [seeds, documents] are summed losses. A paired bootstrap resamples documents and seeds.
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
    """The losses by document and the concentration of a finished run, cached in measured.json."""
    path = run / "measured.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    if kept.get("data") == documents.digest:
        return kept
    model, _ = checkpoint.load_model(checkpoint.require_end(run, config), averaged=False)
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
    """Trains the missing runs, then measures all runs; writes study.json, study.md and study.png.

    It can be stopped and started again at any time; unfinished runs are resumed.
    Raises UserError if a run was stopped before its end.
    """
    for name, runs in plan.runs.items():
        for seed, config in runs.items():
            run = out / f"{name}-{seed}"
            if not checkpoint.path_at(run, config.steps).exists():
                train(config, data, run)
            checkpoint.require_end(run, config)
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
    """Variant a minus variant b over their common seeds."""
    seeds = [seed for seed in of_a if seed in of_b]
    losses = [np.array([of[seed]["losses"] for seed in seeds]) for of in (of_a, of_b)]
    counts = np.array(of_a[seeds[0]]["counts"])
    mean, low, high = (round(x, 4) for x in paired_interval(*losses, counts))
    return {"a": a, "b": b, "seeds": seeds, "mean": mean, "low": low, "high": high}


def table(result: dict) -> str:
    """The result as Markdown."""
    lines = ["| variant | tokens | validation loss by seed (nats per token) |", "|---|---|---|"]
    for name, losses in result["loss"].items():
        cells = ", ".join(f"{loss:.4f}" for loss in losses.values())
        lines.append(f"| {name} | {result['tokens'][name]:,} | {cells} |")
    lines += ["", "| difference | seeds | nats per token | 95% interval |", "|---|---|---|---|"]
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
        cells.append(_span_ratio(by_seed, "span_reweighted", "span_similarity"))
        cells.append(_span_ratio(by_seed, "span", "span_reweighted"))
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


def _span_ratio(by_seed: dict[int, dict], after: str, before: str) -> str:
    """Span after a factor / span before it: geometric mean over layers and heads, by seed."""
    ratios = [np.log(np.array(s[after]) / np.array(s[before])).mean() for s in by_seed.values()]
    return ", ".join(f"{np.exp(x):.3f}" for x in ratios)
