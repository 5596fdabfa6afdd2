"""Measures whether attention follows the word alignment of sentence pairs.

A statistical aligner links source and target units, in both directions; only links that both find
count. For each linked target unit, the attention of the tokens that draw it is summed by source
unit and normalized over the source units that were read. `within` is the share of the units at most
REACH units from a linked one. It is measured for three weights of source token j at token i, with
the decay D(i, j) of `concentration.py`:

    own          the model's own weights
    similarity   without the factor of the proportions: (q_i . k_j) D(i, j)
    even         the same weight for every source unit that was read
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from ..attention import Attention
from ..concentration import linear_weights, softmax_weights
from ..files import UserError, write_text
from ..model import LeapFormer, positions
from .pairs import UnitEncoder, direction_token, read_pairs
from .rules import BOS, END, JOINER, OVER, READ, WRITE, Kind, kinds, stream, units
from .split import Pair

REACH = 2  # units
_ORDER = ("valid", "test", "test-long", "train")  # of the lines that the aligner reads

Links = set[tuple[int, int]]  # (source unit, target unit)


def write_aligner_text(data: Path, direction: str, out: Path) -> int:
    """Writes all pairs of a direction as lines `source ||| target`; returns their number."""
    pairs = [pair for name in _ORDER for pair in _pairs(data, name, direction)]
    lines = (f"{_words(pair.source)} ||| {_words(pair.target)}\n" for pair in pairs)
    write_text(out, "".join(lines))
    return len(pairs)


def _pairs(data: Path, name: str, direction: str) -> list[Pair]:
    return [pair for pair in read_pairs(data, name) if pair.direction == direction]


def _words(text: str) -> str:
    """The units in small letters without punctuation at their ends, one word for each."""
    plain = (unit.replace(JOINER, "").lower() for unit in units(text))
    return " ".join(word.strip(".,!?…;:\"'()«»„“”‚‘’-") or word for word in plain)


def read_links(data: Path, name: str, direction: str, found: Iterable[Path]) -> list[Links]:
    """The links of each pair of a split that all files of the aligner contain ("0-0 1-2" a line).

    Raises UserError if a file is not the aligner's answer to `write_aligner_text`.
    """
    counts = {part: len(_pairs(data, part, direction)) for part in _ORDER}
    begin = sum(counts[part] for part in _ORDER[: _ORDER.index(name)])
    files = []
    for path in found:
        lines = path.read_text("utf-8").splitlines()
        if len(lines) != sum(counts.values()):
            raise UserError(
                f"{path} has {len(lines):,} lines for {sum(counts.values()):,} pairs: "
                "align the text of `translate-align-text` again"
            )
        files.append([_links(line, path) for line in lines[begin : begin + counts[name]]])
    return [set.intersection(*same) for same in zip(*files, strict=True)]


def _links(line: str, path: Path) -> Links:
    try:
        return {(int(s), int(t)) for s, t in (link.split("-") for link in line.split())}
    except ValueError as error:
        raise UserError(f"{path}: {line!r} is not a line of links like `0-0 1-2`") from error


@dataclass(frozen=True)
class Labelled:
    """A stream of a pair. `source`, `target`: for each token its unit on that side, or -1."""

    tokens: list[int]
    source: list[int]
    target: list[int]


def label(tokens: list[int], kind_of: list[Kind]) -> Labelled:
    """Finds the unit of each token of a stream."""
    labels: dict[str, list[int]] = {"source": [], "target": []}
    counts = {"source": 0, "target": 0}
    side = "source"
    for token in tokens:
        if token in (WRITE, READ, OVER, END) or kind_of[token] == Kind.NEVER:
            side = "target" if token == WRITE else "source"
            at = -1
        else:
            counts[side] += kind_of[token] == Kind.START
            at = counts[side] - 1
        labels["source"].append(at if side == "source" else -1)
        labels["target"].append(at if side == "target" else -1)
    return Labelled(tokens, **labels)


@torch.no_grad()
def weights_of(model: LeapFormer, tokens: list[int]) -> Iterator[tuple[Tensor, Tensor]]:
    """For each layer the own weights and those by similarity [h, T, T], in float64."""
    ids = torch.tensor([tokens])
    states = model.empty_state(1)
    start = ids == BOS
    position = positions(start, states[-1]["position"])
    found: list[tuple[Tensor, Tensor]] = []

    def record(attention: torch.nn.Module, inputs: tuple) -> None:
        x, _, _, state = inputs
        if isinstance(attention, Attention):
            w = linear_weights(attention, x, start, position, state)
            found.append((w.weights[0].double(), (w.similarity * w.decay)[0].double()))
        else:
            own = softmax_weights(attention, x, start, state)[0].double()
            found.append((own, own))

    hooks = [layer.attention.register_forward_pre_hook(record) for layer in model.layers]
    try:
        model.hidden(ids, states)
    finally:
        for hook in hooks:
            hook.remove()
    yield from found


def shares(weights: Tensor, stream: Labelled, links: Links) -> tuple[np.ndarray, np.ndarray]:
    """The share `within` of each linked target unit [unit, h], NaN where a head weighs nothing in
    the source, and the same for even weights [unit]. weights: [h, T, T]."""
    by_head, even = [], []
    source, target = np.array(stream.source), np.array(stream.target)
    for unit in sorted({t for _, t in links}):
        queries = np.flatnonzero(target == unit) - 1  # the token before draws
        read = np.arange(source[: queries[0] + 1].max() + 1)
        linked = np.array([s for s, t in links if t == unit])
        near = np.abs(read[:, None] - linked).min(1) <= REACH
        columns = torch.from_numpy(source[None] == read[:, None]).double()
        mass = (weights[:, queries].sum(1) @ columns.T).numpy()  # [h, read]
        with np.errstate(invalid="ignore"):
            by_head.append(mass[:, near].sum(1) / mass.sum(1))
        even.append(near.mean())
    return np.array(by_head).reshape(-1, len(weights)), np.array(even)


def measure_alignment(
    model: LeapFormer,
    tokenizer: Tokenizer,
    data: Path,
    name: str,
    direction: str,
    found: Iterable[Path],
    k: float,
    limit: int,
) -> dict:
    """The shares over the first `limit` sources of a split, each with its first translation.

    {"units", "even", "own", "similarity"}: the number of linked units, and means over them; own and
    similarity are [layer][head].
    """
    encode = UnitEncoder(tokenizer)
    entries = (tokenizer.id_to_token(id) or "" for id in range(model.config.vocab_size))
    kind_of = kinds([entry.startswith("Ġ") for entry in entries])
    first: dict[str, tuple[Pair, Links]] = {}
    pairs = _pairs(data, name, direction)
    for pair, links in zip(pairs, read_links(data, name, direction, found), strict=True):
        first.setdefault(pair.source, (pair, links))
    own: list[list[np.ndarray]] = [[] for _ in model.layers]
    similar: list[list[np.ndarray]] = [[] for _ in model.layers]
    even: list[np.ndarray] = []
    for pair, links in list(first.values())[:limit]:
        if not links:
            continue
        sides = encode(pair.source), encode(pair.target)
        labelled = label(stream(*sides, direction_token(direction), k)[0], kind_of)
        for layer, (weights, similarity) in enumerate(weights_of(model, labelled.tokens)):
            share, spread = shares(weights, labelled, links)
            own[layer].append(share)
            similar[layer].append(shares(similarity, labelled, links)[0])
        even.append(spread)

    def mean(parts: list[list[np.ndarray]]) -> list[list[float]]:
        return [np.nanmean(np.concatenate(part), 0).round(4).tolist() for part in parts]

    every = np.concatenate(even)
    return {
        "split": name,
        "k": k,
        "units": len(every),
        "even": round(float(every.mean()), 4),
        "own": mean(own),
        "similarity": mean(similar),
    }


def alignment_table(rows: dict[str, dict]) -> str:
    """The result of `verdict` as a table in Markdown."""
    lines = ["| weights | mean of heads | best head |", "|---|---|---|"]
    for name, row in rows.items():
        best = f"{row['best']:.1%} ({row['head']})" if "best" in row else ""
        lines.append(f"| {name} | {row['mean']:.1%} | {best} |")
    return "\n".join(lines)


def verdict(valid: dict, test: dict) -> dict[str, dict]:
    """Of each weight on `test`: the mean of heads, and the head that was best on `valid`."""
    rows: dict[str, dict] = {"even": {"mean": test["even"]}}
    for name in ("own", "similarity"):
        chosen = np.unravel_index(np.nanargmax(valid[name]), np.shape(valid[name]))
        rows[name] = {
            "mean": round(float(np.nanmean(test[name])), 4),
            "best": test[name][chosen[0]][chosen[1]],
            "head": f"{chosen[0] + 1}.{chosen[1] + 1}",
        }
    return rows
