"""Generation, and the choice of sampler defaults by measurement."""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from .files import UserError
from .model import LeapFormer

WINDOW = 256  # tokens within which a repeated 4-gram counts


@dataclass(frozen=True)
class Sampling:
    """Sampler settings, with the meaning and order of Hugging Face transformers.

    Penalty on tokens seen, temperature, top-k, top-p, min-p; 1, 0, 1 and 0 switch the filters off.
    """

    temperature: float = 1.0
    topK: int = 0
    topP: float = 1.0
    minP: float = 0.0
    repetitionPenalty: float = 1.0


def filter_logits(logits: Tensor, seen: Tensor, sampling: Sampling) -> Tensor:
    """Logits [B, vocabulary] after the filters; seen [B, vocabulary] marks the tokens so far."""
    s = sampling
    if s.repetitionPenalty != 1:
        punished = torch.where(
            logits > 0, logits / s.repetitionPenalty, logits * s.repetitionPenalty
        )
        logits = torch.where(seen, punished, logits)
    logits = logits / s.temperature
    lowest = torch.finfo(logits.dtype).min
    if 0 < s.topK < logits.shape[-1]:
        logits = logits.masked_fill(logits < logits.topk(s.topK).values[:, -1:], lowest)
    if s.topP < 1:
        ordered, index = logits.sort(-1, descending=True)
        before = ordered.softmax(-1).cumsum(-1) - ordered.softmax(-1)
        cut = torch.zeros_like(seen).scatter(-1, index, before >= s.topP)
        logits = logits.masked_fill(cut, lowest)
    if s.minP > 0:
        p = logits.softmax(-1)
        logits = logits.masked_fill(p < s.minP * p.amax(-1, keepdim=True), lowest)
    return logits


@torch.no_grad()
def generate(
    model: LeapFormer, prompts: Tensor, count: int, sampling: Sampling, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Continues prompts [B, P] by `count` tokens each.

    Returns the tokens [B, count] and each one's surprise, -ln p under the unfiltered model.
    """
    random = torch.Generator().manual_seed(seed)
    logits, states = model(prompts, model.empty_state(len(prompts)))
    logits = logits[:, -1]
    seen = torch.zeros_like(logits, dtype=torch.bool).scatter(1, prompts, True)
    tokens, surprise = [], []
    for _ in range(count):
        chances = filter_logits(logits.float(), seen, sampling).softmax(-1)
        token = torch.multinomial(chances, 1, generator=random)
        surprise.append(-logits.float().log_softmax(-1).gather(1, token))
        tokens.append(token)
        seen.scatter_(1, token, True)
        logits, states = model(token, states)
        logits = logits[:, -1]
    return torch.cat(tokens, 1), torch.cat(surprise, 1)


def repetition(tokens: np.ndarray) -> float:
    """Share of the 4-grams of a text [N] that stood already among the WINDOW tokens before."""
    last: dict[bytes, int] = {}
    repeated = 0
    for i in range(len(tokens) - 3):
        gram = tokens[i : i + 4].tobytes()
        repeated += i - last.get(gram, -WINDOW - 1) <= WINDOW
        last[gram] = i
    return repeated / max(len(tokens) - 3, 1)


def mean_and_worst(texts: np.ndarray) -> tuple[float, float]:
    """Repetition of texts [B, N]: their mean, and that of the worst."""
    repeated = [repetition(text) for text in texts]
    return float(np.mean(repeated)), max(repeated)


def choose_sampling(model: LeapFormer, tokens: np.ndarray, count: int = 512) -> tuple[dict, dict]:
    """The settings that write least surprisingly without repeating more than people do.

    Prompts of 32 tokens are the openings of the documents in `tokens`; repetition is compared to
    that of the documents themselves over the same positions, both in the mean and in the worst
    text: a mean hides the one that fell into a loop. Returns the chosen settings and everything
    measured.
    """
    starts = np.flatnonzero(tokens == 0)
    ends = np.append(starts[1:], len(tokens))
    length = 32 + count
    spans = [(a, b) for a, b in zip(starts, ends, strict=True) if b - a >= length][:24]
    if not spans:
        raise UserError(f"no document of the text has {length} tokens: give longer ones")
    texts = np.stack([tokens[a : a + length] for a, _ in spans])
    people, worst_people = mean_and_worst(texts[:, 32:])
    prompts = torch.from_numpy(texts[:, :32])
    grid = [
        Sampling(t, 0, p, m, r)
        for t in (0.7, 0.8, 0.9, 1.0)
        for p, m in ((0.95, 0.0), (1.0, 0.05))
        for r in (1.0, 1.1)
    ]
    measured = []
    for sampling in grid:
        out, surprise = generate(model, prompts, count, sampling)
        repeated, worst = mean_and_worst(out.numpy())
        row = {"surprise": round(float(surprise.mean()), 3), "repetition": round(repeated, 4)}
        measured.append({**asdict(sampling), **row, "worst_repetition": round(worst, 4)})
    fair = [
        m for m in measured if m["repetition"] <= people and m["worst_repetition"] <= worst_people
    ]
    best = min(fair or measured, key=lambda m: m["surprise" if fair else "worst_repetition"])
    chosen = {key: best[key] for key in asdict(Sampling())}
    people_repeat = {"repetition": round(people, 4), "worst_repetition": round(worst_people, 4)}
    return chosen, {"people": people_repeat, "grid": measured}
