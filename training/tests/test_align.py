"""The measurement of attention against a word alignment."""

from pathlib import Path

import numpy as np
import pytest
import torch
from test_command import leapformer
from test_translate import VOCABULARY, pairs

from leapformer.config import ModelConfig
from leapformer.files import UserError
from leapformer.model import LeapFormer
from leapformer.tokenizer import load_tokenizer
from leapformer.translate.align import (
    REACH,
    Labelled,
    label,
    measure_alignment,
    read_links,
    shares,
    verdict,
    weights_of,
    write_aligner_text,
)
from leapformer.translate.rules import BOS, END, OVER, READ, WRITE, Kind, stream

__all__ = ["pairs"]  # the fixture

NO = -1


def tiny(**overrides: object) -> LeapFormer:
    torch.manual_seed(0)
    settings = {"vocab_size": VOCABULARY, "hidden_size": 16, "num_attention_heads": 2}
    return LeapFormer(ModelConfig(**settings | {"num_hidden_layers": 2} | overrides)).eval()


def test_each_token_of_a_stream_belongs_to_its_unit() -> None:
    kind_of = [Kind.NEVER] * 7 + [Kind.START, Kind.PART]
    kind_of[READ], kind_of[END] = Kind.READ, Kind.END
    source, target = [[7], [7, 8], [7]], [[7, 8], [7], [7]]
    found = label(stream(source, target, 5, k=2)[0], kind_of)
    assert found.tokens == [BOS, 5, 7, 7, 8, WRITE, 7, 8, READ, 7, OVER, WRITE, 7, 7, END]
    assert found.source == [NO, NO, 0, 1, 1, NO, NO, NO, NO, 2, *[NO] * 5]
    assert found.target == [*[NO] * 6, 0, 0, *[NO] * 4, 1, 2, NO]


def test_the_share_of_a_unit_counts_the_source_that_was_read_and_nothing_else() -> None:
    source = [NO, NO, 0, 1, 1, 2, 3, 4, 5, NO, NO, NO, 6, NO, NO]
    target = [NO] * 10 + [0, NO, NO, NO, 1]
    weights = torch.zeros(2, 15, 15, dtype=torch.float64)
    weights[:, :, [0, 9]] = 100  # tokens that belong to no unit
    weights[0, 9, :12] += torch.tensor([0, 0, 4, 3, 2, 0, 0, 0, 1, 0, 0, 0.0])
    weights[1, 13, 12] = 5
    found, even = shares(weights, Labelled([0] * 15, source, target), {(0, 0), (6, 1)})
    assert even.tolist() == [3 / 6, 3 / 7]  # units 0 to 2 of 6; units 4 to 6 of 7
    assert found[0, 0] == pytest.approx(9 / 10)
    assert np.isnan(found[0, 1])  # the head weighs nothing in the source
    assert found[1, 1] == 1
    assert REACH == 2


@pytest.mark.parametrize(
    "overrides", [{}, {"reweighting": "none", "decay": False}, {"attention": "softmax"}]
)
def test_the_weights_are_those_of_the_model(overrides: dict) -> None:
    model = tiny(**overrides)
    tokens = [BOS, 5, *range(20, 40)]
    for own, similarity in weights_of(model, tokens):
        assert own.shape == similarity.shape == (2, 22, 22)
        assert bool((own.triu(1) == 0).all())
        if model.config.attention == "softmax":
            torch.testing.assert_close(own.sum(-1), torch.ones(2, 22, dtype=torch.float64))
        elif overrides:
            torch.testing.assert_close(own, similarity)
        else:
            assert bool((own <= similarity * (1 + 1e-5) + 1e-12).all())  # cos is at most 1


def answers(pairs: Path, folder: Path, direction: str) -> list[Path]:
    """An aligner's answers for pairs that are translated word by word."""
    text = folder / "text"
    count = write_aligner_text(pairs, direction, text)
    lines = text.read_text("utf-8").splitlines()
    assert len(lines) == count
    paths = [folder / "forward", folder / "reverse"]
    for path, wrong in zip(paths, ("0-1", "1-0"), strict=True):
        links = (
            " ".join([*(f"{n}-{n}" for n, _ in enumerate(line.split(" ||| ")[0].split())), wrong])
            for line in lines
        )
        path.write_text("\n".join(links) + "\n")
    return paths


def test_only_links_of_both_directions_count(pairs: Path, tmp_path: Path) -> None:
    paths = answers(pairs, tmp_path, "en-de")
    for name in ("valid", "test"):
        for links in read_links(pairs, name, "en-de", paths):
            assert links == {(n, n) for n in range(len(links))}
    paths[0].write_text("0-0\n")
    with pytest.raises(UserError, match="translate-align-text"):
        read_links(pairs, "test", "en-de", paths)
    lines = paths[1].read_text().splitlines()
    paths[1].write_text("\n".join("0:0" for _ in lines) + "\n")
    with pytest.raises(UserError, match="line of links"):
        read_links(pairs, "test", "en-de", paths[1:])


def test_a_model_is_measured_on_both_splits(pairs: Path, tmp_path: Path) -> None:
    paths = answers(pairs, tmp_path, "en-fr")
    tokenizer = load_tokenizer(pairs / "tokenizer.json")
    model = tiny()
    valid, test = (
        measure_alignment(model, tokenizer, pairs, name, "en-fr", paths, 3, 5)
        for name in ("valid", "test")
    )
    rows = verdict(valid, test)
    assert 0 < rows["even"]["mean"] < 1
    best = np.unravel_index(np.argmax(valid["own"]), (2, 2))
    assert rows["own"]["best"] == test["own"][best[0]][best[1]]
    assert rows["own"]["head"] == f"{best[0] + 1}.{best[1] + 1}"


def test_the_command_writes_the_text_of_the_aligner(pairs: Path, tmp_path: Path) -> None:
    said = leapformer("translate-align-text", "--data", pairs, "--out", tmp_path / "text").stdout
    lines = (tmp_path / "text").read_text("utf-8").splitlines()
    assert said.strip() == f"{len(lines):,} pairs"
    assert all(" ||| " in line and line == line.lower() and "." not in line for line in lines)
