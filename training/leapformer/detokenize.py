"""Converts the tokenized text of WikiText to ordinary text and back.

WikiText was tokenized with Moses: punctuation has spaces around it (`Ocean , It`), a hyphen in a
word is ` @-@ `, and a comma or point in a number is ` @,@ ` or ` @.@ `. The playground's users type
ordinary text, so the models are trained on ordinary text. Word perplexity stays comparable if no
information is lost: `retokenize` applies the Moses rules again, and every perplexity is printed
with the share of lines that it restores exactly (`round_trip`).

Rules. Joined to the token before: `, . ; : ! ? % ) ]`, the clitics `'s 't 'm 're 've 'll 'd`,
closing quotes, prime signs. Joined to the token after: `( [ $ £ € #`, a degree sign, opening
quotes (quotes alternate within a line; a single `'` after an s is a possessive). Joined on both
sides: `@-@ @,@ @.@`, a slash, an em dash, an en dash between numbers. Other tokens keep their
spaces.
"""

import re
from collections.abc import Iterable

_INSIDE = {"@-@": "-", "@,@": ",", "@.@": ".", "/": "/", "—": "—"}
_LEFT = re.compile(r"[,.;:!?%)\]}]|'(?:s|t|m|re|ve|ll|d)|[′″]")
_RIGHT = frozenset("([{$£€#°")


def detokenize(line: str) -> str:
    """One line of WikiText as ordinary text, without a line end."""
    tokens = line.split()
    text: list[str] = []
    glued = True  # the next token is joined to the one before
    open_quotes = {'"': False, "'": False}
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        if token in _INSIDE or (token == "–" and before[-1:].isdigit() and after[:1].isdigit()):
            text.append(_INSIDE.get(token, token))
            glued = True
        elif token == "'" and before.endswith("s") and not open_quotes["'"]:
            text.append(token)
            glued = False
        elif token in open_quotes:
            text.append(token if glued or open_quotes[token] else " " + token)
            glued = open_quotes[token] = not open_quotes[token]
        else:
            text.append(token if glued or _LEFT.fullmatch(token) else " " + token)
            glued = token in _RIGHT
    return "".join(text)


# A point that ends a sentence is a token; the point of an abbreviation belongs to its word.
_ABBREVIATION = re.compile(
    r"(?:[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z]|No|Nos|St|Dr|Mr|Mrs|Ms|Bros|Jr|Sr|vs|Co|Lt|Col|Gov|Gen|"
    r"Sgt|Capt|Maj|Rev|Prof|Ltd|Inc|var|Op|op|pp)"
)
_CUT = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)+)"
    r"|(?P<ellipsis>\.{2,})"
    r"|(?P<clitic>'(?:s|t|m|re|ve|ll|d)(?!\w))"
    r"|(?P<word>\w+(?:\.\w+)*)"
    r"|(?P<mark>[^\w\s])"
)


def retokenize(text: str) -> str:
    """One line of ordinary text tokenized like WikiText (single spaces, no line end)."""
    out: list[str] = []
    chunks = text.split()
    for position, chunk in enumerate(chunks):
        pieces = list(_CUT.finditer(chunk))
        previous = None
        for index, piece in enumerate(pieces):
            kind, value = piece.lastgroup, piece.group()
            after = index + 1 < len(pieces)
            if kind == "number":
                out.append(re.sub(r"([.,])", r" @\1@ ", value))
            elif value == "-" and index > 0 and after:
                out.append("@-@")
            elif (
                value == "."
                and previous == "word"
                and _is_abbreviation(out[-1], after, position + 1 == len(chunks))
            ):
                out[-1] += "."
                kind = "word" if after else kind
            else:
                out.append(value)
            previous = kind
    return " ".join(out)


def _is_abbreviation(word: str, more_in_chunk: bool, ends_line: bool) -> bool:
    return not (ends_line and not more_in_chunk) and _ABBREVIATION.fullmatch(word) is not None


def round_trip(lines: Iterable[str]) -> float:
    """The share of non-empty lines that `retokenize(detokenize(line))` restores exactly."""
    total = exact = 0
    for line in lines:
        tokens = " ".join(line.split())
        if tokens:
            total += 1
            exact += retokenize(detokenize(tokens)) == tokens
    return exact / max(total, 1)
