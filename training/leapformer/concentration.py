"""How concentrated attention is, layer by layer and head by head.

With D(i, j) = a_{j+1} ... a_i (1 without decay) and w(i, j) = (q~_i . k~_j) D(i, j) >= 0, the
share that token i gives to token j of its document is p(i, j) = w(i, j) / sum_j w(i, j), and its
effective span is exp(entropy of p): 1 where it looks at one token, n where at n alike. All windows
begin with their document, so no share lies before them. Where the sum is 0 the token is silent for
that head and left out. With the rms normalizer a row's scale cancels; summing to 1 is a convention.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib import pyplot as plt
from torch import Tensor

from .attention import Attention
from .files import atomic
from .model import LeapFormer, positions


@dataclass
class HeadStatistics:
    """Means over tokens, each [layers, heads]; spans in tokens, of the second half of a window."""

    span_similarity: np.ndarray  # of q . k alone
    span_reweighted: np.ndarray  # times the re-weighting
    span: np.ndarray  # times the decay: what the model does
    distance: np.ndarray  # mean of i - j under p
    silent: np.ndarray  # share of tokens without any weight
    query_spread: np.ndarray  # standard deviation of the proportions over tokens, 0 without them
    key_spread: np.ndarray
    half_life: np.ndarray  # median over tokens of ln 2 / -ln a, infinite without decay

    def to_json(self) -> dict[str, list]:
        return {k: np.round(v, 4).tolist() for k, v in vars(self).items()}


def _span(weights: Tensor) -> tuple[Tensor, Tensor]:
    """Effective span and silence of each row: weights [..., i, j] -> [..., i] twice."""
    weights = weights.clamp(min=0)  # cos(pi/2) is a little below zero in float32
    total = weights.sum(-1, keepdim=True)
    p = weights / total.clamp(min=1e-30)
    return torch.exp(torch.special.entr(p).sum(-1)), total[..., 0] <= 0


def _mean(x: Tensor, silent: Tensor) -> Tensor:
    """Mean over windows and the second half of the positions, silent tokens left out: [h]."""
    half = x.shape[-1] // 2
    x, heard = x[..., half:], ~silent[..., half:]
    return (x * heard).sum((0, 2)) / heard.sum((0, 2)).clamp(min=1)


@torch.no_grad()
def measure(model: LeapFormer, windows: np.ndarray) -> HeadStatistics:
    """Statistics over windows [n, T] of tokens, each the opening of a document (token 0 first)."""
    c = model.config
    tokens = torch.from_numpy(windows)
    n, T = tokens.shape
    start = tokens == c.bos_token_id
    states = model.empty_state(n)
    position = positions(start, states[-1]["position"])
    back = (torch.arange(T)[:, None] - torch.arange(T)).clamp(min=0)
    causal = torch.ones(T, T).tril()
    rows: dict[str, list[Tensor]] = {name: [] for name in HeadStatistics.__annotations__}

    def look(attention: Attention, inputs: tuple) -> None:
        x, _, _, state = inputs
        q, k, _, log_a, _ = attention.project(x, position, state)
        decay = causal.expand(n, c.num_attention_heads, T, T)
        half_life = torch.full((c.num_attention_heads,), torch.inf)
        if log_a is not None:
            sums = log_a.double().cumsum(-1)
            exponent = (sums[..., :, None] - sums[..., None, :]).masked_fill(
                causal == 0, -torch.inf
            )
            decay = exponent.exp().float()
            half_life = (-np.log(2) / log_a).transpose(0, 1).flatten(1).median(1).values
        spread = [torch.zeros(c.num_attention_heads)] * 2
        plain_q, plain_k = q, k
        if c.feature_size > c.head_size:
            (q_cos, q_sin), (k_cos, k_sin) = q.chunk(2, -1), k.chunk(2, -1)
            plain_q, plain_k = torch.hypot(q_cos, q_sin), torch.hypot(k_cos, k_sin)
            spread = [_proportions(q_cos, q_sin), _proportions(k_cos, k_sin)]
        reweighted = q @ k.transpose(-1, -2) * causal
        weights = reweighted * decay
        span, silent = _span(weights)
        similarity, mute = _span(plain_q @ plain_k.transpose(-1, -2) * causal)
        spans = _span(reweighted)
        distance = (weights * back).sum(-1) / weights.sum(-1).clamp(min=1e-30)
        values = (
            _mean(similarity, mute),
            _mean(*spans),
            _mean(span, silent),
            _mean(distance, silent),
            silent.float().mean((0, 2)),
            *spread,
            half_life,
        )
        for name, value in zip(rows, values, strict=True):
            rows[name].append(value)

    hooks = [layer.attention.register_forward_pre_hook(look) for layer in model.layers]
    try:
        model.hidden(tokens, states)
    finally:
        for hook in hooks:
            hook.remove()
    return HeadStatistics(**{name: torch.stack(v).double().numpy() for name, v in rows.items()})


def _proportions(cos: Tensor, sin: Tensor) -> Tensor:
    """Spread over tokens of the proportions behind [x cos, x sin]: [n, h, T, e] -> [h]."""
    sums = torch.stack([cos.sum(-1), sin.sum(-1)])
    proportion = torch.atan2(sums[1], sums[0]) / (np.pi / 2)
    alive = sums.sum(0) > 0
    mean = (proportion * alive).sum((0, 2)) / alive.sum((0, 2)).clamp(min=1)
    square = ((proportion - mean[:, None]).square() * alive).sum((0, 2))
    return (square / alive.sum((0, 2)).clamp(min=1)).sqrt()


def document_windows(tokens: np.ndarray, length: int, count: int) -> np.ndarray:
    """The openings, `length` tokens each, of the first `count` documents that are long enough."""
    starts = np.flatnonzero(tokens == 0)
    ends = np.append(starts[1:], len(tokens))
    spans = zip(starts, ends, strict=True)
    return np.stack([tokens[a : a + length] for a, b in spans if b - a >= length][:count])


def draw(statistics: dict[str, HeadStatistics], image: Path) -> None:
    """Effective spans of each model's heads, factor by factor, as PNG."""
    figure, axes = plt.subplots(
        1, len(statistics), figsize=(3.2 * len(statistics), 3.6), sharey=True, layout="constrained"
    )
    for axis, (name, s) in zip(np.atleast_1d(axes), statistics.items(), strict=True):
        factors = np.stack([s.span_similarity, s.span_reweighted, s.span])
        for layer in range(factors.shape[1]):
            color = plt.cm.viridis(layer / max(factors.shape[1] - 1, 1))
            for head in range(factors.shape[2]):
                label = f"layer {layer}" if head == 0 else None
                axis.plot(factors[:, layer, head], color=color, marker="o", ms=3, label=label)
        axis.set_xticks(range(3), ["q·k", "× re-weighting", "× decay"], rotation=20)
        axis.set(title=name, yscale="log")
        axis.grid(alpha=0.3)
    np.atleast_1d(axes)[0].set_ylabel("effective span (tokens)")
    np.atleast_1d(axes)[0].legend(fontsize=7)
    with atomic(image) as file:
        figure.savefig(file, format="png", dpi=120)
    plt.close(figure)
