"""The seven arms of the verdict. They differ in the features of keys and queries only.

All similarities are relu(q) / sqrt(e) . relu(k), as in the playground's models.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..attention import Proportion, split_by_proportion
from .linear import Linear
from .model import Shape


def similar(q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    """relu(q) / sqrt(e) and relu(k)."""
    return F.relu(q) / math.sqrt(q.shape[-1]), F.relu(k)


class Plain(Linear):
    """No re-weighting. `factor`: features for each number of q and k."""

    factor = 1

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        return similar(q, k)

    def state_size(self, n: int) -> int:
        e, z = self.shape.head_size, self.shape.normalizer == "denominator"
        return self.shape.heads * self.factor * e * (e + z)


class Twice(Plain):
    """No re-weighting, but a second projection: as many features and as much state as leap."""

    factor = 2

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.more = nn.Linear(shape.width, 2 * shape.width, bias=False)

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        q, k = similar(q, k)
        more_q, more_k = similar(*self.heads(self.more(x)))
        return torch.cat([q, more_q], -1), torch.cat([k, more_k], -1)


class Gate(Plain):
    """No re-weighting, but a factor exp(w . k) for each key and head. At the start it is 1."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.gate = nn.Parameter(torch.zeros(shape.heads, shape.head_size))

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        q, k = similar(q, k)
        return q, k * (k @ self.gate[..., None]).exp()


class Leap(Plain):
    """Learned proportions: weights (q . k) cos(pi/2 (P_q - P_k))."""

    factor = 2

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        e = shape.head_size
        self.query_proportion = Proportion(e, max(1, e // 4), math.sqrt(e))
        self.key_proportion = Proportion(e, max(1, e // 4), gain=1.0)

    def reset_parameters(self) -> None:
        super().reset_parameters()
        self.query_proportion.start_wide()
        self.key_proportion.start_wide()

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        q, k = similar(q, k)
        return (
            split_by_proportion(q, self.query_proportion(q)),
            split_by_proportion(k, self.key_proportion(k)),
        )


class Frozen(Leap):
    """Leap with the same random modules at the start, which are never trained."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.query_proportion.requires_grad_(False)
        self.key_proportion.requires_grad_(False)


class Static(Plain):
    """Proportion = position / length of the text (cosFormer), if causal of the longest text."""

    factor = 2

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        q, k = similar(q, k)
        position = torch.arange(seen.shape[1], dtype=q.dtype, device=q.device)
        length = seen.sum(1, keepdim=True).to(q.dtype)
        if self.shape.causal:  # the length of a text that is not read yet is not known
            length = torch.full_like(length, self.shape.longest)
        proportion = (position / length).clamp(max=1.0)[:, None, :, None]
        parts = torch.stack([1 - proportion, proportion])
        return split_by_proportion(q, parts), split_by_proportion(k, parts)


class Summed(Plain):
    """Summed leap: weights sum_f q_f k_f cos(w_f (phi_i - phi_j)), phi = a sum of learned steps.

    A step is softplus(W x) for each head; the frequencies w_f fall from 1 to 10^-2.5. A weight can
    be negative, so the denominator has the weights without the cosine, as in RoFormer.
    """

    factor = 2
    signed = True

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.step = nn.Linear(shape.width, shape.heads)
        frequency = torch.logspace(0, -2.5, shape.head_size)
        self.register_buffer("frequency", frequency, persistent=False)

    def reset_parameters(self) -> None:
        super().reset_parameters()
        nn.init.zeros_(self.step.weight)
        nn.init.zeros_(self.step.bias)

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        phi = F.softplus(self.step(x)).mT.cumsum(-1)
        angle = phi[..., None] * self.frequency
        cos, sin = angle.cos(), angle.sin()
        q, k = similar(q, k)
        return torch.cat([q * cos, q * sin], -1), torch.cat([k * cos, k * sin], -1)

    def positive(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        return similar(q, k)

    def state_size(self, n: int) -> int:
        e, z = self.shape.head_size, self.shape.normalizer == "denominator"
        return self.shape.heads * (2 * e * e + e * z + 1)
