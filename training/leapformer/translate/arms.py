"""Compares variants of a translation model over several seeds, by BLEU and lagging."""

import json
from pathlib import Path

from .. import checkpoint
from ..config import RunConfig
from ..files import write_text
from ..study import Plan, difference, ended, kept
from ..tokenizer import load_tokenizer
from .evaluate import measure
from .pairs import PairText
from .rules import DIRECTIONS


def compare(plan: Plan, data: Path, out: Path, split: str, limit: int | None = None) -> dict:
    """Trains the missing runs and measures all over `limit` sources of a split.

    Writes arms.json and arms.md in `out`. It can be stopped and started again at any time;
    unfinished runs are resumed. A run that is measured needs no checkpoint. Raises UserError if a
    run was stopped before its end.
    """
    rows: dict[str, dict[int, list[dict]]] = {}
    for name, runs in plan.runs.items():
        for seed, config in runs.items():
            run = out / f"{name}-{seed}"
            rows.setdefault(name, {})[seed] = _measured(config, data, run, split, limit)
    bleu: dict[str, dict[str, dict[int, float]]] = {}  # pair and k -> variant -> seed
    for name, by_seed in rows.items():
        for seed, found in by_seed.items():
            for row in found:
                column = bleu.setdefault(f"{row['direction']}, k = {row['k']}", {})
                column.setdefault(name, {})[seed] = row["bleu"]
    result = {
        "split": split,
        "rows": rows,
        "differences": {
            column: [difference(a, b, scores) for a, b in plan.pairs]
            for column, scores in bleu.items()
        },
    }
    write_text(out / "arms.json", json.dumps(result, indent=1) + "\n")
    write_text(out / "arms.md", table(result))
    return result


def _measured(
    config: RunConfig, data: Path, run: Path, split: str, limit: int | None
) -> list[dict]:
    """The figures of a run at each k, trained if it must be; kept in its folder."""

    def make() -> dict:
        model, _ = checkpoint.load_model(ended(config, data, run), averaged=True)
        tokenizer = load_tokenizer(run / "tokenizer.json")
        trained = [d for d in DIRECTIONS if config.data.weights.get(d, 1)]
        rows = measure(model, tokenizer, data, split, limit=limit, directions=trained)["rows"]
        return {"rows": rows}

    of = {"data": PairText.digest_of(data), "limit": limit}
    return kept(run / f"{split}.json", config, of, make)["rows"]


def table(result: dict) -> str:
    """The result as Markdown: each figure seed by seed, and the differences in BLEU."""
    lines = ["| variant | pair | k | BLEU by seed | AL by seed |", "|---|---|---|---|---|"]
    for name, by_seed in result["rows"].items():
        for same in zip(*by_seed.values(), strict=True):
            bleu = ", ".join(f"{row['bleu']:.2f}" for row in same)
            lagging = ", ".join(f"{row['average_lagging']:.2f}" for row in same)
            lines.append(
                f"| {name} | {same[0]['direction']} | {same[0]['k']} | {bleu} | {lagging} |"
            )
    lines += ["", "| difference in BLEU | of | mean | 95% interval |", "|---|---|---|---|"]
    for column, differences in result["differences"].items():
        for d in differences:
            interval = f"{d['low']:+.2f} to {d['high']:+.2f}" if len(d["seeds"]) > 1 else ""
            lines.append(f"| {d['a']} - {d['b']} | {column} | {d['mean']:+.2f} | {interval} |")
    return "\n".join(lines) + "\n"
