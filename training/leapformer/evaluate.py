"""Measures a model on held-out text."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from .counts import count, perplexities
from .detokenize import round_trip
from .files import UserError
from .model import LeapFormer
from .precision import products
from .sample import Sampling, generate, repetition
from .text import read_articles, read_lines

SEGMENT = 2048  # tokens per call
QUICK_STREAMS = 8


@torch.no_grad()
def token_losses(model: LeapFormer, tokens: np.ndarray, bfloat16: bool = False) -> np.ndarray:
    """Loss in nats of tokens [B, N], read as B streams with carried state: [B, N - 1] float64.

    Entry t is the loss of token t + 1 given all tokens before it. `bfloat16`: as in
    `precision.products`.
    """
    device = model.embedding.weight.device
    x = torch.from_numpy(tokens)
    states, losses = model.empty_state(len(x)), []
    size = max(SEGMENT // len(x), 1)
    for begin in range(0, x.shape[1] - 1, size):
        part = x[:, begin : begin + size + 1].to(device)
        with products(device, bfloat16):
            logits, states = model(part[:, :-1].contiguous(), states)
        loss = F.cross_entropy(
            logits.flatten(0, 1).float(), part[:, 1:].flatten(), reduction="none"
        )
        losses.append(loss.view(len(x), -1).cpu())
    return torch.cat(losses, 1).double().numpy()


def windowed_losses(model: LeapFormer, tokens: np.ndarray, window: int) -> np.ndarray:
    """Losses of tokens [N], read in windows of `window` tokens from an empty state: [N - 1].

    Windows overlap by half; each scores its second half, and the first window all of it. So every
    token is scored once with at least half a window before it, the usual measure of a transformer
    with a limited context.
    """
    step = window // 2
    parts = [token_losses(model, tokens[None, :window])[0]]
    for begin in range(step, len(tokens) - step, step):
        parts.append(token_losses(model, tokens[None, begin : begin + window])[0, step - 1 :])
    return np.concatenate(parts)


def quick_loss(model: LeapFormer, tokens: np.ndarray, bfloat16: bool) -> float:
    """Mean loss of a text cut into a few equal streams: fast enough for use during training.

    Tokens written as ~token are read, but not scored.
    """
    length = len(tokens) // QUICK_STREAMS
    streams = tokens[: length * QUICK_STREAMS].reshape(QUICK_STREAMS, length)
    losses = token_losses(model, np.where(streams < 0, ~streams, streams), bfloat16)
    return float(losses[streams[:, 1:] >= 0].mean())


def word_text(path: Path) -> Path:
    """Returns `path`. Raises UserError unless it is a WikiText file, whose words can be counted."""
    if not path.is_file():
        raise UserError(f"{path} is not a file: name a WikiText file")
    if not path.name.endswith((".raw", ".tokens", ".parquet")):
        raise UserError(
            f"{path}: perplexity by words needs a WikiText file (.raw, .tokens, parquet)"
        )
    return path


def read_text(path: Path, tokenizer: Tokenizer) -> tuple[np.ndarray, dict[str, int], float]:
    """A WikiText file as one stream of tokens [N]; its counts (`count`) and round-trip share."""
    texts = [article.text for article in read_articles(word_text(path))]
    ids = [[0, *e.ids] for e in tokenizer.encode_batch_fast(texts)]
    tokens = np.concatenate([np.array(i, dtype=np.int64) for i in ids])
    return tokens, count(read_lines(path)), round_trip(read_lines(path))


def perplexity(
    model: LeapFormer, tokenizer: Tokenizer, path: Path, window: int = 0
) -> dict[str, float]:
    """The loss over all tokens but the first with carried state, per token, word and raw byte.

    `window`: read in windows of that many tokens instead (`windowed_losses`).
    """
    tokens, counts, exact = read_text(path, tokenizer)
    by_token = (
        windowed_losses(model, tokens, window) if window else token_losses(model, tokens[None])
    )
    total = float(by_token.sum())
    return {
        "tokens": len(tokens),
        **counts,
        "nats_per_token": round(total / (len(tokens) - 1), 4),
        **perplexities(total, counts),
        "round_trip": round(exact, 4),
    }


def long_stream(model: LeapFormer, tokens: np.ndarray, length: int = 65_536) -> list[dict]:
    """Loss by position in a stream whose state is never reset, and with resets for comparison.

    The stream without resets is the same text without `<|endoftext|>`, except the first one; both
    score the same tokens. One entry per doubling of the position, from 1,024 on.
    """
    keep = tokens != 0
    keep[0] = True
    length = min(length, int(keep.sum()))
    end = int(np.searchsorted(keep.cumsum(), length)) + 1
    tokens, keep = tokens[:end], keep[:end]
    unwiped = token_losses(model, tokens[keep][None])[0]
    wiped = token_losses(model, tokens[None])[0][keep[1:]]
    edges = [0] + [1 << k for k in range(10, 40) if 1 << k < length] + [length]
    return [
        {
            "from": a,
            "to": b,
            "unwiped": round(float(unwiped[a:b].mean()), 4),
            "wiped": round(float(wiped[a:b].mean()), 4),
        }
        for a, b in pairwise(edges)
    ]


def write_samples(
    model: LeapFormer, tokenizer: Tokenizer, tokens: np.ndarray, sampling: Sampling, count: int
) -> list[dict[str, str]]:
    """Continues the first 32 tokens of the first documents by 256 tokens each."""
    starts = np.flatnonzero(tokens == 0)[:count]
    prompts = np.stack([tokens[a : a + 32] for a in starts if a + 32 <= len(tokens)])
    written = generate(model, torch.from_numpy(prompts), 256, sampling)[0].tolist()
    return [
        {"prompt": tokenizer.decode(p[1:].tolist()), "continuation": tokenizer.decode(w)}
        for p, w in zip(prompts, written, strict=True)
    ]


def generated_repetition(
    model: LeapFormer, tokens: np.ndarray, sampling: Sampling, count: int
) -> dict[str, float]:
    """Repetition in the first and last quarter of `count` generated tokens, and in the text."""
    out = generate(model, torch.from_numpy(tokens[None, :32]), count, sampling)[0][0].numpy()
    quarter = count // 4
    return {
        "tokens": count,
        "first_quarter": round(repetition(out[:quarter]), 4),
        "last_quarter": round(repetition(out[-quarter:]), 4),
        "people": round(repetition(tokens[tokens != 0][:count]), 4),
    }
