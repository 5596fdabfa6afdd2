"""Names in generated text: what counts as one, and as near, repeated or new."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from leapformer import names
from leapformer.config import ModelConfig
from leapformer.files import UserError
from leapformer.model import LeapFormer
from leapformer.sample import Sampling, generate, repetition
from leapformer.text import read_articles
from leapformer.tokenizer import load_tokenizer, train_tokenizer


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("Hadrian", "Hadrian", 0),
        ("Hadrian", "Hadran", 1),
        ("Hadrian", "Hadrians", 1),
        ("Hadrian", "Hadriar", 1),
        ("Brian", "Brain", 2),
        ("kitten", "sitting", 3),
        ("", "abc", 3),
    ],
)
def test_edits(a: str, b: str, distance: int) -> None:
    assert names.edits(a, b) == names.edits(b, a) == distance


@pytest.mark.parametrize(
    ("text", "near", "repeated", "new"),
    [
        ("met Hadrian |and Hadrian.", 0, 1, 0),
        ("met Hadrian |and Hadran.", 1, 0, 0),
        ("met Hadrian |and Hadrington.", 0, 0, 1),  # five edits
        ("met Hadrian |and Haidrian.", 0, 0, 1),  # other first letters
        ("met |and Hadrian.", 0, 0, 1),
        ("|met Hadrian and Hadrian and Hadran and Hadran.", 1, 2, 1),
        ("met Hadran and Hadrian |and Hadran.", 0, 1, 0),  # repeated before near
        ("met |hadrian and HADRIAN and Hadr.", 0, 0, 0),  # not capitalised, too short
        ("met |Élodie's son Zoltán.", 0, 0, 2),
        ("met |McDonald near Bath.", 0, 0, 1),
        ("Hadrian came. |He met Hadrian.", 0, 1, 0),  # a word that begins a sentence is earlier
        ("met. |Hadrian left! Hadrian wept? (Hadrian hid.)\nHadrian died.", 0, 0, 0),
        ('met. |"Hadrian" left.', 0, 0, 0),
        ("met |= = Early Hadrian = =\n\nHadrian left.", 0, 0, 1),
        ("met |P. Hadrian in the U.S. Congress.", 0, 0, 2),  # initials end no sentence
        ("met Hadrian |and Hadri", 0, 0, 0),  # cut off at the end
        ("met Had|rian and left.", 0, 0, 0),  # begins in the opening
    ],
)
def test_names_are_near_repeated_or_new(text: str, near: int, repeated: int, new: int) -> None:
    begin = text.index("|")
    counts = names.count_names(text.replace("|", ""), begin)
    assert counts == {"near": near, "repeated": repeated, "new": new}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "PROMPT", 8)
    monkeypatch.setattr(names, "LENGTH", 12)


SECTIONS = [f"= = {name} = =\n\n" + "He ruled the town. " * 4 for name in ("Peace", "War", "End")]
ARTICLE = "\n\n".join(["= Hadrian =", "Hadrian was a king. " * 4, *SECTIONS])


def texts(folder: Path, count: int) -> Path:
    path = folder / "texts.jsonl"
    record = {"title": "Hadrian", "source": "s", "text": ARTICLE.split("\n\n", 1)[1]}
    path.write_text(f"{json.dumps(record)}\n" * count)
    return path


@pytest.mark.usefixtures("small")
def test_openings_start_at_articles_and_then_at_sections(tmp_path: Path) -> None:
    tokenizer = train_tokenizer([ARTICLE], 300)
    tokens, articles = names.openings([texts(tmp_path, 2)], tokenizer, 5)
    assert tokens.shape == (5, 20) and (tokens[:, 0] == 0).all()
    assert articles.tolist() == [0, 1, 0, 1, 0]
    decoded = [tokenizer.decode(row[1:].tolist()) for row in tokens]
    assert ARTICLE.startswith(decoded[0]) and decoded[1] == decoded[0]
    for text, section in zip(decoded[2::2], SECTIONS, strict=False):
        assert f"= Hadrian =\n\n{section}".startswith(text)
    with pytest.raises(UserError, match="has 8 openings"):
        names.openings([texts(tmp_path, 2)], tokenizer, 9)


@pytest.mark.usefixtures("small")
def test_openings_of_an_article_do_not_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = train_tokenizer([ARTICLE], 300)
    before_war = len(tokenizer.encode(ARTICLE[: ARTICLE.index(SECTIONS[1])]).ids)
    monkeypatch.setattr(names, "LENGTH", before_war - 8 - 4)  # ends within the section on peace
    tokens, _ = names.openings([texts(tmp_path, 1)], tokenizer, 2)
    assert "= = Peace" in tokenizer.decode(tokens[0, 1:].tolist())
    assert "= = War" in tokenizer.decode(tokens[1, 1:].tolist())
    assert "= = Peace" not in tokenizer.decode(tokens[1, 1:].tolist())


def tiny() -> LeapFormer:
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(300, 32, 1, 2)).eval()
    model.initialize(True)
    torch.nn.init.normal_(model.embedding.weight)
    return model


def test_a_cache_of_no_weight_changes_nothing() -> None:
    model = tiny()
    prompts = torch.tensor([[0, 5, 6, 7], [0, 8, 8, 9]])
    sampling = Sampling(temperature=0.9, minP=0.01, repetitionPenalty=1.1, sequencePenalty=1)
    plain, _ = generate(model, prompts, 12, sampling)
    assert (generate(names.Cached(model, 0), prompts, 12, sampling)[0] == plain).all()
    assert (generate(names.Cached(model, 0.9), prompts, 12, sampling)[0] != plain).any()


@torch.no_grad()
def test_the_cache_adds_the_tokens_that_followed_similar_states() -> None:
    """By the definition: one text, every earlier position in turn."""
    model, weight = tiny(), 0.3
    text = torch.tensor([[0, 5, 6, 7, 5]])
    cached = names.Cached(model, weight)
    logits, states = cached(text[:, :3], cached.empty_state(1))
    logits, _ = cached(text[:, 3:], states)
    hidden = model.hidden(text, model.empty_state(1))[0][0]
    similar = torch.cosine_similarity(hidden[:-1], hidden[-1:])
    a = (20 * similar).softmax(0)
    own = model(text, model.empty_state(1))[0][0, -1]
    expected = (1 - weight) * own.softmax(0)
    for i, share in enumerate(a):
        expected[text[0, i + 1]] += weight * share
    torch.testing.assert_close(logits[0, 0].softmax(0), expected)
    assert logits[0, 0, 9] < own[9]  # not in the text: same scale, less likely
    torch.testing.assert_close(logits.logsumexp(-1)[0, 0], own.logsumexp(-1))


@pytest.mark.usefixtures("small")
def test_a_continuation_ends_at_the_end_of_text() -> None:
    tokenizer = train_tokenizer([ARTICLE], 300)
    ids = tokenizer.encode("He met Hadrian, Hadrian, Hadriak, or so on.").ids
    tokens = np.array([[0, *ids]])[:, :20]
    surprise = np.arange(12.0)[None]
    whole = names.score(tokenizer, tokens, surprise)
    assert {key: (above[0], below[0]) for key, (above, below) in whole.items()} == {
        "near": (1, 2),
        "repeated": (1, 2),
        "new": (0, 2),
        "missed": (1, 2),
        "names": (2, 12),
        "surprise": (66, 12),
        "repetition": (0, 1),
    }
    tokens[0, 12] = 0
    tokens[0, 4:8] = tokens[0, 8:12]  # repeats the opening, not itself
    cut = names.score(tokenizer, tokens, surprise)
    assert cut["names"][1] == cut["surprise"][1] == [4]
    assert cut["surprise"][0] == [6]
    assert cut["repetition"][0] == [0]


def test_intervals_are_over_articles_and_paired() -> None:
    articles = np.repeat([4, 7, 9], 100)
    score = {"near": (np.repeat([0, 1, 2], 100), np.repeat([2, 2, 2], 100))}
    values = names.resample(score, articles)
    mean, low, high = names.intervals(values)["near"]
    assert (mean, low, high) == (0.5, 0, 1)  # three articles, not 300 texts
    shifted = {"near": (score["near"][0] + 1, score["near"][1])}
    moved = names.resample(shifted, articles)
    assert names.difference(moved, values)["near"] == [0.5, 0.5, 0.5]


@pytest.mark.usefixtures("small")
def test_people_come_first_and_the_base_differs_from_itself_by_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = train_tokenizer([ARTICLE], 300)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    monkeypatch.setattr(names, "load_model", lambda _: tiny())
    monkeypatch.setattr(names, "CHANGES", [{}, {"cache": 0.5, "minP": 0.1}])
    people, base, other = names.measure_names(tmp_path, [texts(tmp_path, 2)], 4)
    assert people["setting"] == "people" and people["near"][0] == 0
    assert base["setting"] == "base" and base["minus_base"]["surprise"] == [0, 0, 0]
    assert other["setting"] == "cache 0.5, minP 0.1"
    assert 0 < other["surprise"][0] != base["surprise"][0]
    assert other["minus_people"]["surprise"][0] == pytest.approx(
        other["surprise"][0] - people["surprise"][0], abs=1e-3
    )


@pytest.mark.usefixtures("small")
def test_long_texts_are_compared_with_pieces_of_the_articles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_tokenizer([ARTICLE], 300).save(str(tmp_path / "tokenizer.json"))
    monkeypatch.setattr(names, "load_model", lambda _: tiny())
    monkeypatch.setattr(names, "CHANGES", [{}, {"cache": 0.5}, {"sequencePenalty": 0}])
    long = tmp_path / "long.jsonl"
    long.write_text(json.dumps({"title": "Kestrel", "text": ARTICLE * 12}) + "\n")
    people, base, free = names.measure_long(tmp_path, [long], 80)
    assert [r["setting"] for r in (people, base, free)] == ["people", "base", "sequencePenalty 0"]
    (article,) = read_articles(long)
    ids = [0, *load_tokenizer(tmp_path / "tokenizer.json").encode(article.text).ids]
    pieces = [np.array(ids[i : i + 20]) for i in range(0, len(ids) - 19, 20)]
    assert people["repetition"] == pytest.approx(np.mean([*map(repetition, pieces)]), abs=1e-4)
    assert free["repetition"] > base["repetition"]
    with pytest.raises(UserError, match="no article is long enough"):
        list(names.measure_long(tmp_path, [texts(tmp_path, 1)], 80))
