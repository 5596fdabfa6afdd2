"""The vectors of the rules of simultaneous translation, for the trainer and the playground.

.venv/bin/python tests/simultaneous_vectors.py > ../tests/golden/simultaneous.json
"""

import json
import random

from leapformer.translate.rules import (
    CONTROLS,
    DIRECTIONS,
    OFFLINE,
    Kind,
    Writer,
    sentences,
    stream,
    units,
)

SPACES = "\t \x85\xa0\u1680\u2000\u2002\u2009\u200a\u200b\u202f\u205f\u3000\ufeff"
TEXTS = [
    "",
    "   ",
    "Hello there, old friend.",
    "Va ! Où es-tu ?",
    "Va\u202f! Où es-tu\u00a0?",
    "« Bonjour », dit-il.",
    "!!!",
    "... ?! -- Hello",
    "– 3 – 4",
    "Cafe\u0301 au lait",
    "Hello. - Bye.",
    "Wait... what? No…",
    "Wait ... what",
    "One. Two! Three? Fo",
    "One.Two",
    "no end",
    "no end ",
    "a\nb c\r\n\r\nd",
    "a\rb\u2028c\u2029d\x85e\vf\fg",
    "東京 は 。 大きい。 そう",
    "שלום עולם. مرحبا بالعالم؟ ",
    "x" * 200 + " end. ",
    "😀" * 70 + " 😀 fin.",
    "a" + " !" * 40,
    SPACES.join("abc"),
    *(f"a{space}b{space}." for space in SPACES),
]


def vectors() -> dict:
    """Units, sentences, streams, and the kinds that a writer allows after each event."""
    chance = random.Random(0)
    streams = []
    for _ in range(40):
        source, target = (
            [[chance.randint(7, 99) for _ in range(chance.randint(1, 3))] for _ in range(count)]
            for count in (chance.randint(1, 6), chance.randint(0, 7))
        )
        direction, k = chance.choice(DIRECTIONS), chance.choice([1, 2, 3, 5, OFFLINE])
        token = len(CONTROLS) + DIRECTIONS.index(direction)
        tokens, scored = stream(source, target, token, k)
        wait = None if k == OFFLINE else k
        streams.append([source, target, direction, wait, tokens, scored])
    return {
        "units": [[text, units(text)] for text in TEXTS],
        "sentences": [
            [text, ended, [[found, over] for found, over in sentences(text, ended)]]
            for text in TEXTS
            for ended in (False, True)
        ],
        "streams": streams,
        "writers": [_writer(chance, n, long) for n, long in ((1, 0), (2, 0), (5, 0), (2, 1))],
    }


def _writer(chance: random.Random, count: int, long: int) -> list:
    """A random walk: ["read", units, over] or ["draw", kind], then the kinds allowed after it.

    It writes until nothing else is allowed. `long`: every unit is as long as possible.
    """
    writer, events = Writer(), []
    waited = chance.randint(1, count)
    writer.read(waited, waited == count)
    events.append(["read", waited, waited == count])
    walk = [[events[-1], _allowed(writer)]]
    while True:
        allowed = [kind for kind in _allowed(writer) if kind != Kind.END] or [Kind.END]
        kind = Kind.PART if long and Kind.PART in allowed else chance.choice(allowed)
        writer.draw(Kind(kind))
        walk.append([["draw", kind], _allowed(writer)])
        if kind == Kind.END:
            return walk
        if kind == Kind.READ:
            over = writer.source + 1 == count
            writer.read(1, over)
            walk.append([["read", 1, over], _allowed(writer)])


def _allowed(writer: Writer) -> list[int]:
    return [int(kind) for kind in Kind if writer.allows(kind)]


if __name__ == "__main__":
    print(json.dumps(vectors(), ensure_ascii=True))
