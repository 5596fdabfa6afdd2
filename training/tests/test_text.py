"""Reading text, making shards from it, and the errors for bad input."""

import gzip
import json
import lzma
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from conftest import make_articles
from hypothesis import given, settings
from hypothesis import strategies as st

from leapformer import files, prepare
from leapformer.config import DataConfig
from leapformer.data import Documents, Streams
from leapformer.detokenize import detokenize, retokenize, round_trip
from leapformer.files import UserError, atomic
from leapformer.text import find_files, read_articles
from leapformer.tokenizer import load_tokenizer

WIKITEXT = """ \n = Lobster = \n \n It may grow to 60 cm ( 24 in ) , and be called " red " .
 \n = = Habitat = = \n \n It weighs 0 @.@ 7 – 2 @.@ 2 kg .\n \n
 = Stone = \n \n A well @-@ worn stone .
"""
TEXTS = [
    '= Lobster =\n\nIt may grow to 60 cm (24 in), and be called "red".\n\n'
    "= = Habitat = =\n\nIt weighs 0.7–2.2 kg.\n",
    "= Stone =\n\nA well-worn stone.\n",
]


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("H. gammarus is large , but", "H. gammarus is large, but"),
        ("the lobster 's claws aren 't red", "the lobster's claws aren't red"),
        ('he said " no " and " yes "', 'he said "no" and "yes"'),
        ("$ 25 @,@ 085 and / or 3 %", "$25,085 and/or 3%"),
        ("the Vikings ' plan", "the Vikings' plan"),
        ("the ' old ' way", "the 'old' way"),
        ("90 ° F [ ... ] ; 57 ° 53 ′ N", "90 °F [...]; 57 °53′ N"),
        ("a word — another , 5 – 6", "a word—another, 5–6"),
        ("a <unk> @-@ like thing", "a <unk>-like thing"),
    ],
)
def test_detokenize(tokens: str, text: str) -> None:
    assert detokenize(tokens) == text


def test_round_trip_counts_lines() -> None:
    lines = [" \n", " It was built in 1 @,@ 847 by St. Paul 's , not U.S. Steel . \n", " a . b \n"]
    assert round_trip(lines) == 0.5


_plain_words = st.from_regex(r"[A-Z]?[a-z]{2,8}", fullmatch=True).filter(
    lambda w: retokenize(f"{w}. x") == f"{w} . x"  # no abbreviation
)
_numbers = st.integers(1, 999).map(str) | st.just("1 @,@ 234") | st.just("5 @.@ 6")
_phrases = st.lists(_plain_words | _numbers, min_size=1, max_size=6).map(" ".join)
_sentences = st.builds(
    lambda a, b, c, end: f"{a} {b} {c} {end}",
    _phrases,
    st.sampled_from([",", ";", ":", "@-@", "( so )", '" so "', "'s", "/", "—"]),
    _plain_words,
    st.sampled_from([".", "!", "?"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_sentences, min_size=1, max_size=4).map(" ".join))
def test_detokenized_lines_can_be_retokenized(line: str) -> None:
    assert retokenize(detokenize(line)) == line


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_detokenizer_keeps_all_characters(line: str) -> None:
    marks = {"@-@": "-", "@,@": ",", "@.@": "."}
    expected = "".join(marks.get(token, token) for token in line.split())
    assert detokenize(line).replace(" ", "") == expected
    retokenize(line)


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_tokenizer_restores_every_text(prepared: Path, text: str) -> None:
    tokenizer = load_tokenizer(prepared / "tokenizer.json")
    for t in (text, text + "<|endoftext|>"):
        ids = tokenizer.encode(t).ids
        assert 0 not in ids
        assert tokenizer.decode(ids) == t


@pytest.mark.parametrize(
    "suffix", [".raw", ".tokens", ".parquet", ".jsonl", ".jsonl.xz", ".jsonl.gz"]
)
def test_every_form_gives_the_same_articles(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"wiki.train{suffix}"
    if suffix in (".raw", ".tokens"):
        path.write_text(WIKITEXT, encoding="utf-8")
    elif suffix == ".parquet":
        table = pyarrow.table({"text": WIKITEXT.splitlines(keepends=True)})
        pyarrow.parquet.write_table(table, path)
    else:
        parts = (text.split("\n\n", 1) for text in TEXTS)
        records = ({"title": t.strip("= "), "source": "s", "text": text} for t, text in parts)
        opener = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
        with opener(path, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
    assert [article.text for article in read_articles(path)] == TEXTS


def test_shards_hold_the_text_and_a_second_run_skips(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "wiki.train.raw").write_text(WIKITEXT, encoding="utf-8")
    splits = {"train": [make_articles(tmp_path / "a.jsonl", 30), tmp_path / "wiki.train.raw"]}
    manifest = prepare.prepare(splits, tmp_path / "out", None, 300, every=1)
    documents = Documents(tmp_path / "out", "train")
    assert len(documents.lengths) == 32
    tokenizer = load_tokenizer(tmp_path / "out/tokenizer.json")
    tokens = documents.read(30, 0, int(documents.lengths[30]))
    assert tokens[0] == 0
    assert tokenizer.decode(tokens[1:].tolist()) == TEXTS[0]
    assert "of lines restored exactly" in prepare.summary(manifest)

    monkeypatch.setattr(prepare, "_encode", lambda *_: pytest.fail("encoded again"))
    assert prepare.prepare(splits, tmp_path / "out", None, 300, every=1) == manifest


def test_a_damaged_shard_is_refused_and_repaired(tmp_path: Path) -> None:
    splits = {"train": [make_articles(tmp_path / "a.jsonl", 30)]}
    prepare.prepare(splits, tmp_path / "out", None, 300, every=1)
    shard = tmp_path / "out/train-00000.bin"
    content = shard.read_bytes()
    shard.write_bytes(content[:100] + b"x" + content[101:])
    with pytest.raises(UserError, match="SHA-256 does not match"):
        Documents(tmp_path / "out", "train")
    prepare.prepare(splits, tmp_path / "out", None, 300, every=1)
    assert shard.read_bytes() == content


def _broken_xz(good: bytes) -> bytes:
    return lzma.compress(good)[:-30]


BAD = {
    "empty.raw": (b"", "holds no article"),
    "empty.jsonl": (b"", "holds no article"),
    "binary.raw": (bytes(range(256)) * 9, "binary file"),
    "zeros.raw": (bytes(900), "binary file"),
    "binary.jsonl": (bytes(range(256)) * 9, "binary file|is not"),
    "broken.jsonl.xz": (_broken_xz(b'{"title": "a", "text": "b"}\n' * 99), "damaged archive"),
    "not.jsonl.gz": (b"plainly not an archive", "damaged archive"),
    "list.jsonl": (b"[1, 2]\n", "line 1 is not"),
    "number.jsonl": (b'{"title": 3, "text": "b"}\n', "must be strings"),
    "not.parquet": (b"PAR1 or not", "not a parquet file"),
    "other.doc": (b"text", "unknown format"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_and_leaves_no_partial_file(tmp_path: Path, name: str) -> None:
    content, message = BAD[name]
    (tmp_path / name).write_bytes(content)
    good = make_articles(tmp_path / "good.jsonl", 20)
    tokenizer = tmp_path / "tokenizer"
    prepare.prepare({"train": [good]}, tokenizer, None, 300, every=1)
    out = tmp_path / "out"
    with pytest.raises(UserError, match=message) as error:
        prepare.prepare(
            {"train": [tmp_path / name]}, out, tokenizer / "tokenizer.json", 300, every=1
        )
    assert name in str(error.value)
    assert {p.name for p in out.glob("*")} <= {"tokenizer.json"}


def test_a_full_disk_is_named_and_leaves_no_partial_file(tmp_path: Path, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(UserError, match=r"No space left on device .* free some space"):
        files.write_text(tmp_path / "file", "text")
    assert not list(tmp_path.iterdir())


def test_too_little_space_is_an_error_before_work_starts(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="MB are free"):
        files.require_space(tmp_path / "not" / "yet", 1 << 60)


def test_missing_files_are_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere does not exist"):
        find_files([tmp_path / "nowhere"])
    with pytest.raises(UserError, match="holds no"):
        find_files([tmp_path])


def test_streams_read_every_document_as_often_as_weighted(prepared: Path) -> None:
    documents = Documents(prepared, "train")
    streams = Streams(documents, DataConfig(4, 16, 2, {"featured": 2}), seed=3)
    n = streams.batches_per_epoch
    rows = [streams.batch(i, range(4)) for i in range(n)]
    for before, after in pairwise(rows):
        assert (before[:, -1] == after[:, 0]).all()  # the last target is the next first input
    text = np.concatenate([r[:, :-1] for r in rows], 1)
    featured = documents.sources == documents.source_names.index("featured")
    total = documents.lengths[~featured].sum() + 2 * documents.lengths[featured].sum()
    assert 0 <= total - text.size <= 4 * 17 + 4
    assert abs((text == 0).sum() - (len(featured) + featured.sum())) <= 4
    assert not (streams.batch(n, range(4)) == rows[0]).all()  # another epoch, another order
    assert (streams.batch(5, range(2, 4)) == rows[5][2:]).all()


def test_streams_refuse_invalid_configurations(prepared: Path) -> None:
    documents = Documents(prepared, "train")
    with pytest.raises(UserError, match="no source 'best' in the data"):
        Streams(documents, DataConfig(4, 16, 2, {"best": 2}), seed=0)
    with pytest.raises(UserError, match="the text is too short"):
        Streams(documents, DataConfig(4, 1 << 20, 2), seed=0)
    with pytest.raises(UserError, match="no prepared split 'test'"):
        Documents(prepared, "test")


def test_two_writers_of_a_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "study.png"
    with atomic(path) as first:
        first.write(b"first")
        with atomic(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first" and list(tmp_path.iterdir()) == [path]
