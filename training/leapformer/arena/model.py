"""The model of the arena: an encoder of the Long-Range Arena's form, or the same made causal.

x = embedding[token] (+ learned positions)
per layer:   x = x + attention(norm(x));  x = x + down gelu(up norm(x))
answer = classifier(norm(x) at the asked positions, or its mean over the text)
"""

import zlib
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..files import UserError
from .tasks import Batch


@dataclass(frozen=True)
class Shape:
    """The sizes of a model and the parts that all arms of a comparison share.

    `symbols`, `classes`, `longest` and `causal` come from the task. `normalizer`: "denominator" or
    "rms", of arms with linear attention. `decay`: one gate for each head, only if causal.
    `convolution`: four taps over the rows of q, k and v, only if causal.
    """

    symbols: int
    classes: int
    longest: int
    causal: bool
    width: int = 64
    layers: int = 2
    heads: int = 2
    mlp: int = 128
    positions: bool = True
    normalizer: str = "denominator"
    decay: bool = False
    convolution: bool = False

    def __post_init__(self) -> None:
        if self.normalizer not in ("denominator", "rms"):
            raise UserError(f'normalizer = {self.normalizer!r}: choose "denominator" or "rms"')
        if (self.decay or self.convolution) and not self.causal:
            raise UserError("decay and convolution need a causal task: set them to false")

    @property
    def head_size(self) -> int:
        """The width of a head, e."""
        return self.width // self.heads


class Layer(nn.Module):
    """Attention and MLP, each with a layer norm before it and a residual connection."""

    def __init__(self, shape: Shape, attention: nn.Module) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(shape.width)
        self.attention = attention
        self.mlp_norm = nn.LayerNorm(shape.width)
        self.up = nn.Linear(shape.width, shape.mlp)
        self.down = nn.Linear(shape.mlp, shape.width)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), seen)
        return x + self.down(F.gelu(self.up(self.mlp_norm(x))))


class Classifier(nn.Module):
    """The whole model. `arm`: the class of its attention, called with the shape."""

    def __init__(self, shape: Shape, arm: type[nn.Module]) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.symbols, shape.width)
        if shape.positions:
            self.position = nn.Embedding(shape.longest, shape.width)
        self.layers = nn.ModuleList(Layer(shape, arm(shape)) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.output = nn.Linear(shape.width, shape.classes)

    def initialize(self, seed: int) -> None:
        """Draws the weights of each module from its name, so that arms share what they can."""
        for name, module in reversed(list(self.named_modules())):
            if hasattr(module, "reset_parameters"):
                torch.manual_seed(zlib.crc32(f"{seed} {name}".encode()))
                module.reset_parameters()

    def forward(self, batch: Batch) -> Tensor:
        """The logits of the answers: [B, m, classes]."""
        x = self.embedding(batch.tokens)
        if self.shape.positions:
            x = x + self.position.weight[: x.shape[1]]
        for layer in self.layers:
            x = layer(x, batch.seen)
        x = self.norm(x)
        if batch.asked is None:
            seen = batch.seen[..., None].to(x.dtype)
            x = (x * seen).sum(1, keepdim=True) / seen.sum(1, keepdim=True)
        else:
            x = x.gather(1, batch.asked[..., None].expand(-1, -1, x.shape[2]))
        return self.output(x)

    def loss(self, batch: Batch) -> Tensor:
        """The mean loss of the answers in nats."""
        return F.cross_entropy(self(batch).flatten(0, 1), batch.labels.flatten())
