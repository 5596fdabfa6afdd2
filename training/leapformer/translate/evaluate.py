"""Measures translations: BLEU, chrF and lagging on the pairs of a split."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from tokenizers import Tokenizer

from ..model import LeapFormer
from .decode import Translation, translate
from .latency import average_lagging, length_adaptive_lagging
from .pairs import read_pairs
from .rules import DIRECTIONS, JOINER, OFFLINE, units

KS = (1, 3, 5, 7, OFFLINE)


def references_of(folder: Path, split: str, direction: str) -> dict[str, list[str]]:
    """The sources of a split, each with all its translations."""
    found: dict[str, list[str]] = {}
    for pair in read_pairs(folder, split):
        if pair.direction == direction:
            found.setdefault(pair.source, []).append(pair.target)
    return found


def measure(
    model: LeapFormer,
    tokenizer: Tokenizer,
    folder: Path,
    split: str,
    ks: tuple[float, ...] = KS,
    limit: int | None = None,
    directions: Sequence[str] = DIRECTIONS,
) -> dict:
    """The figures of each direction at each k, over the first `limit` sources of a split.

    BLEU and chrF compare with all references; lagging is the mean over sentences in source units.
    """
    rows, signatures = [], {}
    for direction in directions:
        references = dict(list(references_of(folder, split, direction).items())[:limit])
        if not references:
            continue
        for k in ks:
            found = translate(model, tokenizer, direction, list(references), k)
            scores, signatures = score(found, references)
            name = "offline" if k == OFFLINE else k
            rows.append({"direction": direction, "k": name, "sources": len(found)} | scores)
    return {"split": split, "signatures": signatures, "rows": rows}


def score(found: list[Translation], references: dict[str, list[str]]) -> tuple[dict, dict]:
    """The figures of the translations of `references`' sources, and sacreBLEU's signatures."""
    texts = [_plain(" ".join(translation.units)) for translation in found]
    targets = [[_plain(target) for target in all] for all in references.values()]
    columns = [list(column) for column in zip_longest(*targets)]  # None: no more references
    bleu, chrf = BLEU(), CHRF()
    lagging, adaptive = [], []
    for translation, (source, all) in zip(found, references.items(), strict=True):
        delays, length = translation.delays, len(units(source))
        lagging.append(average_lagging(delays, length, len(delays)))
        lengths = [len(units(target)) for target in all]
        adaptive.append(length_adaptive_lagging(delays, length, lengths))
    scores = {
        "bleu": round(bleu.corpus_score(texts, columns).score, 2),
        "chrf": round(chrf.corpus_score(texts, columns).score, 2),
        "average_lagging": round(float(np.mean(lagging)), 3),
        "laal": round(float(np.mean(adaptive)), 3),
    }
    return scores, {"bleu": str(bleu.get_signature()), "chrf": str(chrf.get_signature())}


def table(figures: dict) -> str:
    """The figures of a split as a table in Markdown."""
    lines = ["| pair | k | BLEU | chrF | AL | LAAL |", "|---|---|---|---|---|---|"]
    for row in figures["rows"]:
        cells = [row["direction"], row["k"], row["bleu"], row["chrf"]]
        lagging = [f"{row[key]:.2f}" for key in ("average_lagging", "laal")]
        lines.append(f"| {' | '.join(map(str, [*cells, *lagging]))} |")
    return "\n".join(lines)


def _plain(text: str) -> str:
    return text.replace(JOINER, " ")
