"""The reference implementation: one token at a time in float64 numpy, written to be read.

Golden vectors are computed by this file, so it deliberately shares no code with `model.py`.
"""

import numpy as np

from .config import ModelConfig

Tensors = dict[str, np.ndarray]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


class Reference:
    """A model (dequantized stored weights) and the state of one stream."""

    def __init__(self, config: ModelConfig, tensors: Tensors) -> None:
        self.config = config
        self.tensors = {name: value.astype(np.float64) for name, value in tensors.items()}
        layers, h = config.num_hidden_layers, config.num_attention_heads
        self.state = np.zeros((layers, h, config.feature_size, config.head_size))
        self.z = np.zeros((layers, h, config.feature_size))
        self.rows = np.zeros((layers, max(config.conv_kernel - 1, 0), 3 * config.hidden_size))
        self.position = 0

    def _rms(self, x: np.ndarray) -> np.ndarray:
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.config.rms_norm_eps)

    def _proportion(self, name: str, x: np.ndarray) -> np.ndarray:
        w = self.tensors
        hidden = np.maximum(x @ w[f"{name}.hidden.weight"].T + w[f"{name}.hidden.bias"], 0)
        return _sigmoid(hidden @ w[f"{name}.output.weight"].T + w[f"{name}.output.bias"])

    def _attention(self, layer: int, n: np.ndarray, starts: bool) -> np.ndarray:
        c, w, name = self.config, self.tensors, f"layers.{layer}.attention"
        u = w[f"{name}.qkv.weight"] @ n
        if c.conv_kernel:
            rows = np.vstack([self.rows[layer], u])
            self.rows[layer] = rows[1:]
            u = (rows.T * w[f"{name}.convolution.weight"]).sum(-1)
        q, k, v = u.reshape(3, c.num_attention_heads, c.head_size)
        q, k = np.maximum(q, 0) / np.sqrt(c.head_size), np.maximum(k, 0)
        if c.reweighting != "none":
            if c.reweighting == "leap":
                p_q = self._proportion(f"{name}.query_proportion", q)
                p_k = self._proportion(f"{name}.key_proportion", k)
            else:
                p_q = p_k = np.array(min(self.position / c.static_length, 1.0))
            q = np.hstack([q * np.cos(np.pi / 2 * p_q), q * np.sin(np.pi / 2 * p_q)])
            k = np.hstack([k * np.cos(np.pi / 2 * p_k), k * np.sin(np.pi / 2 * p_k)])
        a = np.ones(c.num_attention_heads)
        if c.decay:
            a = _sigmoid(w[f"{name}.decay.weight"] @ n + w[f"{name}.decay.bias"])
        if starts:
            a = np.zeros_like(a)
        self.state[layer] = a[:, None, None] * self.state[layer] + k[:, :, None] * v[:, None, :]
        self.z[layer] = a[:, None] * self.z[layer] + k
        o = (q[:, :, None] * self.state[layer]).sum(1)
        if c.normalizer == "rms":
            o = self._rms(o).reshape(-1) * w[f"{name}.output_norm.weight"]
        else:
            weight = (q * self.z[layer]).sum(-1, keepdims=True)
            o = (o / np.maximum(weight, c.denominator_floor)).reshape(-1)
        return w[f"{name}.output.weight"] @ o

    def step(self, token: int) -> np.ndarray:
        """Reads one token; returns the logits [vocabulary] of the next."""
        c, w = self.config, self.tensors
        starts = token == c.bos_token_id
        self.position = 0 if starts else self.position
        x = w["embedding.weight"][token] * c.embedding_scale
        if c.position == "sinusoidal":
            i = np.arange(c.hidden_size // 2)
            angle = self.position * 10000.0 ** (-2 * i / c.hidden_size)
            x = x + np.concatenate([np.sin(angle), np.cos(angle)])
        for layer in range(c.num_hidden_layers):
            name = f"layers.{layer}"
            x = x + self._attention(
                layer, self._rms(x) * w[f"{name}.attention_norm.weight"], starts
            )
            up = w[f"{name}.mlp.up.weight"] @ (self._rms(x) * w[f"{name}.mlp_norm.weight"])
            x = x + w[f"{name}.mlp.down.weight"] @ np.maximum(up, 0) ** 2
        self.position += 1
        return w["embedding.weight"] @ (self._rms(x) * w["final_norm.weight"])


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities (natural log) of logits [..., vocabulary]."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def golden(config: ModelConfig, tensors: Tensors, tokens: list[int], greedy: int) -> dict:
    """Log-probabilities of tokens[1:], the last logits, and a greedy continuation."""
    reference = Reference(config, tensors)
    log_probabilities, logits = [], reference.step(tokens[0])
    for token in tokens[1:]:
        log_probabilities.append(round(float(log_softmax(logits)[token]), 9))
        logits = reference.step(token)
    final, continuation = [round(float(x), 9) for x in logits], []
    for _ in range(greedy):
        continuation.append(int(logits.argmax()))
        logits = reference.step(continuation[-1])
    return {"logProbabilities": log_probabilities, "finalLogits": final, "greedy": continuation}
