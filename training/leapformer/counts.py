"""The units of perplexity: words in two conventions, and raw bytes.

src/model/text/counts.ts counts the same; tests/golden/text-counts.json holds both to it.
"""

import math
import re
from collections.abc import Iterable

from .text import split_articles


def count(lines: Iterable[str]) -> dict[str, int]:
    """The words and bytes of a text before detokenization: lines with their line ends.

    words_with_line_ends: words between white space, and one for each line end, as papers on
    WikiText-103 count. words_without_line_ends: the parts between white space of each article, as
    lm-eval counts; two of an article's parts are empty. raw_bytes: of UTF-8.
    """
    with_ends = without = size = 0
    for article in split_articles(lines):
        text = "".join(article)
        with_ends += sum(len(line.split()) + 1 for line in article)
        without += len(re.split(r"\s+", text)) if text.strip() else 0
        size += len(text.encode())
    return {
        "words_with_line_ends": with_ends,
        "words_without_line_ends": without,
        "raw_bytes": size,
    }


def perplexities(nats: float, counts: dict[str, int]) -> dict[str, float]:
    """Perplexity per word in both conventions, and bits per raw byte, of a whole text's loss."""
    return {
        "word_perplexity_with_line_ends": round(math.exp(nats / counts["words_with_line_ends"]), 2),
        "word_perplexity_without_line_ends": round(
            math.exp(nats / counts["words_without_line_ends"]), 2
        ),
        "bits_per_raw_byte": round(nats / math.log(2) / counts["raw_bytes"], 4),
    }
