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
from .reweighting import REWEIGHTINGS, Inputs, State, exact, materialize, similar

CHUNK = 64  # quadratic inside a chunk, recurrent between chunks; fastest of 32 to 256


def rms(x: Tensor, eps: float) -> Tensor:
    """x / sqrt(mean(x^2) + eps) over the last dimension, computed in float32 or float64."""
    wide = x if x.dtype == torch.float64 else x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)).to(x.dtype)


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
    """LeaPformer attention with its projections. See `empty_state` for its state."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        d, h = config.hidden_size, config.num_attention_heads
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.output = nn.Linear(d, d, bias=False)
        if config.conv_kernel:
            self.convolution = Convolution(3 * d, config.conv_kernel)
        self.reweighting = REWEIGHTINGS[config.reweighting]
        self.reweighting.add_modules(self, d, h, config.proportion_hidden_size)
        if config.decay:
            self.decay = nn.Linear(d, h)
        if config.normalizer == "rms":
            self.output_norm = Scale(d)

    def empty_state(self, batch: int, dtype: torch.dtype, device: torch.device) -> State:
        """S [B, h, E, e], z [B, h, E], the convolution's last rows [B, 3, 3 d], and what the
        re-weighting carries."""
        c = self.config
        shapes = {
            "S": (c.num_attention_heads, c.feature_size, c.head_size),
            "z": (c.num_attention_heads, c.feature_size),
            **self.reweighting.state_shapes(c.num_attention_heads),
        }
        if c.conv_kernel:
            shapes["rows"] = (c.conv_kernel - 1, 3 * c.hidden_size)
        return {k: torch.zeros(batch, *s, dtype=dtype, device=device) for k, s in shapes.items()}

    def convolve(self, u: Tensor, state: State) -> tuple[Tensor, Tensor]:
        """The short convolution of the rows of q, k, v [B, T, 3 d], and its last inputs."""
        return short_convolution(u, self.convolution.weight, state["rows"])

    def heads(self, x: Tensor, state: State) -> tuple[Tensor, Tensor, Tensor, State]:
        """q, k, v [B, h, T, e] of x [B, T, d], and the new rows of the convolution."""
        c = self.config
        u, rows = self.qkv(x), {}
        if c.conv_kernel:
            u, last = self.convolve(u, state)
            u = materialize(u)  # the convolution's backward is slow on the transposed gradient
            rows["rows"] = last.to(state["rows"].dtype)
        u = u.view(*x.shape[:2], 3, c.num_attention_heads, c.head_size).permute(2, 0, 3, 1, 4)
        return *similar(u[0], u[1]), u[2], rows

    def project(
        self, x: Tensor, start: Tensor, position: Tensor, state: State
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None, State]:
        """q~, k~ [B, h, T, E], v [B, h, T, e], log a [B, h, T] or None, and the new state but for
        S and z."""
        q, k, v, new = self.heads(x, state)
        inputs = Inputs(x, position, self.config.static_length, start, state)
        q, k, carried = self.reweighting.features(self, q, k, inputs)
        log_a = None
        if self.config.decay:
            # half-lives of thousands of tokens need more precision than bfloat16
            log_a = F.logsigmoid(exact(self.decay, x)).transpose(1, 2)
        return q, k, v, log_a, new | carried

    def forward(
        self, x: Tensor, start: Tensor, position: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """x [B, T, d], start [B, T] (true at a document's start), position [B, T] -> [B, T, d]."""
        c = self.config
        q, k, v, log_a, new = self.project(x, start, position, state)
        attend = linear_attention_step if x.shape[1] == 1 else linear_attention
        o, weight, S, z = attend(q, k, v, log_a, start, state["S"], state["z"])
        if c.normalizer == "rms":
            o = rms(o, c.rms_norm_eps)
        else:
            o = o / weight.clamp(min=c.denominator_floor)[..., None]
        o = o.transpose(1, 2).reshape(x.shape).to(x.dtype)
        if c.normalizer == "rms":
            o = o * self.output_norm.weight.to(o.dtype)
        return self.output(o), {"S": S, "z": z, **new}


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
