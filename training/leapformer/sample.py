"""Generates text, and chooses the default sampler settings of a model by measurement."""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from .files import UserError
from .model import LeapFormer

WINDOW = 256  # an n-gram is repeated if it occurs among this many tokens before
REACH = 512  # the sequence penalty considers this many tokens before
LONGEST = 16  # longest match that the sequence penalty counts
SEQUENCE_PENALTY = 1.0  # in the default settings
SHORT, LONG = 512, 4096  # lengths in tokens of the texts that settings are judged by
TEXTS, LONG_TEXTS = 12, 8  # how many of each
FINALISTS = 6  # at most this many settings generate long texts


@dataclass(frozen=True)
class Sampling:
    """Sampler settings with the meaning and order of Hugging Face transformers.

    The order is repetition penalty, sequence penalty (see `RepetitionHistory`; transformers has
    none), temperature, top-k, top-p, min-p. Off: penalties 1 and 0, top-k 0, top-p 1, min-p 0.
    """

    temperature: float = 1.0
    topK: int = 0
    topP: float = 1.0
    minP: float = 0.0
    repetitionPenalty: float = 1.0
    sequencePenalty: float = 0.0


class RepetitionHistory:
    """The tokens of each stream's article that the penalties need; a document's start clears it."""

    def __init__(self, batch: int, vocabulary: int, bos: int = 0) -> None:
        self.bos = bos
        self.tokens = torch.zeros(batch, vocabulary, dtype=torch.bool)  # in this article
        self._recent = torch.full((batch, REACH), bos)  # newest first, bos if none
        # [b, i]: length of the common suffix of the text and the text without its last i tokens
        self._common = torch.zeros(batch, REACH, dtype=torch.long)

    def add(self, token: Tensor) -> None:
        """Appends the next token of each stream [B]."""
        token, opens = token[:, None], token == self.bos
        self.tokens.scatter_(1, token, True)
        self._recent = torch.cat([token, self._recent[:, :-1]], 1)
        self._common = torch.where(self._recent == token, self._common + 1, 0)
        self.tokens[opens] = False
        self._recent[opens] = self.bos
        self._common[opens] = 0

    def match_lengths(self) -> Tensor:
        """Match length of each token [B, vocabulary], 0 if it would repeat nothing.

        It is the length of the longest suffix of the text that the token followed before.
        """
        within = torch.arange(REACH, 0, -1)  # tokens before the last REACH do not count
        common = torch.minimum(self._common, within).clamp(max=LONGEST)[:, 1:]
        none = torch.zeros(self.tokens.shape, dtype=torch.long)
        return none.scatter_reduce(1, self._recent[:, :-1], common, "amax")


def penalize(logits: Tensor, history: RepetitionHistory, sampling: Sampling) -> Tensor:
    """Applies the penalties to logits [B, vocabulary]."""
    s = sampling
    if s.repetitionPenalty != 1:
        punished = torch.where(
            logits > 0, logits / s.repetitionPenalty, logits * s.repetitionPenalty
        )
        logits = torch.where(history.tokens, punished, logits)
    if s.sequencePenalty:
        lengths = history.match_lengths()
        logits = logits - s.sequencePenalty * (2.0 ** (lengths - 1)) * (lengths > 0)
    return logits


def filter_logits(logits: Tensor, sampling: Sampling) -> Tensor:
    """Applies temperature and filters to logits [B, vocabulary]."""
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
    """Generates `count` tokens after each of the prompts [B, P].

    Returns the tokens [B, count] and the surprise of each, -ln p before penalties and filters.
    """
    random = torch.Generator().manual_seed(seed)
    logits, states = model(prompts, model.empty_state(len(prompts)))
    logits = logits[:, -1]
    history = RepetitionHistory(*logits.shape, model.config.bos_token_id)
    for token in prompts.T:
        history.add(token)
    tokens, surprise = [], []
    for _ in range(count):
        chances = filter_logits(penalize(logits.float(), history, sampling), sampling).softmax(-1)
        token = torch.multinomial(chances, 1, generator=random)
        surprise.append(-logits.float().log_softmax(-1).gather(1, token))
        tokens.append(token)
        history.add(token[:, 0])
        logits, states = model(token, states)
        logits = logits[:, -1]
    return torch.cat(tokens, 1), torch.cat(surprise, 1)


def repetition(tokens: np.ndarray, size: int = 4) -> float:
    """The share of n-grams of a text [N] that also occur among the WINDOW tokens before."""
    last: dict[bytes, int] = {}
    repeated = 0
    for i in range(len(tokens) - size + 1):
        gram = tokens[i : i + size].tobytes()
        repeated += i - last.get(gram, -WINDOW - 1) <= WINDOW
        last[gram] = i
    return repeated / max(len(tokens) - size + 1, 1)


def measure(texts: np.ndarray) -> dict[str, float]:
    """Repetition of texts [B, N]: mean and maximum for 4-grams, mean for pairs of tokens.

    Pairs detect a word that is repeated all the time in different contexts.
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
    """The least surprising settings whose texts repeat no more than texts written by people.

    Every setting of a grid continues the first 32 tokens of documents in `tokens` by `short`
    tokens. Their repetition is compared with that of the documents at the same positions, by the
    mean and by the worst text, because a mean hides a single text in a loop. Most loops start
    later, so the least surprising settings then generate `long` tokens, one after the other, until
    the quarters of a setting's texts repeat no more than pieces of `tokens` of that length. All
    settings have the sequence penalty: without it a model this small ends in a loop
    (docs/decisions.md). Returns the chosen settings and all measurements.
    Raises UserError if no document is long enough.
    """
    starts = np.flatnonzero(tokens == 0)
    ends = np.append(starts[1:], len(tokens))
    length = 32 + short
    spans = [(a, b) for a, b in zip(starts, ends, strict=True) if b - a >= length][:TEXTS]
    if not spans:
        raise UserError(f"no document has {length} tokens: use a text with longer ones")
    texts = np.stack([tokens[a : a + length] for a, _ in spans])
    prompts = torch.from_numpy(texts[:, :32])
    quarter = min(long // 4, len(tokens))
    pieces = tokens[: len(tokens) // quarter * quarter].reshape(-1, quarter)
    people = measure(texts[:, 32:]) | {"long": measure(pieces)}
    grid = [
        Sampling(t, 0, p, m, r, SEQUENCE_PENALTY)
        for r in (1.0, 1.05, 1.1)
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
