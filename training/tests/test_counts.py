"""Words and bytes are counted in both conventions, as the playground's engine counts them."""

import json

import pyarrow
import pyarrow.parquet
import pytest
from conftest import GOLDEN

from leapformer.counts import count, perplexities
from leapformer.text import read_lines

CASES = json.loads((GOLDEN / "text-counts.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_counts_by_hand(tmp_path, case: dict) -> None:
    path = tmp_path / "wiki.raw"
    path.write_bytes(case["text"].encode())
    counts = count(read_lines(path))
    assert {**case, **counts} == case


def test_parquet_counts_as_its_raw_text(tmp_path) -> None:
    """The parquet files of the Hugging Face Hub have an empty string for a blank line."""
    lines = CASES[0]["text"].splitlines(keepends=True)
    rows = [line if line.strip() else "" for line in lines]
    path = tmp_path / "wiki.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": rows}), path)
    assert count(read_lines(path)) == count(lines)


def test_fewer_words_have_a_higher_perplexity() -> None:
    counts = {"words_with_line_ends": 40, "words_without_line_ends": 20, "raw_bytes": 160}
    assert perplexities(110.9035, counts) == {  # 40 ln 16
        "word_perplexity_with_line_ends": 16,
        "word_perplexity_without_line_ends": 256,
        "bits_per_raw_byte": 1,
    }
