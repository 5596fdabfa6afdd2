"""Re-weightings: how attention makes the features q~ and k~ of its queries and keys.

The weight of token j for token i is q~_i . k~_j, before the decay. All start from

    q = relu(W_q x) / sqrt(e)       k = relu(W_k x)

A re-weighting adds its modules to the attention that uses it, so they have the names of the
published tensors. `docs/study.md` compares all of them; leap, static and none are published.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

State = dict[str, Tensor]  # what attention carries from call to call; the first dimension is B


def similar(q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    """relu(q) / sqrt(e) and relu(k)."""
    return F.relu(q) / math.sqrt(q.shape[-1]), F.relu(k)


@torch.library.custom_op("leapformer::materialize", mutates_args=())
def materialize(x: Tensor) -> Tensor:
    """A copy of x in memory. The compiler fuses nothing across it, forward or backward."""
    return x.clone(memory_format=torch.contiguous_format)


@materialize.register_fake
def _(x: Tensor) -> Tensor:
    return torch.empty_like(x, memory_format=torch.contiguous_format)


materialize.register_autograd(lambda _, gradient: materialize(gradient))


def exact(module: nn.Linear, x: Tensor) -> Tensor:
    """module(x) with the precision of the weights under autocast."""
    with torch.autocast(x.device.type, enabled=False):
        return module(x.to(module.weight.dtype))


class Proportion(nn.Module):
    """One learned proportion per token: sigmoid(W_2 relu(W_1 x + b_1) + b_2), in (0, 1).

    `gain`: the inputs are relu(u) / gain, with u of about unit variance at the start.
    """

    def __init__(self, head_size: int, hidden_size: int, gain: float) -> None:
        super().__init__()
        self.gain = gain
        self.hidden = nn.Linear(head_size, hidden_size)
        self.output = nn.Linear(hidden_size, 1)

    def start_wide(self) -> None:
        """Initializes for logits of about unit variance with inputs relu(u) / gain, u ~ N(0, 1).

        With PyTorch's default initialization the sigmoid is nearly constant and hardly changes
        during training, so the re-weighting has no effect. Here hidden weights are
        N(0, (1.4 gain)^2 / e), output weights N(0, 4 / (e/4)), biases 0.
        """
        fan_in, hidden = self.hidden.in_features, self.hidden.out_features
        nn.init.normal_(self.hidden.weight, std=1.4 * self.gain / math.sqrt(fan_in))
        nn.init.normal_(self.output.weight, std=2 / math.sqrt(hidden))
        nn.init.zeros_(self.hidden.bias)
        nn.init.zeros_(self.output.bias)

    def forward(self, x: Tensor) -> Tensor:
        """[..., e] -> 1 - P and P [2, ..., 1].

        1 - P is the sigmoid of the negative logit, because heads learn proportions close to 1.
        """
        logit = exact(self.output, F.relu(self.hidden(x)))
        return torch.sigmoid(torch.stack([-logit, logit]))


def split_by_proportion(x: Tensor, parts: Tensor) -> Tensor:
    """[x cos(pi/2 P), x sin(pi/2 P)]: x [..., e], parts 1 - P and P [2, ..., 1] -> [..., 2 e]."""
    # without the copy the compiler fuses the sines into the products and repeats them per feature
    cos, sin = materialize((parts * (math.pi / 2)).sin().to(x.dtype))
    return torch.cat([x * cos, x * sin], -1)


@dataclass(frozen=True)
class Inputs:
    """What a re-weighting can use beside q and k.

    x [B, T, d]: the input of the attention. position [B, T] in a text of `length` tokens: a number
    or [B, 1]. start [B, T]: true where a text begins. `state`: see `Reweighting.state_shapes`.
    """

    x: Tensor
    position: Tensor
    length: Tensor | int
    start: Tensor
    state: State


class Reweighting:
    """No re-weighting: q~ = q and k~ = k. The others extend this class."""

    signed = False  # whether a weight can be negative

    def add_modules(self, attention: nn.Module, width: int, heads: int, hidden: int) -> None:
        """Adds modules to an attention of `width`. `hidden`: the hidden units of a proportion."""

    def reset(self, attention: nn.Module) -> None:
        """Initializes what PyTorch's default initialization does not."""

    def state_shapes(self, heads: int) -> dict[str, tuple[int, ...]]:
        """The shapes, without the batch, of what is carried beside S and z."""
        return {}

    def features(
        self, attention: nn.Module, q: Tensor, k: Tensor, inputs: Inputs
    ) -> tuple[Tensor, Tensor, State]:
        """q~ and k~ [B, h, T, E] of q and k [B, h, T, e], and the new state."""
        return q, k, {}


class Twice(Reweighting):
    """A second projection of x: as many features, and as large a state, as leap."""

    def add_modules(self, attention: nn.Module, width: int, heads: int, hidden: int) -> None:
        attention.more = nn.Linear(width, 2 * width, bias=False)

    def features(
        self, attention: nn.Module, q: Tensor, k: Tensor, inputs: Inputs
    ) -> tuple[Tensor, Tensor, State]:
        B, h, T, e = q.shape
        more = attention.more(inputs.x).view(B, T, 2, h, e).permute(2, 0, 3, 1, 4)
        more_q, more_k = similar(*more)
        return torch.cat([q, more_q], -1), torch.cat([k, more_k], -1), {}


class Gate(Reweighting):
    """A factor exp(w . k) for each key and head. At the start it is 1."""

    def add_modules(self, attention: nn.Module, width: int, heads: int, hidden: int) -> None:
        attention.gate = nn.Parameter(torch.zeros(heads, width // heads))

    def features(
        self, attention: nn.Module, q: Tensor, k: Tensor, inputs: Inputs
    ) -> tuple[Tensor, Tensor, State]:
        with torch.autocast(k.device.type, enabled=False):
            factor = (k.to(attention.gate.dtype) @ attention.gate[..., None]).exp()
        return q, k * factor.to(k.dtype), {}


class Leap(Reweighting):
    """Learned proportions: weights (q . k) cos(pi/2 (P_q - P_k))."""

    def add_modules(self, attention: nn.Module, width: int, heads: int, hidden: int) -> None:
        e = width // heads
        attention.query_proportion = Proportion(e, hidden, math.sqrt(e))
        attention.key_proportion = Proportion(e, hidden, gain=1.0)

    def reset(self, attention: nn.Module) -> None:
        attention.query_proportion.start_wide()
        attention.key_proportion.start_wide()

    def features(
        self, attention: nn.Module, q: Tensor, k: Tensor, inputs: Inputs | None
    ) -> tuple[Tensor, Tensor, State]:
        q = split_by_proportion(q, attention.query_proportion(q))
        return q, split_by_proportion(k, attention.key_proportion(k)), {}


class Frozen(Leap):
    """Leap with the same random modules at the start, which are never trained."""

    def add_modules(self, attention: nn.Module, width: int, heads: int, hidden: int) -> None:
        super().add_modules(attention, width, heads, hidden)
        attention.query_proportion.requires_grad_(False)
        attention.key_proportion.requires_grad_(False)


class Static(Reweighting):
    """Proportion = position / length of the text, at most 1 (cosFormer)."""

    def features(
        self, attention: nn.Module, q: Tensor, k: Tensor, inputs: Inputs
    ) -> tuple[Tensor, Tensor, State]:
        wide = torch.promote_types(q.dtype, torch.float32)
        proportion = (inputs.position.to(wide) / inputs.length).clamp(max=1.0)[:, None, :, None]
        parts = torch.stack([1 - proportion, proportion])
        return split_by_proportion(q, parts), split_by_proportion(k, parts), {}


class Step(nn.Linear):
    """A linear layer that is zero at the start."""

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)


class Summed(Reweighting):
    """Weights sum_f q_f k_f cos(w_f (phi_i - phi_j)), phi = the sum of learned steps in a text.

    A step is softplus(W x + b) for each head; the frequencies w_f fall from 1 to 10^-2.5.
    """

    signed = True

    def add_modules(self, attention: nn.Module, width: int, heads: int, hidden: int) -> None:
        attention.step = Step(width, heads)
        frequency = torch.logspace(0, -2.5, width // heads)
        attention.register_buffer("frequency", frequency, persistent=False)

    def state_shapes(self, heads: int) -> dict[str, tuple[int, ...]]:
        return {"phi": (heads,)}

    def features(
        self, attention: nn.Module, q: Tensor, k: Tensor, inputs: Inputs
    ) -> tuple[Tensor, Tensor, State]:
        steps = F.softplus(exact(attention.step, inputs.x)).mT
        total = steps.cumsum(-1)
        with torch.no_grad():  # what is subtracted from all tokens of a text changes no weight
            carried = -inputs.state["phi"][..., None]
            before = torch.where(inputs.start[:, None], total - steps, carried)
            before = before.cummax(-1).values  # of the last start, as the sums never fall
        phi = total - before
        angle = phi[..., None] * attention.frequency
        cos, sin = angle.cos().to(q.dtype), angle.sin().to(q.dtype)
        q, k = torch.cat([q * cos, q * sin], -1), torch.cat([k * cos, k * sin], -1)
        return q, k, {"phi": phi[..., -1]}


REWEIGHTINGS: dict[str, Reweighting] = {
    "leap": Leap(),
    "static": Static(),
    "none": Reweighting(),
    "none-twice": Twice(),
    "none-gate": Gate(),
    "leap-frozen": Frozen(),
    "leap-summed": Summed(),
}
