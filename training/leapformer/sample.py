"""Generation, and the choice of sampler defaults by measurement."""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from .files import UserError
from .model import LeapFormer

WINDOW = 256  # tokens within which a repeated 4-gram counts
REACH = 512  # tokens that the sequence penalty looks back over
LONGEST = 16  # a sequence counts as no longer than this
SEQUENCE_PENALTY = 1.0  # what the defaults have
SHORT, LONG = 512, 4096  # tokens of the texts by which a sampler is judged
TEXTS, LONG_TEXTS = 12, 8  # so many of each
FINALISTS = 4  # settings that write long texts, at most


@dataclass(frozen=True)
class Sampling:
    """Sampler settings, with the meaning and order of Hugging Face transformers.

    Penalty on tokens seen, sequence penalty (not of theirs: see `Seen`), temperature, top-k, top-p,
    min-p; 1, 0, 0, 1 and 0 switch the penalties and filters off.
    """

    temperature: float = 1.0
    topK: int = 0
    topP: float = 1.0
    minP: float = 0.0
    repetitionPenalty: float = 1.0
    sequencePenalty: float = 0.0


class Seen:
    """What the penalties know of each stream's article; a document's start empties it."""

    def __init__(self, batch: int, vocabulary: int, bos: int = 0) -> None:
        self.bos = bos
        self.tokens = torch.zeros(batch, vocabulary, dtype=torch.bool)  # those that the article has
        self._recent = torch.full((batch, REACH), bos)  # the newest first; bos where there is none
        # tokens in common between the text's end and what stood so many tokens ago
        self._common = torch.zeros(batch, REACH, dtype=torch.long)

    def add(self, token: Tensor) -> None:
        """The next token of each stream [B]."""
        token, opens = token[:, None], token == self.bos
        self.tokens.scatter_(1, token, True)
        self._recent = torch.cat([token, self._recent[:, :-1]], 1)
        self._common = torch.where(self._recent == token, self._common + 1, 0)
        self.tokens[opens] = False
        self._recent[opens] = self.bos
        self._common[opens] = 0

    def followed(self) -> Tensor:
        """How many tokens of the text's end each token [B, vocabulary] followed before."""
        within = torch.arange(REACH, 0, -1)  # what has left the reach does not count
        common = torch.minimum(self._common, within).clamp(max=LONGEST)[:, 1:]
        none = torch.zeros(self.tokens.shape, dtype=torch.long)
        return none.scatter_reduce(1, self._recent[:, :-1], common, "amax")


def penalize(logits: Tensor, seen: Seen, sampling: Sampling) -> Tensor:
    """Logits [B, vocabulary] after the penalties."""
    s = sampling
    if s.repetitionPenalty != 1:
        punished = torch.where(
            logits > 0, logits / s.repetitionPenalty, logits * s.repetitionPenalty
        )
        logits = torch.where(seen.tokens, punished, logits)
    if s.sequencePenalty:
        followed = seen.followed()
        logits = logits - s.sequencePenalty * (2.0 ** (followed - 1)) * (followed > 0)
    return logits


def filter_logits(logits: Tensor, sampling: Sampling) -> Tensor:
    """Logits [B, vocabulary] after temperature and filters."""
    s = sampling
    logits = logits / s.temperature
    lowest = torch.finfo(logits.dtype).min
    if 0 < s.topK < logits.shape[-1]:
        logits = logits.masked_fill(logits < logits.topk(s.topK).values[:, -1:], lowest)
    if s.topP < 1:
        ordered, index = logits.sort(-1, descending=True)
        before = ordered.softmax(-1).cumsum(-1) - ordered.softmax(-1)
        cut = torch.zeros_like(index, dtype=torch.bool).scatter(-1, index, before >= s.topP)
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
    seen = Seen(*logits.shape, model.config.bos_token_id)
    for token in prompts.T:
        seen.add(token)
    tokens, surprise = [], []
    for _ in range(count):
        chances = filter_logits(penalize(logits.float(), seen, sampling), sampling).softmax(-1)
        token = torch.multinomial(chances, 1, generator=random)
        surprise.append(-logits.float().log_softmax(-1).gather(1, token))
        tokens.append(token)
        seen.add(token[:, 0])
        logits, states = model(token, states)
        logits = logits[:, -1]
    return torch.cat(tokens, 1), torch.cat(surprise, 1)


def repetition(tokens: np.ndarray, size: int = 4) -> float:
    """Share of the n-grams of a text [N] that stood already among the WINDOW tokens before."""
    last: dict[bytes, int] = {}
    repeated = 0
    for i in range(len(tokens) - size + 1):
        gram = tokens[i : i + size].tobytes()
        repeated += i - last.get(gram, -WINDOW - 1) <= WINDOW
        last[gram] = i
    return repeated / max(len(tokens) - size + 1, 1)


def measure(texts: np.ndarray) -> dict[str, float]:
    """Repetition of texts [B, N]: the mean, the worst text's, and the mean of pairs of tokens.

    Pairs tell who says the same word all the time, though never the same four after each other.
    """
    repeated = [repetition(text) for text in texts]
    figures = {
        "repetition": np.mean(repeated),
        "worst_repetition": max(repeated),
        "pairs": np.mean([repetition(text, 2) for text in texts]),
    }
    return {key: round(float(value), 4) for key, value in figures.items()}


def choose_sampling(
    model: LeapFormer, tokens: np.ndarray, short: int = SHORT, long: int = LONG
) -> tuple[dict, dict]:
    """The settings that write least surprisingly without repeating more than people do.

    Prompts of 32 tokens are the openings of the documents in `tokens`. Every setting of a grid
    writes `short` tokens on; repetition is compared to that of the documents themselves over the
    same positions, both in the mean and in the worst text: a mean hides the one that fell into a
    loop. Most loops begin later: so the first few of the least surprising write `long` tokens, one
    setting after the other until the quarters of its texts repeat no more than as long pieces of
    `tokens`. All have the sequence penalty, without which a model this small is caught in the end
    (docs/decisions.md). Returns the chosen settings and everything measured.
    """
    starts = np.flatnonzero(tokens == 0)
    ends = np.append(starts[1:], len(tokens))
    length = 32 + short
    spans = [(a, b) for a, b in zip(starts, ends, strict=True) if b - a >= length][:TEXTS]
    if not spans:
        raise UserError(f"no document of the text has {length} tokens: give longer ones")
    texts = np.stack([tokens[a : a + length] for a, _ in spans])
    prompts = torch.from_numpy(texts[:, :32])
    quarter = min(long // 4, len(tokens))
    pieces = tokens[: len(tokens) // quarter * quarter].reshape(-1, quarter)
    people = measure(texts[:, 32:]) | {"long": measure(pieces)}
    grid = [
        Sampling(t, 0, p, m, r, SEQUENCE_PENALTY)
        for r in (1.0, 1.1)
        for t in (0.8, 0.9, 1.0)
        for p, m in ((0.95, 0.0), (1.0, 0.05))
    ]
    measured = []
    for sampling in grid:
        out, surprise = generate(model, prompts, short, sampling)
        row = {"surprise": round(float(surprise.mean()), 3)} | measure(out.numpy())
        measured.append(asdict(sampling) | row)

    def is_fair(row: dict, to: dict) -> bool:
        return all(row[key] <= to[key] for key in ("repetition", "worst_repetition", "pairs"))

    least_worst = min(measured, key=lambda row: row["worst_repetition"])
    fair = [row for row in measured if is_fair(row, people)] or [least_worst]
    finalists = sorted(fair, key=lambda row: row["surprise"])[:FINALISTS]
    for chosen in finalists:
        sampling = Sampling(**{key: chosen[key] for key in asdict(Sampling())})
        out = generate(model, prompts[:LONG_TEXTS], long, sampling)[0].numpy()
        chosen["long"] = measure(out.reshape(-1, long // 4))
        if is_fair(chosen["long"], people["long"]):
            break
    else:
        chosen = min(finalists, key=lambda row: row["long"]["worst_repetition"])
    return {key: chosen[key] for key in asdict(Sampling())}, {"people": people, "grid": measured}
