"""The language model. Parameter names are the tensor names of a published model.safetensors.

x = embedding[token] * embedding_scale                       (+ sinusoids)
per layer:   x = x + attention(rms(x) * attention_norm)
             x = x + down relu(up (rms(x) * mlp_norm))^2
logits = embedding (rms(x) * final_norm)
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import Attention, Scale, rms
from .config import ModelConfig
from .reweighting import State
from .softmax import SoftmaxAttention

UNSCORED = -1  # as a target: a token that is read, but not scored

ATTENTION = {"linear": Attention, "softmax": SoftmaxAttention}


class Mlp(nn.Module):
    """down(relu(up x)^2)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.up = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.relu(self.up(x)).square())


class Layer(nn.Module):
    """Attention and MLP, each with an rms norm before it and a residual connection."""

    def __init__(self, config: ModelConfig, dropout: float) -> None:
        super().__init__()
        self.eps = config.rms_norm_eps
        self.dropout = nn.Dropout(dropout)
        self.attention_norm = Scale(config.hidden_size)
        self.attention = ATTENTION[config.attention](config)
        self.mlp_norm = Scale(config.hidden_size)
        self.mlp = Mlp(config)

    def forward(
        self, x: Tensor, start: Tensor, position: Tensor, state: State
    ) -> tuple[Tensor, State]:
        attended, state = self.attention(
            rms(x, self.eps) * self.attention_norm.weight, start, position, state
        )
        x = x + self.dropout(attended)
        return x + self.dropout(self.mlp(rms(x, self.eps) * self.mlp_norm.weight)), state


class LeapFormer(nn.Module):
    """The whole model. It reads streams: tokens [B, T] and the states of the previous call.

    `dropout`: share of zeros in the embedding and in the outputs of attention and MLP, in training
    mode only. `label_smoothing`: share of the target that is spread evenly over the vocabulary.
    """

    def __init__(
        self, config: ModelConfig, dropout: float = 0.0, label_smoothing: float = 0.0
    ) -> None:
        super().__init__()
        self.config = config
        self.label_smoothing = label_smoothing
        self.embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(config, dropout) for _ in range(config.num_hidden_layers))
        self.final_norm = Scale(config.hidden_size)

    def initialize(self, wide_proportions: bool) -> None:
        """Initial weights: small embedding, zero branch outputs, half-lives of 5 to 760 tokens."""
        nn.init.normal_(self.embedding.weight, std=0.02)
        for layer in self.layers:
            attention = layer.attention
            nn.init.zeros_(layer.mlp.down.weight)
            nn.init.zeros_(attention.output.weight)
            if hasattr(attention, "decay"):
                nn.init.zeros_(attention.decay.weight)
                with torch.no_grad():
                    attention.decay.bias.copy_(torch.linspace(2, 7, len(attention.decay.bias)))
            if wide_proportions and isinstance(attention, Attention):
                attention.reweighting.reset(attention)

    def empty_state(self, batch: int) -> list[State]:
        """The state before the first token: one dictionary per layer, then the position [B].

        It has the dtype and the device of the weights.
        """
        weight = self.embedding.weight
        states = [
            layer.attention.empty_state(batch, weight.dtype, weight.device) for layer in self.layers
        ]
        position = torch.zeros(batch, dtype=torch.long, device=weight.device)
        return [*states, {"position": position}]

    def embed(self, tokens: Tensor, position: Tensor) -> Tensor:
        """The input of the first layer: tokens [B, T] and their positions -> [B, T, d]."""
        x = self.embedding(tokens) * self.config.embedding_scale
        if self.config.position == "sinusoidal":
            x = x + sinusoids(position, self.config.hidden_size, x.dtype)
        return x

    def hidden(self, tokens: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """tokens [B, T] -> the normed last hidden state [B, T, d] and the new states."""
        c = self.config
        start = tokens == c.bos_token_id
        position = positions(start, states[-1]["position"])
        x = self.embed(tokens, position)
        new = []
        x = self.dropout(x)
        for layer, state in zip(self.layers, states[:-1], strict=True):
            x, state = layer(x, start, position, state)
            new.append(state)
        new.append({"position": position[:, -1] + 1})
        return rms(x, c.rms_norm_eps) * self.final_norm.weight, new

    def forward(
        self, tokens: Tensor, states: list[State], targets: Tensor | None = None
    ) -> tuple[Tensor, list[State]]:
        """Logits [B, T, vocabulary], or with `targets` [B, T] the mean loss in nats; new states.

        Targets of UNSCORED have no loss.
        The new states are detached: gradients do not flow into earlier segments.
        """
        x, states = self.hidden(tokens, states)
        states = [{k: v.detach() for k, v in state.items()} for state in states]
        logits = F.linear(x, self.embedding.weight)
        if targets is None:
            return logits, states
        loss = F.cross_entropy(
            logits.flatten(0, 1).float(),
            targets.flatten(),
            ignore_index=UNSCORED,
            label_smoothing=self.label_smoothing,
        )
        return loss, states


def positions(start: Tensor, next_position: Tensor) -> Tensor:
    """The position of each token in its document: start [B, T], next_position [B] -> [B, T]."""
    index = torch.arange(start.shape[1], device=start.device)
    zero = torch.where(start, index, -next_position[:, None]).cummax(1).values
    return index - zero


def sinusoids(position: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """[sin(p w), cos(p w)], w = 10000^(-2i/size): position [B, T] -> [B, T, size]."""
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    i = torch.arange(size // 2, dtype=wide, device=position.device)
    angle = position[..., None].to(wide) * 10000.0 ** (-2 * i / size)
    return torch.cat([angle.sin(), angle.cos()], -1).to(dtype)
