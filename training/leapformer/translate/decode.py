"""Translates sentences under the rules: greedy, many sentences at a time."""

from collections import deque
from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from ..model import LeapFormer
from .pairs import UnitEncoder, direction_token
from .rules import BOS, END, OVER, WRITE, Kind, Writer, kinds

BATCH = 128  # sentences at a time


@dataclass(frozen=True)
class Translation:
    """The written units, and for each the number of source units that were read before it."""

    units: list[str]
    delays: list[int]


@dataclass
class _Sentence:
    """A sentence that is being translated. `queue`: tokens that the model reads next."""

    source: list[list[int]]
    queue: deque[int] = field(default_factory=deque)
    writer: Writer = field(default_factory=Writer)
    written: list[list[int]] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    done: bool = False

    def read(self, count: int) -> None:
        """Queues the next `count` source units, and what follows them."""
        begin = self.writer.source
        self.writer.read(count, begin + count == len(self.source))
        for unit in self.source[begin : begin + count]:
            self.queue.extend(unit)
        self.queue.extend([OVER, WRITE] if self.writer.over else [WRITE])

    def draw(self, token: int, kind: Kind) -> None:
        """The model drew `token`."""
        self.writer.draw(kind)
        if kind == Kind.END:
            self.done = True
            return
        self.queue.append(token)
        if kind == Kind.READ:
            self.read(1)
        elif kind == Kind.START:
            self.written.append([token])
            self.delays.append(self.writer.source)
        else:
            self.written[-1].append(token)


@torch.no_grad()
def translate(
    model: LeapFormer, tokenizer: Tokenizer, direction: str, sources: list[str], k: float
) -> list[Translation]:
    """The translations of `sources`, in their order. An empty source has an empty translation."""
    encode = UnitEncoder(tokenizer)
    entries = (tokenizer.id_to_token(id) or "" for id in range(model.config.vocab_size))
    kind_of = kinds([entry.startswith("Ġ") for entry in entries])  # Ġ is the byte of a space
    sentences = [_Sentence(encode(source)) for source in sources]
    # sentences of similar length end at about the same time
    waiting = sorted((s for s in sentences if s.source), key=lambda s: len(s.source))
    for begin in range(0, len(waiting), BATCH):
        _translate(model, kind_of, direction_token(direction), waiting[begin : begin + BATCH], k)

    def text(tokens: list[int]) -> str:
        return tokenizer.decode(tokens, skip_special_tokens=False).removeprefix(" ")

    return [Translation([text(unit) for unit in s.written], s.delays) for s in sentences]


def _translate(
    model: LeapFormer, kind_of: list[Kind], direction: int, batch: list[_Sentence], k: float
) -> None:
    """Translates a batch. Every step reads one token of each sentence."""
    for sentence in batch:
        sentence.queue.extend([BOS, direction])
        sentence.read(int(min(k, len(sentence.source))))
    by_kind = torch.tensor(kind_of)
    states = model.empty_state(len(batch))
    while not all(sentence.done for sentence in batch):
        tokens = [s.queue.popleft() if s.queue else END for s in batch]
        x, states = model.hidden(torch.tensor(tokens)[:, None], states)
        drawing = [i for i, s in enumerate(batch) if not s.queue and not s.done]
        if not drawing:
            continue
        logits = F.linear(x[drawing, 0], model.embedding.weight)
        for i, token in zip(drawing, _best(logits, by_kind, batch, drawing), strict=True):
            batch[i].draw(token, kind_of[token])


def _best(logits: Tensor, by_kind: Tensor, batch: list[_Sentence], rows: list[int]) -> list[int]:
    """The most likely token of each row that the rules allow."""
    allowed = torch.tensor([[batch[i].writer.allows(kind) for kind in Kind] for i in rows])
    return logits.masked_fill(~allowed[:, by_kind], -torch.inf).argmax(-1).tolist()
