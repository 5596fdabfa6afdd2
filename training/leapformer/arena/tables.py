"""Tables and pictures of the arena's results."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt

from ..files import atomic, write_text
from ..study import difference, t_quantile
from .plan import Plan
from .train import finished

Results = dict[str, dict[int, dict]]  # of a part, by arm and seed


def collect(plan: Plan, name: str, out: Path) -> Results:
    """The finished runs of a part."""
    results: Results = {}
    for arm in plan.parts[name].arms:
        rate = chosen_rate(plan, name, arm, out)
        if rate is not None:
            runs = {run.seed: finished(run, out) for run in plan.runs(name, arm, rate)}
            results[arm] = {seed: result for seed, result in runs.items() if result}
    return {arm: by_seed for arm, by_seed in results.items() if by_seed}


def chosen_rate(plan: Plan, name: str, arm: str, out: Path) -> float | None:
    """The learning rate of the best trial, None if a trial is missing; or the part's only rate."""
    trials = plan.trials(name, arm)
    if not trials:
        return plan.parts[name].rates[0]
    results = [finished(run, out) for run in trials]
    if None in results:
        return None
    scores = [(r["accuracy"], -r["loss"]) for r in results]
    return trials[scores.index(max(scores))].rate


def interval(values: list[float]) -> float:
    """Half of the 95% interval of the mean."""
    return t_quantile(len(values) - 1) * float(np.std(values, ddof=1)) / len(values) ** 0.5


def speed(results: dict[int, dict]) -> float:
    """Tokens of training per second, over all seeds: of processor time, or of time on a GPU."""
    return sum(r["tokens"] for r in results.values()) / sum(r["seconds"] for r in results.values())


def device(results: Results) -> str:
    """The devices of the runs, such as "cpu, 1 thread"."""
    used = {(r["device"], r["threads"]) for runs in results.values() for r in runs.values()}
    return " and ".join(f"{name}, {n} thread{'s' * (n > 1)}" for name, n in sorted(used))


def table(plan: Plan, name: str, results: Results) -> str:
    """The results of a part as Markdown."""
    part = plan.parts[name]
    lines = [
        f"## {name}",
        "",
        f"{part.steps:,} steps of {part.batch} examples ({device(results)}). Speed: tokens of "
        "training per second of processor time, or of time on a GPU. Memory: the largest sum of "
        "live tensors in the first step, without the weights. State: what the queries of the "
        "longest text read, in float32, all layers.",
        "",
        "| arm | accuracy by seed, % | mean | loss | rate | parameters | tokens/s | memory, MB | "
        "state, bytes |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for arm, by_seed in results.items():
        first = next(iter(by_seed.values()))
        accuracy = [100 * r["accuracy"] for r in by_seed.values()]
        cells = [
            arm,
            ", ".join(_accuracy(r) for r in by_seed.values()),
            f"{np.mean(accuracy):.1f}",
            f"{np.mean([r['loss'] for r in by_seed.values()]):.3f}",
            f"{first['settings']['rate']:g}",
            f"{first['parameters']:,}",
            f"{speed(by_seed):,.0f}",
            f"{first['peak_bytes'] / 1e6:.1f}",
            f"{first['state_bytes']:,}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *_differences(plan, results)]) + "\n"


def _accuracy(result: dict) -> str:
    stopped = f" (diverged at step {result['step']:,})" if result["diverged"] else ""
    return f"{100 * result['accuracy']:.1f}{stopped}"


def _differences(plan: Plan, results: Results) -> list[str]:
    accuracy = {
        arm: {seed: 100 * r["accuracy"] for seed, r in by_seed.items()}
        for arm, by_seed in results.items()
    }
    lines = []
    for a, b in plan.compare:
        if a in accuracy and b in accuracy and accuracy[a].keys() & accuracy[b].keys():
            d = difference(a, b, accuracy)
            known = d["low"] is not None
            between = f"{d['low']:+.1f} to {d['high']:+.1f}" if known else ""
            lines.append(f"| {a} - {b} | {len(d['seeds'])} | {d['mean']:+.1f} | {between} |")
    head = ["", "| difference | seeds | points of accuracy | 95% interval |", "|---|---|---|---|"]
    return head + lines if lines else []


def draw(name: str, results: Results, image: Path) -> None:
    """Accuracy by arm. Writes a PNG."""
    figure, points = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for row, by_seed in enumerate(results.values()):
        accuracy = [100 * r["accuracy"] for r in by_seed.values()]
        points.plot(accuracy, [row] * len(accuracy), "o", color="C0", alpha=0.5)
        points.plot(np.mean(accuracy), row, "|", color="black", markersize=14)
    points.set_yticks(range(len(results)), list(results))
    points.invert_yaxis()
    points.set(xlabel="accuracy, % (seeds; the bar is their mean)", title=name)
    points.grid(alpha=0.3)
    with atomic(image) as file:
        figure.savefig(file, format="png", dpi=120)
    plt.close(figure)


def write_tables(plan: Plan, out: Path) -> str:
    """Writes arena.md and a picture of each part that has results; returns the tables."""
    tables = []
    for name in plan.parts:
        results = collect(plan, name, out)
        if results:
            tables.append(table(plan, name, results))
            draw(name, results, out / f"{name}.png")
    text = "\n".join(tables)
    write_text(out / "arena.md", text)
    return text
