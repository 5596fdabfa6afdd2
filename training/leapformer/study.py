"""The study: compares variants of the model, such as learned proportions and none.

All variants are trained on the same batches for each seed. Their losses on held-out text are
compared seed by seed, which gives an interval for each difference.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import checkpoint
from .concentration import document_windows, draw, fixed_proportions, measure
from .config import LEARNED, RunConfig, build, merge, read_toml
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


def document_loss(model: torch.nn.Module, tokens: np.ndarray) -> float:
    """Mean loss in nats per token of a stream [N]. `<|endoftext|>` is read, but not scored."""
    return float(token_losses(model, tokens[None])[0][tokens[1:] != 0].mean())


def t_quantile(freedom: int) -> float:
    """The 0.975 quantile of Student's t distribution. With t = sqrt(freedom) tan(angle), the
    density of the angle is proportional to cos(angle)^(freedom - 1)."""
    angle = np.linspace(0, np.pi / 2, 100_001)
    density = np.cos(angle) ** (freedom - 1)
    mass = np.cumsum(density) - density / 2 - density[0] / 2
    return float(np.sqrt(freedom) * np.tan(np.interp(0.95 * mass[-1], mass, angle)))


def difference(a: str, b: str, loss: dict[str, dict[int, float]]) -> dict:
    """Variant a minus variant b, in the unit of `loss`, over their common seeds.

    low, high: the 95% interval of a paired t test over the seeds; None for one seed.
    """
    seeds = [seed for seed in loss[a] if seed in loss[b]]
    by_seed = np.array([loss[a][seed] - loss[b][seed] for seed in seeds])
    result = {"a": a, "b": b, "seeds": seeds, "mean": round(float(by_seed.mean()), 4)}
    if len(seeds) == 1:
        return result | {"low": None, "high": None}
    margin = t_quantile(len(seeds) - 1) * by_seed.std(ddof=1) / np.sqrt(len(seeds))
    return result | {
        "low": round(float(by_seed.mean() - margin), 4),
        "high": round(float(by_seed.mean() + margin), 4),
    }


def kept(path: Path, config: RunConfig, of: dict[str, Any], make: Callable[[], dict]) -> dict:
    """The result of a run in file `path`, if it is one of this `config` and of the values `of`;
    else make(), which it writes there."""
    if path.exists():
        found = json.loads(path.read_text())
        if found["of"] == of and checkpoint.run_config(found["config"]) == config:
            return found["result"]
    result = make()
    content = {"of": of, "config": asdict(config), "result": result}
    write_text(path, json.dumps(content) + "\n")
    return json.loads(json.dumps(result))


def ended(config: RunConfig, data: Path, run: Path) -> Path:
    """The last checkpoint of a run, which is trained or resumed if it has not ended.

    Raises UserError if it was stopped before its end.
    """
    if not checkpoint.path_at(run, config.steps).exists():
        train(config, data, run)
    return checkpoint.require_end(run, config)


def measured(config: RunConfig, data: Path, run: Path, documents: Documents) -> dict:
    """The losses and the concentration of a run, trained if it must be; kept in measured.json."""

    def make() -> dict:
        model, _ = checkpoint.load_model(ended(config, data, run), averaged=False)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        tokens = documents.tokens()
        concentration = measure(model, document_windows(tokens))
        model.to(device)
        result = {"loss": round(document_loss(model, tokens), 4), "concentration": concentration}
        if config.model.reweighting in LEARNED and config.model.attention == "linear":
            with fixed_proportions(model, concentration):
                result["fixed_loss"] = round(document_loss(model, tokens), 4)
        return result

    return kept(run / "measured.json", config, {"data": documents.digest}, make)


def study(plan: Plan, data: Path, out: Path) -> dict:
    """Trains and measures the runs that are missing; writes study.json, study.md and study.png.

    It can be stopped and started again at any time; unfinished runs are resumed. A run with a
    measured.json needs no checkpoint. Raises UserError if a run was stopped before its end.
    """
    documents = Documents(data, "valid")
    results = {
        name: {
            seed: measured(config, data, out / f"{name}-{seed}", documents)
            for seed, config in runs.items()
        }
        for name, runs in plan.runs.items()
    }
    loss = {name: {s: r["loss"] for s, r in runs.items()} for name, runs in results.items()}
    result = {
        "tokens": {name: next(iter(runs.values())).tokens for name, runs in plan.runs.items()},
        "loss": loss,
        "differences": [difference(a, b, loss) for a, b in plan.pairs],
        "fixed_loss": {
            name: {seed: r["fixed_loss"] for seed, r in runs.items()}
            for name, runs in results.items()
            if all("fixed_loss" in r for r in runs.values())
        },
        "concentration": {
            name: {seed: r["concentration"] for seed, r in runs.items()}
            for name, runs in results.items()
        },
    }
    write_text(out / "study.json", json.dumps(result, indent=1) + "\n")
    write_text(out / "study.md", table(result))
    draw(result["concentration"], out / "study.png")
    return result


def table(result: dict) -> str:
    """The result as Markdown."""
    lines = ["| variant | tokens | validation loss by seed (nats per token) |", "|---|---|---|"]
    for name, losses in result["loss"].items():
        cells = ", ".join(f"{loss:.4f}" for loss in losses.values())
        lines.append(f"| {name} | {result['tokens'][name]:,} | {cells} |")
    lines += ["", "| difference | seeds | nats per token | 95% interval |", "|---|---|---|---|"]
    for d in result["differences"]:
        interval = f"{d['low']:+.4f} to {d['high']:+.4f}" if len(d["seeds"]) > 1 else ""
        lines.append(f"| {d['a']} - {d['b']} | {len(d['seeds'])} | {d['mean']:+.4f} | {interval} |")
    fixed = result.get("fixed_loss", {})
    if fixed:
        lines += ["", "If each head has its mean proportions for all tokens, the loss rises:", ""]
        lines += ["| variant | by, in nats per token, seed by seed |", "|---|---|"]
        for name, losses in fixed.items():
            rises = [loss - result["loss"][name][seed] for seed, loss in losses.items()]
            lines.append(f"| {name} | {', '.join(f'{rise:+.4f}' for rise in rises)} |")
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
