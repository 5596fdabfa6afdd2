"""Plots BLEU against average lagging, one line for each pair and test set."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from ..files import UserError, atomic, read_json


def plot_curve(model: Path, image: Path) -> None:
    """Plots the figures in the manifest of a published translation model, as PNG.

    Raises UserError if the manifest has none.
    """
    sets = read_json(model / "manifest.json").get("evaluation", {}).get("sets")
    if not sets:
        raise UserError(f"{model}: its manifest has no translations; name a translation model")
    figure, panels = plt.subplots(
        1, len(sets), figsize=(4.5 * len(sets), 4), sharey=True, squeeze=False, layout="constrained"
    )
    for axes, (name, part) in zip(panels[0], sets.items(), strict=True):
        for direction in dict.fromkeys(row["direction"] for row in part["rows"]):
            rows = [row for row in part["rows"] if row["direction"] == direction]
            lagging, bleu = ([row[key] for row in rows] for key in ("average_lagging", "bleu"))
            axes.plot(lagging, bleu, marker="o", label=direction)
            for row in rows:
                at = (row["average_lagging"], row["bleu"])
                label = f"k = {row['k']}" if row["k"] != "offline" else "offline"
                axes.annotate(label, at, xytext=(0, -11), textcoords="offset points", fontsize=7)
        axes.set(title=name, xlabel="average lagging (source words)")
        axes.margins(x=0.1)
        axes.grid(alpha=0.3)
        axes.legend()
    panels[0][0].set_ylabel("BLEU")
    with atomic(image) as file:
        figure.savefig(file, format="png", dpi=120)
    plt.close(figure)
