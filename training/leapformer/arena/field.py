"""The other ways of attention that the verdict's arms are compared with.

Linformer and Nystroemformer read the whole text before the first answer, so they have no causal
form.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..files import UserError
from .linear import Attention, Linear
from .model import Shape


class Elu(Linear):
    """Features elu(x) + 1 (Katharopoulos et al., 2020)."""

    floor = 1e-6  # all features are positive

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        return F.elu(q) + 1, F.elu(k) + 1

    def state_size(self, n: int) -> int:
        e, z = self.shape.head_size, self.shape.normalizer == "denominator"
        return self.shape.heads * e * (e + z)


def orthogonal(rows: int, size: int) -> Tensor:
    """Random vectors [rows, size], each distributed as N(0, I); blocks of `size` are orthogonal."""
    blocks = []
    for _ in range(math.ceil(rows / size)):
        q, r = torch.linalg.qr(torch.randn(size, size))
        blocks.append(q * r.diagonal().sign())  # with these signs q is uniformly distributed
    return torch.cat(blocks)[:rows] * torch.randn(rows, size).norm(dim=-1, keepdim=True)


class Performer(Linear):
    """FAVOR+ (Choromanski et al., 2021): q~ . k~ is an unbiased estimate of exp(q . k / sqrt(e)).

    q~ = exp(w_r . q - |q|^2 / 2) / sqrt(R), with q divided by e^(1/4) and random vectors w_r, which
    are not trained. R = 2 e, so the state is that of leap. A factor per query and one per head
    for all keys, which the denominator cancels, keeps the exponents small.
    """

    floor = 1e-6

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        e = shape.head_size
        self.register_buffer("directions", torch.zeros(shape.heads, 2 * e, e))

    def reset_parameters(self) -> None:
        super().reset_parameters()
        for head in self.directions:
            head.copy_(orthogonal(*head.shape))

    def exponents(self, x: Tensor) -> Tensor:
        """w_r . x - |x|^2 / 2 for x divided by e^(1/4): [B, h, n, e] -> [B, h, n, R]."""
        x = x / x.shape[-1] ** 0.25
        return x @ self.directions.mT - x.square().sum(-1, keepdim=True) / 2

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.exponents(q), self.exponents(k).masked_fill(~seen[:, None, :, None], -math.inf)
        # after the largest is subtracted, 1e-4 keeps a weight on every key, as in the paper
        a = (a - a.detach().amax(-1, keepdim=True)).exp() + 1e-4
        b = (b - b.detach().amax((-1, -2), keepdim=True)).exp() + 1e-4
        return a / math.sqrt(a.shape[-1]), b / math.sqrt(a.shape[-1])

    def state_size(self, n: int) -> int:
        e, z = self.shape.head_size, self.shape.normalizer == "denominator"
        return self.shape.heads * 2 * e * (e + z)


def require_whole_text(shape: Shape, name: str) -> None:
    """Raises UserError for a causal shape."""
    if shape.causal:
        raise UserError(f"{name} has no causal form: remove it from the arms of a causal task")


class Linformer(Attention):
    """Softmax over 64 learned sums of the keys and of the values (Wang et al., 2020).

    The weights of the sums are the same for all heads and differ between keys and values. A text
    shorter than the longest uses the weights of its positions.
    """

    rows = 64

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        require_whole_text(shape, "linformer")
        self.keys = nn.Linear(shape.longest, self.rows, bias=False)
        self.values = nn.Linear(shape.longest, self.rows, bias=False)

    def mix(self, q: Tensor, k: Tensor, v: Tensor, x: Tensor, seen: Tensor) -> Tensor:
        n, there = seen.shape[1], seen[:, None, :, None].to(k.dtype)
        k = self.keys.weight[:, :n] @ (k * there)
        v = self.values.weight[:, :n] @ (v * there)
        return F.scaled_dot_product_attention(q, k, v)

    def state_size(self, n: int) -> int:
        return 2 * self.rows * self.shape.width


def pseudo_inverse(a: Tensor, iterations: int) -> Tensor:
    """Approximates the Moore-Penrose inverse of [..., m, m] by the iteration of Razavi et al.,
    which Nystroemformer uses."""
    norms = a.abs().sum(-2).amax(-1) * a.abs().sum(-1).amax(-1)
    z, one = a.mT / norms[..., None, None], torch.eye(a.shape[-1], dtype=a.dtype, device=a.device)
    for _ in range(iterations):
        az = a @ z
        z = z @ (13 * one - az @ (15 * one - az @ (7 * one - az))) / 4
    return z


class Nystroem(Attention):
    """Nystroemformer (Xiong et al., 2021).

    softmax(q K'^T) pinv(softmax(Q' K'^T)) softmax(Q' k^T) v, where Q' and K' are landmarks: means
    of q and k over 32 equal parts of the text. The published model also adds a convolution of the
    values, which no arm has here.
    """

    landmarks = 32
    iterations = 6

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        require_whole_text(shape, "nystroem")

    def means(self, seen: Tensor) -> Tensor:
        """Weights of the landmarks: seen [B, n] -> [B, 1, m, n]. Raises UserError if a text has
        fewer tokens than landmarks."""
        length = seen.sum(1, keepdim=True)
        if int(length.min()) < self.landmarks:
            raise UserError(f"nystroem needs texts of at least {self.landmarks} tokens")
        part = torch.arange(seen.shape[1], device=seen.device) * self.landmarks // length
        chosen = part[:, None] == torch.arange(self.landmarks, device=seen.device)[:, None]
        weights = (chosen & seen[:, None]).float()
        return (weights / weights.sum(-1, keepdim=True))[:, None]

    def mix(self, q: Tensor, k: Tensor, v: Tensor, x: Tensor, seen: Tensor) -> Tensor:
        q = q / math.sqrt(q.shape[-1])
        means = self.means(seen).to(q.dtype)
        few_q, few_k = means @ q, means @ k
        unseen = ~seen[:, None, None]
        read = (few_q @ k.mT).masked_fill(unseen, -math.inf).softmax(-1) @ v
        between = (few_q @ few_k.mT).softmax(-1)
        return (q @ few_k.mT).softmax(-1) @ (pseudo_inverse(between, self.iterations) @ read)

    def state_size(self, n: int) -> int:
        return 2 * self.landmarks * self.shape.width


class Local(Attention):
    """Softmax over the tokens at most 32 away, before and after, or if causal only before.

    Computed in blocks of 32, each of which reads its neighbours.
    """

    reach = 32

    def mix(self, q: Tensor, k: Tensor, v: Tensor, x: Tensor, seen: Tensor) -> Tensor:
        (B, h, n, e), w = q.shape, self.reach
        blocks = math.ceil(n / w)
        padding = blocks * w - n
        q = F.pad(q, (0, 0, 0, padding)).view(B, h, blocks, w, e)
        # the blocks before, of and after each block: [B, h, blocks, 3 w, e]
        k, v = (F.pad(u, (0, 0, w, w + padding)).unfold(2, 3 * w, w).mT for u in (k, v))
        near = F.pad(seen, (w, w + padding)).unfold(1, 3 * w, w)
        distance = (
            torch.arange(3 * w, device=q.device) - w - torch.arange(w, device=q.device)[:, None]
        )
        allowed = (
            (distance.abs() <= w) & (distance <= 0) if self.shape.causal else distance.abs() <= w
        )
        # padding tokens attend to themselves, because a row without keys has no softmax
        mask = (allowed & near[:, :, None]) | (distance == 0)
        o = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None])
        return o.reshape(B, h, blocks * w, e)[:, :, :n]

    def state_size(self, n: int) -> int:
        return 2 * min(n, (1 if self.shape.causal else 2) * self.reach + 1) * self.shape.width


class Softmax(Attention):
    """Softmax over all tokens, or if causal over those up to the query's."""

    quadratic = True

    def mix(self, q: Tensor, k: Tensor, v: Tensor, x: Tensor, seen: Tensor) -> Tensor:
        mask = seen[:, None, None]
        if self.shape.causal:
            n = seen.shape[1]
            mask = mask & torch.ones(n, n, dtype=torch.bool, device=q.device).tril()
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    def state_size(self, n: int) -> int:
        return 2 * n * self.shape.width
