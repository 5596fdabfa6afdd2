"""The rules of simultaneous translation, the same as in src/model/text/simultaneous.ts.

A sentence pair is one stream of tokens, in the order in which a wait-k policy reads and writes:

    <|endoftext|> <en-de> s1 s2 s3 <w> t1 <r> s4 <w> t2 <r> ... </s> <w> tn ... <eos>

`<w>`: write now; the model answers with one unit and `<r>`, or with `<r>` alone. `</s>`: the source
is over; the next `<w>` is the last one, and the model answers with all other units and `<eos>`.
A unit is encoded as a space and its text, so exactly the tokens that begin with a space start one.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from unicodedata import category, normalize

# The first entries of the vocabulary, in this order; the languages follow.
BOS, WRITE, READ, OVER, END = range(5)
CONTROLS = ("<|endoftext|>", "<w>", "<r>", "</s>", "<eos>")
DIRECTIONS = ("en-de", "en-fr")
OFFLINE = math.inf  # k: read the whole sentence first

JOINER = "\u00a0"  # between a unit and the punctuation that stood apart from it
UNIT_CHARACTERS = 64  # longer units are cut into pieces of this many code points
UNIT_TOKENS = 64  # of one written unit

_END_OF_LINE = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
# Unicode White_Space and two spaces without width
_SPACE = re.compile("[\t-\r\x85 \xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+")


class Kind(IntEnum):
    """What a token means when the model draws it."""

    NEVER = 0  # a control that only the reader places
    READ = 1  # <r>
    END = 2  # <eos>
    START = 3  # begins with a space: the first token of a unit
    PART = 4  # continues a unit


def units(text: str) -> list[str]:
    """The units of a text: the parts between white space after NFC.

    A part without letter or digit joins the unit before it. Long units are cut.
    """
    return [piece for unit in _joined(text) for piece in _cut(unit)]


def sentences(text: str, ended: bool) -> list[tuple[list[str], bool]]:
    """The sentences of a text that is being typed: the units that can be read, and if it is over.

    A unit can be read if white space follows it. A sentence is over after a unit that ends with
    . ! ? or an ellipsis, at the end of a line, and at the end of the text if `ended`.
    """
    lines = _END_OF_LINE.split(text)
    result = []
    for number, line in enumerate(lines):
        closed = ended or number < len(lines) - 1
        if not closed:
            line = line[: max((space.end() for space in _SPACE.finditer(line)), default=0)]
        sentence: list[str] = []
        for unit in _joined(line):
            sentence += _cut(unit)
            if unit[-1] in ".!?…":
                result.append((sentence, True))
                sentence = []
        if sentence:
            result.append((sentence, closed))
    return result


def _joined(text: str) -> list[str]:
    found: list[str] = []
    for part in filter(None, _SPACE.split(normalize("NFC", text))):
        if found and not any(category(character)[0] in "LN" for character in part):
            found[-1] += JOINER + part
        else:
            found.append(part)
    return found


def _cut(unit: str) -> list[str]:
    return [unit[i : i + UNIT_CHARACTERS] for i in range(0, len(unit), UNIT_CHARACTERS)]


def stream(
    source: Sequence[Sequence[int]], target: Sequence[Sequence[int]], direction: int, k: float
) -> tuple[list[int], list[bool]]:
    """The stream of a sentence pair at `k`: its tokens, and for each if it is scored.

    `source`, `target`: the tokens of each unit; `source` is not empty. `direction`: the token of
    the language. Scored are the tokens that the model draws.
    """
    tokens, scored = [BOS, direction], [False, False]

    def put(ids: Sequence[int], drawn: bool) -> None:
        tokens.extend(ids)
        scored.extend([drawn] * len(ids))

    turns = max(0, len(source) - k)  # before the end of the source
    for read, unit in enumerate(source, 1):
        put(unit, False)
        turn = read - k
        if 0 <= turn < turns:
            put([WRITE], False)
            for written in target[int(turn) : int(turn) + 1]:
                put(written, True)
            put([READ], True)
    put([OVER, WRITE], False)
    for written in target[int(turns) :]:
        put(written, True)
    put([END], True)
    return tokens, scored


def kinds(begins_with_space: Sequence[bool]) -> list[Kind]:
    """The kind of each token of a vocabulary, from whether it begins with a space."""
    controls = [Kind.NEVER] * (len(CONTROLS) + len(DIRECTIONS))
    controls[READ], controls[END] = Kind.READ, Kind.END
    rest = begins_with_space[len(controls) :]
    return controls + [Kind.START if space else Kind.PART for space in rest]


@dataclass
class Writer:
    """The units that were read and written, and the tokens that may be drawn next."""

    source: int = 0  # units read
    over: bool = False  # `</s>` was read
    units: int = 0  # units written
    tokens: int = 0  # tokens of the unit that is being written; 0 between units

    def read(self, count: int, over: bool) -> None:
        """The reader placed `count` units, and `</s>` if the source is over."""
        self.source += count
        self.over = over

    def allows(self, kind: Kind) -> bool:
        """Whether the model may draw a token of this kind."""
        if kind == Kind.READ:
            return not self.over
        if kind == Kind.END:
            return self.over
        if kind == Kind.START:
            return (self.over or self.tokens == 0) and self.units < 2 * self.source + 10
        return kind == Kind.PART and 0 < self.tokens < UNIT_TOKENS

    def draw(self, kind: Kind) -> None:
        """The model drew a token of this kind."""
        if kind == Kind.START:
            self.units += 1
            self.tokens = 1
        elif kind == Kind.PART:
            self.tokens += 1
        else:
            self.tokens = 0
