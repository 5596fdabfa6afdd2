"""Measures how concentrated attention is, by layer and head.

With D(i, j) = a_{j+1} ... a_i (1 without decay) and w(i, j) = (q~_i . k~_j) D(i, j), the share of
token j in the attention of token i is p(i, j) = |w(i, j)| / sum_j |w(i, j)|, and the effective span
of token i is exp(entropy of p): 1 if all weight is on one token, n if n tokens have equal weight.
Only leap-summed has negative weights. Every window starts at the start of its document, so no
weight is cut off. A token whose weights are all 0 is called silent for that head and left out. The
rms normalizer cancels the scale of a row; normalizing the sum to 1 is a convention. For softmax
attention p is its probabilities.

Statistics, [layers][heads], means over tokens of the second half of a window:

    span_similarity   effective span in tokens of q . k only
    span_reweighted   times the re-weighting
    span              times the decay: the model's own weights
    distance          i - j under p, in tokens
    signed_mass       sum_j |s(i, j)|, median: s = w(i, j) (v_j . u_i) / |u_i|^2 is token j's share
                      of the output u_i = sum_j w(i, j) v_j; the shares sum to 1, their absolute
                      values to more if values cancel
    silent            share of silent tokens among all tokens
    gain              W / max(W, floor), W = sum_j w(i, j): the factor of the floor (denominator
                      only)
    query_mean, key_mean        mean of the proportions over tokens (leap, leap-frozen, static)
    query_spread, key_spread    and their standard deviation
    half_life         ln 2 / -ln a in tokens, median over tokens (decay only)
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib import pyplot as plt
from torch import Tensor

from .attention import Attention
from .config import LEARNED
from .files import UserError, atomic
from .model import LeapFormer, positions
from .reweighting import State
from .softmax import SoftmaxAttention

WINDOW, WINDOWS = 512, 40  # tokens per window, number of windows

Statistics = dict[str, list[list[float]]]


def _span(weights: Tensor) -> tuple[Tensor, Tensor]:
    """Effective span and silence of each row: weights [..., i, j] -> two tensors [..., i]."""
    total = weights.sum(-1, keepdim=True)
    p = weights / total.clamp(min=1e-30)
    return torch.exp(torch.special.entr(p).sum(-1)), total[..., 0] <= 0


def _mean(x: Tensor, silent: Tensor) -> Tensor:
    """Mean over windows and the second half of the positions, without silent tokens: [h]."""
    half = x.shape[-1] // 2
    x, heard = x[..., half:], ~silent[..., half:]
    return (x * heard).sum((0, 2)) / heard.sum((0, 2)).clamp(min=1)


def _signed_mass(weights: Tensor, v: Tensor, silent: Tensor) -> Tensor:
    """Median over the second half of the positions of sum_j |s(i, j)|: [h]."""
    u = weights @ v
    mass = (weights * (u @ v.transpose(-1, -2))).abs().sum(-1) / u.square().sum(-1)
    half = mass.shape[-1] // 2
    mass = mass.masked_fill(silent, torch.nan)[..., half:]
    return mass.transpose(0, 1).flatten(1).nanmedian(1).values


def _of_weights(
    similarity: Tensor, reweighted: Tensor, weights: Tensor, v: Tensor
) -> dict[str, Tensor]:
    """The statistics that need only weights [n, h, i, j], their factors and values [n, h, j, e]."""
    size = weights.abs()
    span, silent = _span(size)
    back = (torch.arange(weights.shape[-1])[:, None] - torch.arange(weights.shape[-1])).clamp(min=0)
    distance = (size * back).sum(-1) / size.sum(-1).clamp(min=1e-30)
    return {
        "span_similarity": _mean(*_span(similarity)),
        "span_reweighted": _mean(*_span(reweighted.abs())),
        "span": _mean(span, silent),
        "distance": _mean(distance, silent),
        "signed_mass": _signed_mass(weights, v, silent),
        "silent": silent.float().mean((0, 2)),
    }


@dataclass(frozen=True)
class LinearWeights:
    """The weights of linear attention and their factors [n, h, i, j], and its inputs."""

    similarity: Tensor  # q . k
    reweighted: Tensor  # q~ . k~
    decay: Tensor  # D(i, j); 1 without decay
    q: Tensor  # q~ [n, h, T, E]
    k: Tensor
    v: Tensor  # [n, h, T, e]
    log_a: Tensor | None  # [n, h, T]

    @property
    def weights(self) -> Tensor:
        """The model's own weights w(i, j)."""
        return self.reweighted * self.decay


def linear_weights(
    attention: Attention, x: Tensor, start: Tensor, position: Tensor, state: State
) -> LinearWeights:
    """The weights of windows that begin with a document."""
    plain_q, plain_k, *_ = attention.heads(x, state)
    q, k, v, log_a, _ = attention.project(x, start, position, state)
    similarity, reweighted = ((a @ b.mT).tril() for a, b in ((plain_q, plain_k), (q, k)))
    if not attention.reweighting.signed:
        # negative only by rounding: cos(pi/2) is -4.4e-8 in float32
        reweighted = reweighted.clamp(min=0)
    decay = torch.ones_like(reweighted)
    if log_a is not None:
        sums = log_a.double().cumsum(-1)
        difference = sums[..., :, None] - sums[..., None, :]
        decay = difference.clamp(max=0).exp().to(reweighted.dtype)
    return LinearWeights(similarity, reweighted, decay, q, k, v, log_a)


def softmax_weights(attention: SoftmaxAttention, x: Tensor, start: Tensor, state: dict) -> Tensor:
    """The probabilities [n, h, i, j] of windows that begin with a document."""
    q, k, _, seen, _ = attention.project(x, start, state)
    scores = (q @ k.transpose(-1, -2)) / math.sqrt(q.shape[-1])
    # the cache is empty at the start of a document
    return scores.masked_fill(~seen[:, None], -torch.inf).softmax(-1)[..., -x.shape[1] :]


def _linear(
    attention: Attention, x: Tensor, start: Tensor, position: Tensor, state: State
) -> dict[str, Tensor]:
    c, more = attention.config, {}
    found = linear_weights(attention, x, start, position, state)
    weights = found.weights
    if found.log_a is not None:
        half_life = -math.log(2) / found.log_a
        more["half_life"] = half_life.transpose(0, 1).flatten(1).median(1).values
    if c.reweighting in (*LEARNED, "static"):
        more["query_mean"], more["query_spread"] = _proportions(*found.q.chunk(2, -1))
        more["key_mean"], more["key_spread"] = _proportions(*found.k.chunk(2, -1))
    if c.normalizer == "denominator":
        total = weights.sum(-1)
        more["gain"] = _mean(total / total.clamp(min=c.denominator_floor), total <= 0)
    return _of_weights(found.similarity, found.reweighted, weights, found.v) | more


def _softmax(attention: SoftmaxAttention, x: Tensor, start: Tensor, state: dict) -> dict:
    weights = softmax_weights(attention, x, start, state)
    v = attention.project(x, start, state)[2][:, :, -x.shape[1] :]
    return _of_weights(weights, weights, weights, v)


@torch.no_grad()
def measure(model: LeapFormer, windows: np.ndarray) -> Statistics:
    """The statistics above over windows [n, T] of tokens, each from the start of a document."""
    tokens = torch.from_numpy(windows)
    states = model.empty_state(len(tokens))
    start = tokens == model.config.bos_token_id
    position = positions(start, states[-1]["position"])
    rows: dict[str, list[list[float]]] = {}

    def record(attention: Attention | SoftmaxAttention, inputs: tuple) -> None:
        x, _, _, state = inputs
        if isinstance(attention, Attention):
            found = _linear(attention, x, start, position, state)
        else:
            found = _softmax(attention, x, start, state)
        for name, value in found.items():
            rows.setdefault(name, []).append(np.round(value.double().numpy(), 4).tolist())

    hooks = [layer.attention.register_forward_pre_hook(record) for layer in model.layers]
    try:
        model.hidden(tokens, states)
    finally:
        for hook in hooks:
            hook.remove()
    return rows


def _proportions(cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the proportions of x cos and x sin [n, h, T, e] -> [h]."""
    sums = torch.stack([cos.sum(-1), sin.sum(-1)])
    proportion = torch.atan2(sums[1], sums[0]) / (np.pi / 2)
    alive = sums.sum(0) > 0
    mean = (proportion * alive).sum((0, 2)) / alive.sum((0, 2)).clamp(min=1)
    square = ((proportion - mean[:, None]).square() * alive).sum((0, 2))
    return mean, (square / alive.sum((0, 2)).clamp(min=1)).sqrt()


@contextmanager
def fixed_proportions(model: LeapFormer, statistics: Statistics) -> Iterator[None]:
    """In the block each head has its mean proportions, which `measure` found, for all tokens."""

    def fix(means: list[float]) -> Callable:
        mean = torch.tensor(means)
        parts = torch.stack([1 - mean, mean])[:, None, :, None, None]  # [2, B, h, T, 1]
        return lambda _module, _inputs, output: parts.to(output).expand_as(output)

    attentions = [layer.attention for layer in model.layers]
    hooks = [
        getattr(attention, f"{side}_proportion").register_forward_hook(fix(means))
        for side in ("query", "key")
        for attention, means in zip(attentions, statistics[f"{side}_mean"], strict=True)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def document_windows(tokens: np.ndarray) -> np.ndarray:
    """The first WINDOW tokens of the first WINDOWS documents that are long enough.

    Raises UserError if there is none.
    """
    starts = np.flatnonzero(tokens == 0)
    ends = np.append(starts[1:], len(tokens))
    spans = zip(starts, ends, strict=True)
    openings = [tokens[a : a + WINDOW] for a, b in spans if b - a >= WINDOW]
    if not openings:
        raise UserError(f"no document has {WINDOW} tokens: use a text with longer ones")
    return np.stack(openings[:WINDOWS])


def draw(statistics: dict[str, dict[int, Statistics]], image: Path) -> None:
    """Plots the effective spans of all heads and seeds by factor, one panel per variant."""
    columns = min(len(statistics), 5)
    rows = -(-len(statistics) // columns)
    figure, grid = plt.subplots(
        rows,
        columns,
        figsize=(2.6 * columns, 3.2 * rows),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis in grid.flat[len(statistics) :]:
        axis.remove()
    for axis, (name, by_seed) in zip(grid.flat, statistics.items(), strict=False):
        for seed, s in enumerate(by_seed.values()):
            factors = np.array([s["span_similarity"], s["span_reweighted"], s["span"]])
            for layer, heads in enumerate(factors.swapaxes(0, 1)):
                color = plt.cm.viridis(layer / max(factors.shape[1] - 1, 1))
                lines = axis.plot(heads, color=color, marker="o", ms=3, lw=0.9, alpha=0.7)
                if seed == 0:
                    lines[0].set_label(f"layer {layer}")
        axis.set_xticks(range(3), ["q·k", "× re-weighting", "× decay"], rotation=20)
        axis.set(title=name, yscale="log")
        axis.grid(alpha=0.3)
    for row in grid:
        row[0].set_ylabel("effective span (tokens)")
    grid[0, 0].legend(fontsize=7)
    with atomic(image) as file:
        figure.savefig(file, format="png", dpi=120)
    plt.close(figure)
