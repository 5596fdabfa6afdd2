"""What all arms share: the projections, and attention that is linear in the length of a text."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ..attention import Convolution, Scale, linear_attention, rms, short_convolution
from .model import Shape


class Attention(nn.Module):
    """Projections around `mix`, which an arm defines.

    `state_size(n)`: how many numbers the queries of a text of n tokens read in one layer.
    `quadratic`: the time grows with the square of n.
    """

    quadratic: ClassVar[bool] = False

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)
        if shape.convolution:
            self.convolution = Convolution(3 * shape.width, 4)

    def heads(self, x: Tensor) -> Tensor:
        """[B, n, parts * d] -> [parts, B, h, n, e]."""
        B, n, _ = x.shape
        return x.view(B, n, -1, self.shape.heads, self.shape.head_size).permute(2, 0, 3, 1, 4)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """x [B, n, d], seen [B, n] -> [B, n, d]."""
        u = self.qkv(x)
        if self.shape.convolution:
            u, _ = short_convolution(u, self.convolution.weight, u.new_zeros(len(u), 3, u.shape[2]))
        o = self.mix(*self.heads(u), x, seen)
        return self.output(o.transpose(1, 2).flatten(2))

    def mix(self, q: Tensor, k: Tensor, v: Tensor, x: Tensor, seen: Tensor) -> Tensor:
        """q, k, v [B, h, n, e] -> [B, h, n, e]."""
        raise NotImplementedError

    def state_size(self, n: int) -> int:
        raise NotImplementedError


class Linear(Attention):
    """o_i = q~_i . S / (q~_i . z) or rms(q~_i . S), with S = sum k~_j v_j^T and z = sum k~_j.

    The sums run over the whole text, or if causal over j <= i, with decay if the shape has one.
    An arm defines `features`.
    """

    floor = 0.1  # of the denominator, as in the playground's models
    signed = False  # if the weights q~_i . k~_j can be negative, `positive` are those of z

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        if shape.decay:
            self.decay = nn.Linear(shape.width, shape.heads)
        if shape.normalizer == "rms":
            self.output_norm = Scale(shape.width)

    def reset_parameters(self) -> None:
        """Half-lives of 5 to 760 tokens at the start."""
        if self.shape.decay:
            nn.init.zeros_(self.decay.weight)
            with torch.no_grad():
                self.decay.bias.copy_(torch.linspace(2, 7, self.shape.heads))

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """q~ and k~ [B, h, n, E] of q and k [B, h, n, e]."""
        raise NotImplementedError

    def positive(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Features whose products are positive, for the denominator of a signed arm: those of the
        weights without their cosines, as in RoFormer."""
        raise NotImplementedError

    def mix(self, q: Tensor, k: Tensor, v: Tensor, x: Tensor, seen: Tensor) -> Tensor:
        log_a = nn.functional.logsigmoid(self.decay(x)).mT if self.shape.decay else None
        o, total = self.sums(*self.features(q, k, x, seen), v, log_a, seen)
        if self.shape.normalizer == "rms":
            scale = self.output_norm.weight.view(self.shape.heads, 1, -1)
            return rms(o, 1e-6) * scale
        if self.signed:
            total = self.sums(*self.positive(q, k), v, log_a, seen)[1]
        return o / total.clamp(min=self.floor)[..., None]

    def sums(
        self, q: Tensor, k: Tensor, v: Tensor, log_a: Tensor | None, seen: Tensor
    ) -> tuple[Tensor, Tensor]:
        """q~ S [B, h, n, e] and q~ . z [B, h, n]."""
        if not self.shape.causal:
            k = k * seen[:, None, :, None].to(k.dtype)
            return q @ (k.mT @ v), (q @ k.sum(2)[..., None])[..., 0]
        start = torch.zeros_like(seen)  # no text begins after the first token
        z = q.new_zeros(*q.shape[:2], q.shape[3])
        empty = z[..., None].expand(*z.shape, v.shape[3])
        return linear_attention(q, k, v, log_a, start, empty, z)[:2]
