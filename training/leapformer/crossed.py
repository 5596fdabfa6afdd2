"""An encoder and a decoder with cross-attention, on the streams of simultaneous translation.

Streams are those of `translate/rules.py`. `<w>` and the tokens that the model draws are on the
target side, all others on the source side. With m(j) = 1 on a layer's own side and 0 on the other,

    encoder and decoder   S_i = a_i^m(i) S_{i-1} + m(i) k~_i v_i^T      of their own side
    cross-attention       S_i = S_{i-1} + m(i) k~_i v_i^T               of the encoder's output
                          output = rms(q~_i S_i)                        at the decoder's tokens

so a target token attends to exactly the source that was read before it, as in the paper's
simultaneous translation: keys are re-weighted by proportions of the source, queries by those of the
target. The short convolution of a layer sees the tokens of its own side only. Every layer computes
all tokens; those of the other side are ignored.

It reads the same streams as LeapFormer, step by step and in segments, so training, evaluation and
translation are shared. It is trained to be compared, and not published.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import (
    Attention,
    Scale,
    linear_attention,
    linear_attention_step,
    rms,
)
from .config import ModelConfig
from .model import Layer, LeapFormer, positions
from .reweighting import REWEIGHTINGS, State, similar
from .translate.rules import BOS, END, READ, WRITE


def target_side(tokens: Tensor, before: Tensor) -> Tensor:
    """Which tokens are on the target side [B, T]. before [B]: the side after the last call.

    The target side begins with `<w>` and ends with `<r>` or `<eos>`.
    """
    index = torch.arange(tokens.shape[1], device=tokens.device)

    def last(found: Tensor) -> Tensor:
        return torch.where(found, index, -1).cummax(1).values

    opened = last(tokens == WRITE)
    ended = last((tokens == READ) | (tokens == END) | (tokens == BOS))
    closed = F.pad(ended, (1, 0), value=-1)[:, :-1]  # these belong to the side that they end
    closed = torch.where(tokens == BOS, index, closed)
    return torch.where((opened < 0) & (closed < 0), before[:, None], opened > closed)


def sided_convolution(
    x: Tensor, weight: Tensor, past: Tensor, side: Tensor
) -> tuple[Tensor, Tensor]:
    """`short_convolution` over the tokens of one side: side [B, T].

    x [B, T, c], weight [c, taps], past inputs of that side [B, taps - 1, c]. Returns the result,
    which is arbitrary for the other side, and the last inputs of the side.
    """
    taps = weight.shape[1]
    T = x.shape[1]
    count = side.long().cumsum(1)
    place = torch.where(side, count + taps - 2, T + taps - 1)  # the last row collects the others
    rows = torch.cat([past.to(x.dtype), x.new_zeros(len(x), T + 1, x.shape[2])], 1)
    rows = rows.scatter(1, place[..., None].expand_as(x), x)
    weight = weight.to(x.dtype)
    window = count[..., None] - 1 + torch.arange(taps, device=x.device)  # ends at the token
    window = window.clamp(min=0)
    taken = [
        rows.gather(1, window[..., tap, None].expand_as(x)) * weight[:, tap] for tap in range(taps)
    ]
    kept = count[:, -1:] + torch.arange(taps - 1, device=x.device)
    return sum(taken), rows.gather(1, kept[..., None].expand(-1, -1, x.shape[2]))


class SidedAttention(Attention):
    """Attention over the tokens of one side, which `state["side"]` marks [B, T]."""

    def convolve(self, u: Tensor, state: State) -> tuple[Tensor, Tensor]:
        return sided_convolution(u, self.convolution.weight, state["rows"], state["side"])

    def heads(self, x: Tensor, state: State) -> tuple[Tensor, Tensor, Tensor, State]:
        q, k, v, rows = super().heads(x, state)
        return q, k * state["side"][:, None, :, None], v, rows

    def project(
        self, x: Tensor, start: Tensor, position: Tensor, state: State
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None, State]:
        q, k, v, log_a, new = super().project(x, start, position, state)
        if log_a is not None:
            log_a = log_a.masked_fill(~state["side"][:, None], 0.0)
        return q, k, v, log_a, new


class CrossAttention(nn.Module):
    """Linear attention of the target's queries to the source's keys. State: {"S", "z"}."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        d, h = config.hidden_size, config.num_attention_heads
        self.query = nn.Linear(d, d, bias=False)
        self.key_value = nn.Linear(d, 2 * d, bias=False)
        self.output = nn.Linear(d, d, bias=False)
        self.output_norm = Scale(d)
        self.reweighting = REWEIGHTINGS[config.reweighting]
        self.reweighting.add_modules(self, d, h, config.proportion_hidden_size)

    def forward(
        self, x: Tensor, memory: Tensor, start: Tensor, source: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """x, memory [B, T, d]: the inputs of the decoder's layer and the encoder's output."""
        c = self.config
        B, T, _ = x.shape
        shape = (B, T, -1, c.num_attention_heads, c.head_size)
        k, v = self.key_value(memory).view(shape).permute(2, 0, 3, 1, 4)
        q, k = similar(self.query(x).view(shape)[:, :, 0].transpose(1, 2), k)
        q, k, _ = self.reweighting.features(self, q, k, None)  # leap and none need nothing else
        k = k * source[:, None, :, None]
        attend = linear_attention_step if T == 1 else linear_attention
        o, _, S, z = attend(q, k, v, None, start, state["S"], state["z"])
        o = rms(o, c.rms_norm_eps).transpose(1, 2).reshape(x.shape).to(x.dtype)
        return self.output(o * self.output_norm.weight.to(o.dtype)), {"S": S, "z": z}


class SidedLayer(Layer):
    """A layer of the encoder, or with `crosses` of the decoder."""

    def __init__(self, config: ModelConfig, dropout: float, crosses: bool) -> None:
        super().__init__(config, dropout)
        self.attention = SidedAttention(config)
        if crosses:
            self.cross_norm = Scale(config.hidden_size)
            self.cross_attention = CrossAttention(config)

    def read(
        self,
        x: Tensor,
        memory: Tensor | None,
        start: Tensor,
        position: Tensor,
        side: Tensor,
        state: State,
    ) -> tuple[Tensor, State]:
        """`memory`: the encoder's output, for a layer of the decoder."""
        own = {name: value for name, value in state.items() if not name.startswith("cross.")}
        normed = rms(x, self.eps) * self.attention_norm.weight
        attended, new = self.attention(normed, start, position, own | {"side": side})
        x = x + self.dropout(attended)
        if memory is not None:
            before = {name: state[f"cross.{name}"] for name in ("S", "z")}
            normed = rms(x, self.eps) * self.cross_norm.weight
            attended, after = self.cross_attention(normed, memory, start, ~side, before)
            x = x + self.dropout(attended)
            new |= {f"cross.{name}": value for name, value in after.items()}
        return x + self.dropout(self.mlp(rms(x, self.eps) * self.mlp_norm.weight)), new


class CrossedLeapFormer(LeapFormer):
    """The first `encoder_layers` layers are the encoder, the others the decoder."""

    def __init__(
        self, config: ModelConfig, dropout: float = 0.0, label_smoothing: float = 0.0
    ) -> None:
        super().__init__(config, dropout, label_smoothing)
        self.layers = nn.ModuleList(
            SidedLayer(config, dropout, crosses=n >= config.encoder_layers)
            for n in range(config.num_hidden_layers)
        )
        self.encoder_norm = Scale(config.hidden_size)

    def initialize(self, wide_proportions: bool) -> None:
        super().initialize(wide_proportions)
        for layer in self.layers[self.config.encoder_layers :]:
            nn.init.zeros_(layer.cross_attention.output.weight)
            if wide_proportions:
                layer.cross_attention.reweighting.reset(layer.cross_attention)

    def empty_state(self, batch: int) -> list[State]:
        states = super().empty_state(batch)
        for state in states[self.config.encoder_layers : -1]:
            state |= {f"cross.{name}": torch.zeros_like(state[name]) for name in ("S", "z")}
        position = states[-1]["position"]
        return [*states[:-1], {"position": position, "target": torch.zeros_like(position).bool()}]

    def hidden(self, tokens: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """The decoder's output; it is arbitrary at tokens of the source side."""
        c = self.config
        start = tokens == c.bos_token_id
        position = positions(start, states[-1]["position"])
        target = target_side(tokens, states[-1]["target"])
        embedded = self.dropout(self.embed(tokens, position))
        new, x, memory = [], embedded, None
        for n, (layer, state) in enumerate(zip(self.layers, states[:-1], strict=True)):
            if n == c.encoder_layers:
                memory = rms(x, c.rms_norm_eps) * self.encoder_norm.weight
                x = embedded
            side = ~target if memory is None else target
            x, state = layer.read(x, memory, start, position, side, state)
            new.append(state)
        ends = (tokens[:, -1] == READ) | (tokens[:, -1] == END)
        new.append({"position": position[:, -1] + 1, "target": target[:, -1] & ~ends})
        return rms(x, c.rms_norm_eps) * self.final_norm.weight, new


def make_model(
    config: ModelConfig, dropout: float = 0.0, label_smoothing: float = 0.0
) -> LeapFormer:
    """The model of a configuration."""
    kind = CrossedLeapFormer if config.encoder_layers else LeapFormer
    return kind(config, dropout, label_smoothing)
