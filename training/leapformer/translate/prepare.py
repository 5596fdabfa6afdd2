"""Splits sentence pairs and trains their tokenizer.

DIR/train.tsv  valid.tsv  test.tsv  test-long.tsv     direction, sentence, translation
DIR/tokenizer.json
DIR/manifest.json                                     the inputs and the files with SHA-256
"""

import json
import lzma
from pathlib import Path

from ..files import UserError, sha256, write_text
from ..tokenizer import train_tokenizer
from .pairs import KIND
from .rules import CONTROLS, DIRECTIONS, units
from .split import Pair, split

FORMAT = 1


def read_files(paths: list[Path]) -> list[Pair]:
    """The pairs of files DIRECTION.tsv or DIRECTION.tsv.xz: sentence TAB translation, UTF-8.

    A line that occurs twice is one pair. Raises UserError if a file cannot be read or a line has
    another form.
    """
    found: dict[Pair, None] = {}
    for path in paths:
        direction = path.name.removesuffix(".xz").removesuffix(".tsv")
        if direction not in DIRECTIONS:
            raise UserError(f"{path}: name it {' or '.join(f'{d}.tsv' for d in DIRECTIONS)}")
        try:
            raw = path.read_bytes()
            text = (lzma.decompress(raw) if path.suffix == ".xz" else raw).decode()
        except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read {path}: {error}") from error
        for number, line in enumerate(text.split("\n"), 1):
            if not line:
                continue
            sides = [" ".join(units(side)) for side in line.split("\t")]
            if len(sides) != 2 or not all(sides):
                raise UserError(f"{path} line {number} is not a sentence, a tab, a translation")
            found[Pair(direction, *sides)] = None
    return list(found)


def prepare_pairs(paths: list[Path], out: Path, vocabulary: int, test: int, valid: int) -> dict:
    """Writes the splits and the tokenizer of `vocabulary` entries to `out`; returns the manifest.

    `test`, `valid`: sources of each direction in each test set, and in validation at least.
    Raises UserError if a file cannot be read or the pairs are too few.
    """
    parts = split(read_files(paths), test, valid)
    splits = {
        "train": parts.train,
        "valid": parts.valid,
        "test": parts.test,
        "test-long": parts.test_long,
    }
    empty = [name for name, pairs in splits.items() if not pairs]
    if empty:
        raise UserError(f"too few pairs: none are left for {', '.join(empty)}; give more pairs")
    for name, pairs in splits.items():
        lines = (f"{pair.direction}\t{pair.source}\t{pair.target}\n" for pair in pairs)
        write_text(out / f"{name}.tsv", "".join(lines))
    texts = (f" {text}" for pair in parts.train for text in (pair.source, pair.target))
    tokenizer = train_tokenizer(texts, vocabulary, CONTROLS + DIRECTIONS)
    write_text(out / "tokenizer.json", tokenizer.to_str())
    names = [*(f"{name}.tsv" for name in splits), "tokenizer.json"]
    manifest = {
        "format": FORMAT,
        "kind": KIND,
        "inputs": {path.name: sha256(path) for path in paths},
        "pairs": {name: len(pairs) for name, pairs in splits.items()},
        "files": {name: sha256(out / name) for name in names},
    }
    write_text(out / "manifest.json", json.dumps(manifest, indent=1) + "\n")
    return manifest
