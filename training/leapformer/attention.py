"""Causal LeaPformer attention (arXiv 2405.13046). The softmax control is in `softmax.py`.

For token i of a stream, per head of width e, after the projections:

    q = relu(W_q x) / sqrt(e)       k = relu(W_k x)       v = W_v x
    P = sigmoid(MLP(q)), sigmoid(MLP(k))                                     the learned proportions
    score(i, j) = (q_i . k_j) cos(pi/2 (P_i - P_j)) = q~_i . k~_j            k~ = [k cos, k sin]
    S_i = a_i S_{i-1} + k~_i v_i^T,  z_i = a_i z_{i-1} + k~_i          a = 0 at a document's start
    output = q~_i S_i / max(q~_i . z_i, floor)     or     rms(q~_i S_i)

`linear_attention` computes the last three lines in parallel for a segment of a stream,
`linear_attention_step` for one token. Both take the state (S, z) and return the new one.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import ModelConfig

CHUNK = 64  # quadratic inside a chunk, recurrent between chunks; fastest of 32 to 256


def rms(x: Tensor, eps: float) -> Tensor:
    """x / sqrt(mean(x^2) + eps) over the last dimension, computed in float32 or float64."""
    wide = x if x.dtype == torch.float64 else x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)).to(x.dtype)


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
        """[..., e] -> 1 - P and P [2, ..., 1], with the precision of the weights under autocast.

        1 - P is the sigmoid of the negative logit, because heads learn proportions close to 1.
        """
        hidden = F.relu(self.hidden(x))
        with torch.autocast(x.device.type, enabled=False):
            logit = self.output(hidden.to(self.output.weight.dtype))
        return torch.sigmoid(torch.stack([-logit, logit]))


@torch.library.custom_op("leapformer::materialize", mutates_args=())
def materialize(x: Tensor) -> Tensor:
    """A copy of x in memory. The compiler fuses nothing across it, forward or backward."""
    return x.clone(memory_format=torch.contiguous_format)


@materialize.register_fake
def _(x: Tensor) -> Tensor:
    return torch.empty_like(x, memory_format=torch.contiguous_format)


materialize.register_autograd(lambda _, gradient: materialize(gradient))


def split_by_proportion(x: Tensor, parts: Tensor) -> Tensor:
    """[x cos(pi/2 P), x sin(pi/2 P)]: x [..., e], parts 1 - P and P [2, ..., 1] -> [..., 2 e]."""
    # without the copy the compiler fuses the sines into the products and repeats them per feature
    cos, sin = materialize((parts * (math.pi / 2)).sin().to(x.dtype))
    return torch.cat([x * cos, x * sin], -1)


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, log_a: Tensor | None, start: Tensor, state: Tensor, z: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The recurrence above for a segment of T tokens, computed chunk by chunk.

    q, k [B, h, T, E]; v [B, h, T, e]; log_a [B, h, T] (log of the decay) or None; start [B, T],
    true where a document starts; state S [B, h, E, e]; z [B, h, E]. Sums have the dtype of S.
    Returns q~S [B, h, T, e], q~.z [B, h, T], and S and z after the segment.

    A decay inside a chunk is exp of a difference of sums of at most CHUNK logarithms. A mask makes
    the decay at a document's start exactly zero; a large negative logarithm would lose precision.
    """
    B, h, T, _ = q.shape
    C = CHUNK if T % CHUNK == 0 else T
    n = T // C
    q, k, v = (x.reshape(B, h, n, C, -1) for x in (q, k, v))
    document = start.view(B, 1, n, C).cumsum(-1)  # index in the chunk; 0 continues the state
    sum_log = start.new_zeros(B, h, n, C, dtype=state.dtype)
    if log_a is not None:
        # the mask below handles the decay at a start
        sum_log = log_a.to(state.dtype).masked_fill(start[:, None], 0.0).view(B, h, n, C).cumsum(-1)

    # D[i, j] = a_{j+1} ... a_i within a document, 0 across documents and in the future
    causal = torch.ones(C, C, dtype=torch.bool, device=q.device).tril()
    inside = causal & (document[..., :, None] == document[..., None, :])
    difference = (sum_log[..., :, None] - sum_log[..., None, :]).masked_fill(~inside, -math.inf)
    scores = (q @ k.transpose(-1, -2)) * difference.exp().to(q.dtype)
    total = sum_log[..., -1:]
    from_state = torch.where(document == 0, sum_log, -math.inf).exp()
    to_end = torch.where(document == document[..., -1:], total - sum_log, -math.inf).exp()

    k_end = k * to_end[..., None].to(k.dtype)
    added = (k_end.transpose(-1, -2) @ v).to(state.dtype)
    added_z = k_end.sum(-2, dtype=state.dtype)
    keep = from_state[..., -1]
    states, zs = [], []
    for c in range(n):
        states.append(state)
        zs.append(z)
        state = state * keep[:, :, c, None, None] + added[:, :, c]
        z = z * keep[:, :, c, None] + added_z[:, :, c]

    q_state = q * from_state[..., None].to(q.dtype)
    output = scores @ v + q_state @ torch.stack(states, 2).to(q.dtype)
    weight = scores.sum(-1, dtype=z.dtype) + (
        q_state.to(z.dtype) * torch.stack(zs, 2)[..., None, :]
    ).sum(-1)
    return output.reshape(B, h, T, -1), weight.reshape(B, h, T), state, z


def linear_attention_step(
    q: Tensor, k: Tensor, v: Tensor, log_a: Tensor | None, start: Tensor, state: Tensor, z: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The same for one token (T = 1), by the recurrence of the paper."""
    a = torch.ones_like(z[..., 0]) if log_a is None else log_a[..., 0].exp().to(z.dtype)
    a = a.masked_fill(start, 0.0)
    state = state * a[..., None, None] + k.transpose(-1, -2).to(z.dtype) @ v.to(z.dtype)
    z = z * a[..., None] + k[..., 0, :].to(z.dtype)
    query = q.to(z.dtype)
    return query @ state, (query * z[..., None, :]).sum(-1), state, z


def short_convolution(x: Tensor, weight: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
    """Causal depthwise convolution: x [B, T, c], weight [c, 4], past inputs [B, 3, c].

    The last tap is for the current token. Returns the result and the last three inputs.
    """
    taps, T = weight.shape[1], x.shape[1]
    rows = torch.cat([past.to(x.dtype), x], 1)
    weight = weight.to(x.dtype)
    result = sum(rows[:, tap : tap + T] * weight[:, tap] for tap in range(taps))
    return result, rows[:, -(taps - 1) :]


class Attention(nn.Module):
    """LeaPformer attention with its projections. State: {"S", "z", "rows"} (see `empty_state`)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        d, e, h = config.hidden_size, config.head_size, config.num_attention_heads
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.output = nn.Linear(d, d, bias=False)
        if config.conv_kernel:
            self.convolution = Convolution(3 * d, config.conv_kernel)
        if config.reweighting == "leap":
            self.query_proportion = Proportion(e, config.proportion_hidden_size, math.sqrt(e))
            self.key_proportion = Proportion(e, config.proportion_hidden_size, gain=1.0)
        if config.decay:
            self.decay = nn.Linear(d, h)
        if config.normalizer == "rms":
            self.output_norm = Scale(d)

    def empty_state(
        self, batch: int, dtype: torch.dtype, device: torch.device
    ) -> dict[str, Tensor]:
        """S [B, h, E, e], z [B, h, E], and the convolution's last rows [B, 3, 3 d]."""
        c = self.config
        shapes = {
            "S": (batch, c.num_attention_heads, c.feature_size, c.head_size),
            "z": (batch, c.num_attention_heads, c.feature_size),
        }
        if c.conv_kernel:
            shapes["rows"] = (batch, c.conv_kernel - 1, 3 * c.hidden_size)
        return {k: torch.zeros(s, dtype=dtype, device=device) for k, s in shapes.items()}

    def convolve(self, u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The short convolution of the rows of q, k, v [B, T, 3 d], and its last inputs."""
        return short_convolution(u, self.convolution.weight, state["rows"])

    def project(
        self, x: Tensor, position: Tensor, state: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None, dict[str, Tensor]]:
        """q~, k~ [B, h, T, E], v [B, h, T, e], log a [B, h, T] or None, and the new rows."""
        c = self.config
        B, T, _ = x.shape
        u, rows = self.qkv(x), {}
        if c.conv_kernel:
            u, last = self.convolve(u, state)
            u = materialize(u)  # the convolution's backward is slow on the transposed gradient
            rows["rows"] = last.to(state["rows"].dtype)
        u = u.view(B, T, 3, c.num_attention_heads, c.head_size).permute(2, 0, 3, 1, 4)
        q, k, v = F.relu(u[0]) / math.sqrt(c.head_size), F.relu(u[1]), u[2]
        if c.reweighting == "leap":
            q = split_by_proportion(q, self.query_proportion(q))
            k = split_by_proportion(k, self.key_proportion(k))
        elif c.reweighting == "static":
            static = (position / c.static_length).clamp(max=1.0)[:, None, :, None].to(state["z"])
            parts = torch.stack([1 - static, static])
            q, k = split_by_proportion(q, parts), split_by_proportion(k, parts)
        log_a = None
        if c.decay:
            # half-lives of thousands of tokens need more precision than bfloat16
            with torch.autocast(x.device.type, enabled=False):
                gate = self.decay(x.to(self.decay.weight.dtype))
            log_a = F.logsigmoid(gate).transpose(1, 2)
        return q, k, v, log_a, rows

    def forward(
        self, x: Tensor, start: Tensor, position: Tensor, state: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """x [B, T, d], start [B, T] (true at a document's start), position [B, T] -> [B, T, d]."""
        c = self.config
        q, k, v, log_a, rows = self.project(x, position, state)
        attend = linear_attention_step if x.shape[1] == 1 else linear_attention
        o, weight, S, z = attend(q, k, v, log_a, start, state["S"], state["z"])
        if c.normalizer == "rms":
            o = rms(o, c.rms_norm_eps)
        else:
            o = o / weight.clamp(min=c.denominator_floor)[..., None]
        o = o.transpose(1, 2).reshape(x.shape).to(x.dtype)
        if c.normalizer == "rms":
            o = o * self.output_norm.weight.to(o.dtype)
        return self.output(o), {"S": S, "z": z, **rows}


class Scale(nn.Module):
    """One factor per channel: the weight of an rms norm."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))


class Convolution(nn.Module):
    """The taps of `short_convolution` [channels, taps], initialized as the identity.

    Stored tap by tap in memory so that the compiled loop reads adjacent channels.
    """

    def __init__(self, channels: int, taps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(taps, channels).t())
        with torch.no_grad():
            self.weight[:, -1] = 1
