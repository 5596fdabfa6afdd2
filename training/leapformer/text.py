"""Reads articles one at a time from WikiText or JSON lines, without loading a whole file.

WikiText in its official formats (`wiki.train.raw`, `wiki.train.tokens`, and the parquet files of
its copy on the Hugging Face Hub) and JSON lines of articles `{"title", "source", "text"}`, plain
or compressed with xz or gzip. All articles are converted to the same format:

    = Title =                    (blank line between paragraphs)
    = = Heading = =              (a section's heading)
"""

import gzip
import json
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .detokenize import detokenize
from .files import UserError

_ARTICLE_TITLE = re.compile(r"= [^=].* =")
_JSON_LINES = (".jsonl", ".jsonl.xz", ".jsonl.gz")
_WIKITEXT = (".raw", ".tokens", ".parquet")


@dataclass(frozen=True)
class Article:
    """One document: its text, and the name of its source for `DataConfig.weights`."""

    source: str
    text: str


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The text files in `paths` (files and folders), in a stable order.

    Raises UserError if a path has none or a file has an unknown format.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            files = sorted(p for p in path.iterdir() if p.name.endswith(_JSON_LINES + _WIKITEXT))
        elif path.is_file():
            files = [path]
        else:
            raise UserError(f"{path} does not exist")
        if not files:
            raise UserError(
                f"{path} holds no text: expected files {', '.join(_JSON_LINES + _WIKITEXT)}"
            )
        found += files
    for path in found:
        if not path.name.endswith(_JSON_LINES + _WIKITEXT):
            raise UserError(
                f"{path}: unknown format; use one of {', '.join(_JSON_LINES + _WIKITEXT)}"
            )
    return found


def read_articles(path: Path) -> Iterator[Article]:
    """The articles of one file in the common format.

    Raises UserError if the file is empty, binary, damaged or not in the format of its name.
    """
    count = 0
    try:
        articles = _json_lines if path.name.endswith(_JSON_LINES) else _wikitext
        for article in articles(path):
            count += 1
            yield article
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error}): is it a binary file?") from error
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path} is a damaged archive ({error}): copy it again") from error
    if count == 0:
        raise UserError(f"{path} holds no article: is it the right file?")


def read_lines(path: Path) -> Iterator[str]:
    """The raw lines of a WikiText file with their line ends, from text or parquet.

    Parquet has "" for the blank line " \\n".
    """
    if path.suffix != ".parquet":
        with open(path, encoding="utf-8", newline="\n") as file:
            yield from file
        return
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path)
        for batch in table.iter_batches(columns=["text"]):
            yield from (line or " \n" for line in batch.column(0).to_pylist())
    except (pyarrow.ArrowException, KeyError, OSError) as error:
        raise UserError(f"{path} is not a parquet file with a 'text' column: {error}") from error


def split_articles(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines of a WikiText file by article, from its title on; the first may have no title."""
    article: list[str] = []
    for line in lines:
        if _ARTICLE_TITLE.fullmatch(line.strip()):
            yield article
            article = []
        article.append(line)
    yield article


def _open(path: Path):
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
    return opener(path, "rt", encoding="utf-8", newline="\n")


def _json_lines(path: Path) -> Iterator[Article]:
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            try:
                record = json.loads(line)
                title, text = record["title"], record["text"]
                source = record.get("source", "text")
                if not all(isinstance(value, str) for value in (title, text, source)):
                    raise TypeError("title, source and text must be strings")
            except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
                raise UserError(
                    f'{path} line {number} is not {{"title", "source", "text"}}: {error!r}'
                ) from error
            yield Article(source, f"= {title} =\n\n{text.strip()}\n")


def _wikitext(path: Path) -> Iterator[Article]:
    for article in split_articles(read_lines(path)):
        if any("\0" in line for line in article):
            raise UserError(f"{path} holds zero bytes: is it a binary file?")
        paragraphs = [detokenize(line) for line in article if line.strip()]
        if paragraphs:
            yield Article("wikitext", "\n\n".join(paragraphs) + "\n")
