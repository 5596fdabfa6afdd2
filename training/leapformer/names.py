"""Measures whether names hold in generated text: how many are near-misses of earlier names.

A model continues openings of articles with several settings of its sampler. A name is a capitalised
word of five letters or more that does not begin a sentence, a line or a heading. In the
continuation a name is

    repeated   if the word occurs earlier in the text, the opening included
    near       if it does not, but a capitalised word with the same first three letters does, and
               one to three edits separate the two
    new        otherwise

Some near-misses are right ("German" after "Germany"), so the continuation that people wrote is the
yardstick.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from .evaluate import token_losses
from .files import UserError
from .load import load_model, tokenizer_of
from .model import LeapFormer
from .reweighting import State
from .sample import Sampling, generate, measure, repetition
from .text import read_articles
from .tokenizer import load_tokenizer

PROMPT, LENGTH = 128, 300  # tokens of an opening and of its continuation
EDITS = 3  # most edits between a name and its near-miss
RESAMPLES = 2000
OPENING, LONG_TEXTS = 32, 12  # tokens of the openings of long texts, and how many
BASE = Sampling(temperature=0.9, minP=0.05, repetitionPenalty=1.1, sequencePenalty=1.0)
# Changes to BASE. "cache" is the weight of a cache, see `Cached`.
CHANGES: list[dict[str, float]] = [
    {},
    {"repetitionPenalty": 1.05},
    {"repetitionPenalty": 1},
    {"sequencePenalty": 0},
    {"topP": 0.95, "minP": 0},
    {"temperature": 0.8},
    {"temperature": 0.7},
    {"cache": 0.08},
    {"cache": 0.08, "sequencePenalty": 0},
    {"sequencePenalty": 0.25},
    {"sequencePenalty": 0.5},
    {"repetitionPenalty": 1, "sequencePenalty": 0},
    {"repetitionPenalty": 1, "sequencePenalty": 0.25},
    {"repetitionPenalty": 1, "sequencePenalty": 0.5},
    {"minP": 0.1},
    {"temperature": 0.6},
]

_WORD = re.compile(
    r"""((?:\A|[\n=!?]|(?<!\b[A-Z])\.)[\s"'(\[“‘]*)?  # a group if the word begins a sentence
        \b([^\W\d_]{5,})\b(?!\Z)  # the last word may be cut off""",
    re.VERBOSE,
)
_HEADING = re.compile("^= = .* = =$", re.MULTILINE)


def edits(a: str, b: str) -> int:
    """Letters to insert, delete or replace to turn `a` into `b` (Levenshtein distance)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]


def count_names(text: str, begin: int) -> dict[str, int]:
    """The names of `text` from character `begin` on: how many are near, repeated and new."""
    counts = {"near": 0, "repeated": 0, "new": 0}
    earlier: dict[str, set[str]] = {}  # capitalised words by their first three letters
    for match in _WORD.finditer(text):
        word = match[2]
        if not word[0].isupper() or word.isupper():
            continue
        alike = earlier.setdefault(word[:3], set())
        if match.start(2) >= begin and match[1] is None:
            if word in alike:
                counts["repeated"] += 1
            elif any(edits(word, other) <= EDITS for other in alike):
                counts["near"] += 1
            else:
                counts["new"] += 1
        alike.add(word)
    return counts


def openings(paths: list[Path], tokenizer: Tokenizer, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` pieces of text of PROMPT + LENGTH tokens [N, T], and the article of each [N].

    The first piece of an article is its start. The others start at a heading after the piece
    before, and have the article's title before it. All articles give one piece before any gives a
    second one. Raises UserError if there are too few.
    """
    found = []  # (number in its article, article, tokens)
    articles = (article.text for path in paths for article in read_articles(path))
    for article, text in enumerate(articles):
        title = text.split("\n", 1)[0] + "\n\n"
        number = end = 0
        for start in [0, *(heading.start() for heading in _HEADING.finditer(text))]:
            if start < end:
                continue
            before = title if start else ""
            encoded = tokenizer.encode(before + text[start:])
            ids = [0, *encoded.ids][: PROMPT + LENGTH]
            if len(ids) < PROMPT + LENGTH:
                break
            found.append((number, article, ids))
            number += 1
            end = start - len(before) + encoded.offsets[len(ids) - 2][1]
    if len(found) < count:
        raise UserError(f"the text has {len(found)} openings: name more files, or --openings")
    chosen = sorted(found, key=lambda piece: piece[0])[:count]
    return np.array([ids for _, _, ids in chosen]), np.array([article for _, article, _ in chosen])


class Cached:
    """A model with a cache over its past hidden states (Grave et al., arXiv 1612.04426).

    p(token) = (1 - weight) model(token) + weight sum_i a_i [token i + 1 of the text is token],
    a = softmax_i(THETA cos(h_i, h)) over all earlier positions i, h: normed last hidden states.
    It has the parts of a model that `generate` uses.
    """

    THETA = 20.0

    def __init__(self, model: LeapFormer, weight: float) -> None:
        self.model, self.weight, self.config = model, weight, model.config

    def empty_state(self, batch: int) -> list[State]:
        """The state of the model; last, the directions [B, N, d] and tokens [B, N] of the text."""
        directions = torch.zeros(batch, 0, self.config.hidden_size)
        tokens = torch.zeros(batch, 0, dtype=torch.long)
        return [*self.model.empty_state(batch), {"directions": directions, "tokens": tokens}]

    def __call__(self, tokens: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """The logits of the last token [B, 1, vocabulary], on the scale of the model's."""
        hidden, new = self.model.hidden(tokens, states[:-1])
        logits, past = self._mix(tokens, hidden, states[-1])
        return logits[:, None], [*new, past]

    def _mix(self, tokens: Tensor, hidden: Tensor, past: State) -> tuple[Tensor, State]:
        directions = torch.cat([past["directions"], F.normalize(hidden, dim=-1)], 1)
        text = torch.cat([past["tokens"], tokens], 1)
        logits = F.linear(hidden[:, -1], self.model.embedding.weight)
        near = directions[:, :-1] @ directions[:, -1, :, None]
        a = (self.THETA * near[..., 0]).softmax(-1)
        p = (1 - self.weight) * logits.softmax(-1)
        p = p.scatter_add(1, text[:, 1:], self.weight * a)
        logits = p.log() + logits.logsumexp(-1, keepdim=True)
        return logits, {"directions": directions, "tokens": text}


def score(
    tokenizer: Tokenizer, tokens: np.ndarray, surprise: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What is measured of the continuations in `tokens` [N, T]: numerators [N], denominators [N].

    near, repeated, new: per name. missed: near of near and repeated. names: per token. repetition:
    share of the 4-grams, by text. surprise: `surprise` [N, LENGTH] per token. A continuation ends
    at `<|endoftext|>`.
    """
    rows = []
    for ids, nats in zip(tokens, surprise, strict=True):
        end = next(iter(np.flatnonzero(ids[PROMPT:] == 0)), LENGTH)
        text = tokenizer.decode(ids[1 : PROMPT + end].tolist())
        counts = count_names(text, len(tokenizer.decode(ids[1:PROMPT].tolist())))
        names = sum(counts.values())
        rows.append(
            {key: (value, names) for key, value in counts.items()}
            | {"missed": (counts["near"], counts["near"] + counts["repeated"])}
            | {"names": (names, end), "surprise": (nats[:end].sum(), end)}
            | {"repetition": (repetition(ids[PROMPT : PROMPT + end]), 1)}
        )
    return {
        key: (np.array([row[key][0] for row in rows]), np.array([row[key][1] for row in rows]))
        for key in rows[0]
    }


def resample(
    scores: dict[str, tuple[np.ndarray, np.ndarray]], articles: np.ndarray
) -> dict[str, np.ndarray]:
    """Each measure [1 + RESAMPLES]: first that of the texts, then of articles drawn from theirs.

    The draws are the same for all texts of the same articles, so differences are paired.
    """
    _, group = np.unique(articles, return_inverse=True)
    n = group.max() + 1
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), RESAMPLES)
    times = np.vstack([np.ones(n, dtype=int), drawn])[:, group]
    return {
        key: (times @ above) / np.maximum(times @ below, 1)
        for key, (above, below) in scores.items()
    }


def intervals(values: dict[str, np.ndarray]) -> dict[str, list[float]]:
    """Each measure of `resample` as its value and the ends of its 95% interval."""
    return {
        key: [round(float(x), 4) for x in (each[0], *np.quantile(each[1:], [0.025, 0.975]))]
        for key, each in values.items()
    }


def difference(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> dict[str, list[float]]:
    """The measures of a minus those of b, with intervals."""
    return intervals({key: a[key] - b[key] for key in a})


def measure_names(path: Path, texts: list[Path], count: int) -> Iterator[dict]:
    """Measures the text that people wrote, then BASE and each of CHANGES to it.

    Every measure of `score` is a list: value, low, high. `minus_people` and `minus_base` have the
    differences to the text of people and to BASE.
    Raises UserError if a text has too few openings.
    """
    model, tokenizer = load_model(path), load_tokenizer(tokenizer_of(path))
    tokens, articles = openings(texts, tokenizer, count)
    prompts = torch.from_numpy(tokens[:, :PROMPT])
    people = resample(score(tokenizer, tokens, _surprise(model, tokens)), articles)
    yield {"setting": "people"} | intervals(people)
    first = None
    for change in CHANGES:
        changed = {key: value for key, value in change.items() if key != "cache"}
        writer = Cached(model, change["cache"]) if "cache" in change else model
        written, surprise = generate(writer, prompts, LENGTH, replace(BASE, **changed))
        pieces = torch.cat([prompts, written], 1).numpy()
        surprise = _surprise(model, pieces) if "cache" in change else surprise.numpy()
        values = resample(score(tokenizer, pieces, surprise), articles)
        first = first or values
        yield (
            {"setting": _name(change)}
            | intervals(values)
            | {"minus_people": difference(values, people)}
            | {"minus_base": difference(values, first)}
        )


def measure_long(path: Path, texts: list[Path], length: int) -> Iterator[dict]:
    """Repetition in texts of `length` tokens: of people, then of BASE and each of CHANGES to it.

    The texts continue the first OPENING tokens of LONG_TEXTS articles. Quarters of them are
    measured, and pieces of the articles of the same size (`sample.measure`).
    Raises UserError if no article is long enough.
    """
    model, tokenizer = load_model(path), load_tokenizer(tokenizer_of(path))
    articles = [[0, *tokenizer.encode(a.text).ids] for p in texts for a in read_articles(p)]
    tokens, size = np.concatenate(articles), length // 4
    prompts = [ids[:OPENING] for ids in articles if len(ids) >= OPENING + 512][:LONG_TEXTS]
    if not prompts or len(tokens) < size:
        raise UserError("no article is long enough: name a text with longer ones")
    pieces = tokens[: len(tokens) // size * size].reshape(-1, size)
    yield {"setting": "people"} | measure(pieces)
    for change in CHANGES:
        if "cache" not in change:
            opened = torch.tensor(prompts)
            written, _ = generate(model, opened, 4 * size, replace(BASE, **change))
            yield {"setting": _name(change)} | measure(written.numpy().reshape(-1, size))


def _name(change: dict[str, float]) -> str:
    return ", ".join(f"{key} {value}" for key, value in change.items()) or "base"


def _surprise(model: LeapFormer, tokens: np.ndarray) -> np.ndarray:
    """-ln p of the continuations in `tokens` [N, T] under the model alone: [N, LENGTH]."""
    return token_losses(model, tokens)[:, PROMPT - 1 :]
