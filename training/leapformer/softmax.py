"""Softmax attention, the control that the study compares LeaPformer attention with."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import Convolution, short_convolution
from .config import ModelConfig


class SoftmaxAttention(nn.Module):
    """Softmax over the last `window` tokens of the document with rotary positions.

    State: {"k", "v"} [B, h, window - 1, e] before rotation, "age" [B] (how many are valid), and
    with a convolution "rows" [B, 3, 3 d].
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        d = config.hidden_size
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.output = nn.Linear(d, d, bias=False)
        if config.conv_kernel:
            self.convolution = Convolution(3 * d, config.conv_kernel)

    def empty_state(
        self, batch: int, dtype: torch.dtype, device: torch.device
    ) -> dict[str, Tensor]:
        c = self.config
        cache = (batch, c.num_attention_heads, c.window - 1, c.head_size)
        state = {name: torch.zeros(cache, dtype=dtype, device=device) for name in ("k", "v")}
        state["age"] = torch.zeros(batch, dtype=torch.long, device=device)
        if c.conv_kernel:
            shape = (batch, c.conv_kernel - 1, 3 * c.hidden_size)
            state["rows"] = torch.zeros(shape, dtype=dtype, device=device)
        return state

    def project(
        self, x: Tensor, start: Tensor, state: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, dict[str, Tensor]]:
        """Rotated q [B, h, T, e], k and v of cache and segment [B, h, W + T, e], the mask of the
        keys that each token attends to [B, T, W + T], and the new state. W is window - 1, or less
        if T is 1 and no document is that long."""
        c = self.config
        (B, T, _), W = x.shape, c.window - 1
        u, new = self.qkv(x), {}
        if c.conv_kernel:
            u, last = short_convolution(u, self.convolution.weight, state["rows"])
            new["rows"] = last.to(state["rows"].dtype)
        q, k, v = u.view(B, T, 3, c.num_attention_heads, c.head_size).permute(2, 0, 3, 1, 4)
        k = torch.cat([state["k"].to(k.dtype), k], 2)
        v = torch.cat([state["v"].to(v.dtype), v], 2)
        key_time = torch.arange(W + T, device=x.device)
        query_time = key_time[W:]
        # a token attends to the last `window` tokens of its document, itself included
        distance = query_time[:, None] - key_time
        seen = (distance >= 0) & (distance <= W)
        since_start = torch.where(start, query_time, -1).cummax(1).values  # last start in this call
        first = torch.where(since_start < 0, W - state["age"][:, None], since_start)
        seen = seen & (key_time >= first[..., None])
        new["k"], new["v"] = (t[:, :, -W:].to(state["k"].dtype) for t in (k, v))
        new["age"] = (W + T - first[:, -1]).clamp(max=W)
        if T == 1:  # most of the cache is empty while a short text is decoded
            oldest = int(first.min())
            k, v, key_time = k[:, :, oldest:], v[:, :, oldest:], key_time[oldest:]
            seen = seen[..., oldest:]
        return rotate(q, query_time), rotate(k, key_time), v, seen, new

    def forward(
        self, x: Tensor, start: Tensor, position: Tensor, state: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        q, k, v, seen, new = self.project(x, start, state)
        o = F.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None])
        return self.output(o.transpose(1, 2).reshape(x.shape)), new


def rotate(x: Tensor, time: Tensor) -> Tensor:
    """Rotary positions: x [B, h, T, e], time [T] -> x rotated by time / 10000^(2i/e)."""
    wide = x if x.dtype == torch.float64 else x.float()
    half = x.shape[-1] // 2
    frequency = 10000.0 ** (-torch.arange(half, dtype=wide.dtype, device=x.device) / half)
    angle = time.to(wide.dtype)[:, None] * frequency
    cos, sin = angle.cos(), angle.sin()
    a, b = wide[..., :half], wide[..., half:]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1).to(x.dtype)
