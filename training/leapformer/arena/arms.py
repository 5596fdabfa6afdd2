"""The arms of the verdict: linear attention with each re-weighting of `reweighting.py`."""

import torch
from torch import Tensor

from ..config import feature_factor
from ..reweighting import REWEIGHTINGS, Inputs, similar
from .linear import Linear
from .model import Shape


class Reweighted(Linear):
    """Linear attention with the re-weighting `name`. See `reweighted`.

    Static proportions have the true length of a text; if causal, the longest, because the length of
    a text that is not read yet is not known.
    """

    name: str

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.reweighting = REWEIGHTINGS[self.name]
        self.signed = self.reweighting.signed
        hidden = max(1, shape.head_size // 4)
        self.reweighting.add_modules(self, shape.width, shape.heads, hidden)

    def reset_parameters(self) -> None:
        super().reset_parameters()
        self.reweighting.reset(self)

    def features(self, q: Tensor, k: Tensor, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        shapes = self.reweighting.state_shapes(self.shape.heads)
        inputs = Inputs(
            x=x,
            position=torch.arange(x.shape[1], device=x.device)[None],
            length=self.shape.longest if self.shape.causal else seen.sum(1, keepdim=True),
            start=torch.zeros_like(seen),
            state={key: x.new_zeros(len(x), *shape) for key, shape in shapes.items()},
        )
        return self.reweighting.features(self, *similar(q, k), inputs)[:2]

    def positive(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        return similar(q, k)

    def state_size(self, n: int) -> int:
        e, z = self.shape.head_size, self.shape.normalizer == "denominator"
        features = e * feature_factor(self.name)
        carried = sum(torch.Size(s).numel() for s in self.reweighting.state_shapes(1).values())
        return self.shape.heads * (features * e + z * (e if self.signed else features) + carried)


def reweighted(name: str) -> type[Reweighted]:
    """The arm of a re-weighting."""
    return type(f"Reweighted[{name}]", (Reweighted,), {"name": name})
