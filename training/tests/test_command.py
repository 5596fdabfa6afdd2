"""The commands, from raw text to a model folder, and what they measure."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_articles
from test_train import write_config

from leapformer import evaluate, sample
from leapformer.config import ModelConfig
from leapformer.data import Documents
from leapformer.model import LeapFormer
from leapformer.onnx_export import check_onnx, export_onnx
from leapformer.tokenizer import load_tokenizer


def leapformer(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "leapformer", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=900)


LINES = 4 * (2 + 40)  # of `wikitext`
WORDS = 4 * (4 + 1 + 40 * 10)  # the same, and its words


def wikitext(path: Path) -> Path:
    lines = [" = Stone = \n", " \n"] + [" The old king was built in a city . \n"] * 40
    lines = lines * 4
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_one_command_from_raw_text_to_a_published_folder(tmp_path: Path) -> None:
    texts = make_articles(tmp_path / "train.jsonl", 150)
    valid = wikitext(tmp_path / "wiki.valid.raw")
    config = write_config(tmp_path, steps=12)
    done = leapformer(
        *("make", config, "--train", texts, "--valid", valid, "--vocabulary", 300),
        *("--work", tmp_path / "work", "--out", tmp_path / "tiny-v1", "--test", valid),
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "tiny-v1/manifest.json").read_text())
    assert manifest["id"] == "tiny-v1" and manifest["precision"]["layers"] == "int8"
    assert manifest["evaluation"]["validation"]["words_with_line_ends"] == WORDS
    assert "12 steps of 128 tokens" in (tmp_path / "tiny-v1/README.md").read_text()
    notice = (tmp_path / "tiny-v1/LICENSE").read_text()
    assert "Tiny (tiny-v1)" in notice and "by-sa/3.0" in notice and "Wikipedia" in notice
    golden = json.loads((tmp_path / "tiny-v1/golden.json").read_text())
    export_onnx(tmp_path / "tiny-v1", tmp_path / "tiny.onnx")
    assert max(check_onnx(tmp_path / "tiny.onnx", golden).values()) < 1e-4

    again = leapformer(
        *("make", config, "--train", texts, "--valid", valid),
        *("--work", tmp_path / "other", "--out", tmp_path / "tiny-v1"),
    )
    assert "is published already" in again.stderr  # before training starts
    assert not (tmp_path / "other").exists()

    figures = tmp_path / "figures.json"
    done = leapformer(
        *("evaluate", tmp_path / "work/run", "--text", valid, "--out", figures),
        *("--long", "--concentration"),
    )
    assert done.returncode == 0, done.stderr
    measured = json.loads(figures.read_text())
    ratio = measured["perplexity"]["word_perplexity_with_line_ends"]
    ratio /= manifest["evaluation"]["validation"]["word_perplexity_with_line_ends"]
    assert abs(ratio - 1) < 0.005
    spans = np.array(measured["concentration"]["span"])
    assert spans.shape == (2, 2) and spans.min() >= 1 and spans.max() <= 512


def test_errors_are_one_line(tmp_path: Path) -> None:
    done = leapformer("export", tmp_path, "--out", tmp_path / "m", "--valid", tmp_path)
    assert done.returncode == 1
    assert (
        done.stderr
        == f"error: {tmp_path} holds no checkpoint: name a run folder or a checkpoint file\n"
    )


def test_word_perplexity_agrees_with_its_definition(prepared: Path, tmp_path: Path) -> None:
    """A model with equal probabilities has a loss of ln(300) per token on any text."""
    model = LeapFormer(ModelConfig(300, 32, 1, 2))
    model.initialize(wide_proportions=True)
    torch.nn.init.zeros_(model.embedding.weight)
    path = wikitext(tmp_path / "wiki.valid.raw")
    tokenizer = load_tokenizer(prepared / "tokenizer.json")
    measured = evaluate.perplexity(model, tokenizer, path)
    total = np.log(300) * (measured["tokens"] - 1)
    # each of the 4 articles has an empty part before its title and after its end
    for words, convention in ((WORDS, "with"), (WORDS - LINES + 2 * 4, "without")):
        found = measured[f"word_perplexity_{convention}_line_ends"]
        assert found == pytest.approx(np.exp(total / words), rel=1e-3)
    size = path.stat().st_size
    assert measured["bits_per_raw_byte"] == pytest.approx(total / np.log(2) / size, abs=1e-3)
    assert measured["round_trip"] == 1

    counted = leapformer("count", path, "--loss", np.log(300), measured["tokens"]).stdout
    assert json.loads(counted).items() <= measured.items()


def test_windows_score_every_token_once(prepared: Path) -> None:
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(300, 32, 1, 2, attention="softmax", window=64))
    for length in (5, 31, 32, 47, 48, 49, 100):
        tokens = np.random.default_rng(0).integers(1, 300, length)
        losses = evaluate.windowed_losses(model, tokens, window=32)
        assert len(losses) == length - 1
        for t in (0, 15, 31, 32, 46, 47, 98):  # the window of t begins at a multiple of 16
            if t < length - 1:
                begin = max(0, (t + 1) // 16 * 16 - 16)
                alone = evaluate.token_losses(model, tokens[None, begin : t + 2])[0, -1]
                assert losses[t] == pytest.approx(alone, abs=1e-5)


def test_samples_are_text(prepared: Path) -> None:
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(300, 32, 1, 2))
    tokenizer = load_tokenizer(prepared / "tokenizer.json")
    tokens = Documents(prepared, "valid").tokens()
    samples = evaluate.write_samples(model, tokenizer, tokens, sample.Sampling(), 2)
    assert len(samples) == 2
    assert all(s["prompt"].startswith("= Article") and s["continuation"] for s in samples)


def test_long_streams_are_scored_by_position() -> None:
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(300, 32, 1, 2))
    tokens = np.random.default_rng(0).integers(1, 300, 3000)
    tokens[::100] = 0
    rows = evaluate.long_stream(model, tokens, 2500)
    assert [(r["from"], r["to"]) for r in rows] == [(0, 1024), (1024, 2048), (2048, 2500)]
    assert all(r["unwiped"] > 0 and r["unwiped"] != r["wiped"] for r in rows)


def test_filters_agree_with_their_definitions() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()

    def kept(**options: float) -> list[bool]:
        filtered = sample.filter_logits(logits, sample.Sampling(**options))
        return (filtered.softmax(-1) > 0)[0].tolist()

    assert kept() == [True] * 4
    assert kept(topK=2) == [True, True, False, False]
    assert kept(topP=0.6) == [True, True, False, False]
    assert kept(minP=0.2) == [True, True, True, False]


def seen(*texts: list[int], vocabulary: int = 30) -> sample.RepetitionHistory:
    past = sample.RepetitionHistory(len(texts), vocabulary)
    for token in torch.tensor(texts).T:
        past.add(token)
    return past


def test_penalties_agree_with_their_definitions() -> None:
    logits = torch.tensor([[8.0, 8.0, 8.0, 8.0, -8.0]])
    past = seen([1, 4, 2, 1, 4], vocabulary=5)
    both = sample.Sampling(repetitionPenalty=2.0, sequencePenalty=0.5)
    assert sample.penalize(logits, past, both).tolist() == [[8, 4, 4 - 1, 8, -16]]
    assert sample.penalize(logits, past, sample.Sampling()).tolist() == logits.tolist()


def test_match_length_is_the_longest_suffix_that_the_token_followed() -> None:
    def followed(text: list[int]) -> dict[int, int]:
        found = seen(text).match_lengths()[0]
        return {int(i): int(found[i]) for i in found.nonzero()}

    assert followed([1, 2, 3]) == {}
    assert followed([1, 2, 3, 1, 2]) == {3: 2}
    assert followed([9, 2, 5, 1, 2, 3, 8, 2, 5, 7, 1, 2]) == {5: 1, 3: 2}
    assert followed([1, 2, 3, 0, 1, 2]) == {}  # another article
    between = [10 + i % 2 for i in range(sample.REACH)]
    assert followed([1, 2, *between[3:], 1]) == {2: 1}
    assert followed([1, 2, *between[2:], 1]) == {}
    assert followed([1] * 100) == {1: sample.LONGEST}
    # tokens before the last REACH no longer count
    assert followed([7, 1, 2, *between[4:], 7, 1])[2] == 1


def test_an_article_starts_with_an_empty_history() -> None:
    past = seen([5, 6, 0, 7], [5, 6, 7, 8])
    assert past.tokens[0].nonzero().flatten().tolist() == [7]
    assert past.tokens[1].nonzero().flatten().tolist() == [5, 6, 7, 8]


def test_repetition_counts_recent_four_grams() -> None:
    assert sample.repetition(np.arange(100)) == 0
    assert sample.repetition(np.tile(np.arange(10), 10)) == pytest.approx(87 / 97)
    assert sample.repetition(np.tile(np.arange(300), 2)) == 0  # too far apart to count


def test_sampling_is_chosen_from_the_grid() -> None:
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(50, 32, 1, 2))
    tokens = np.random.default_rng(0).integers(1, 50, 400)
    tokens[::100] = 0
    chosen, measured = sample.choose_sampling(model, tokens, short=8, long=40)
    assert set(chosen) == set(dataclasses.asdict(sample.Sampling()))
    assert len(measured["grid"]) == 18
    assert any(row.items() >= chosen.items() and "long" in row for row in measured["grid"])


def test_settings_with_one_text_in_a_loop_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    people = random.integers(1, 9999, (12, 100))
    people[:, 0] = 0
    people[:, 60:80] = people[:, 40:60]  # each repeats 20 tokens

    def generate(
        _model: object, prompts: torch.Tensor, count: int, sampling: sample.Sampling
    ) -> tuple[torch.Tensor, torch.Tensor]:
        out = torch.from_numpy(random.integers(1, 9999, (len(prompts), count)))
        if sampling.temperature < 1:
            out[0, 10:] = 7  # the mean is still below that of people
        return out, torch.full(out.shape, sampling.temperature)

    monkeypatch.setattr(sample, "generate", generate)
    model = LeapFormer(ModelConfig(50, 32, 1, 2))
    chosen, measured = sample.choose_sampling(model, people.ravel(), short=60, long=200)
    assert measured["grid"][0]["repetition"] < measured["people"]["repetition"]
    assert chosen["temperature"] == 1


def test_settings_with_a_late_loop_are_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(0)
    people = random.integers(1, 9999, (12, 300))
    people[:, 0] = 0

    def generate(
        _model: object, prompts: torch.Tensor, count: int, sampling: sample.Sampling
    ) -> tuple[torch.Tensor, torch.Tensor]:
        out = torch.from_numpy(random.integers(1, 9999, (len(prompts), count)))
        if sampling.temperature == 0.8:
            out[0, 100:] = 7
        return out, torch.full(out.shape, sampling.temperature + sampling.repetitionPenalty)

    monkeypatch.setattr(sample, "generate", generate)
    model = LeapFormer(ModelConfig(50, 32, 1, 2))
    chosen, measured = sample.choose_sampling(model, people.ravel(), short=60, long=400)
    assert (chosen["temperature"], chosen["repetitionPenalty"]) == (0.9, 1)
    long = [row["long"]["worst_repetition"] for row in measured["grid"] if "long" in row]
    assert long == [0.9897, 0.9897, 0, 0.9897, 0.9897]


def test_pairs_detect_a_word_that_is_repeated_all_the_time() -> None:
    text = np.arange(200)
    text[::3], text[1::3] = 7, 7  # 7 7 a 7 7 b: pairs repeat, 4-grams do not
    assert sample.measure(text[None]) == {
        "repetition": 0,
        "worst_repetition": 0,
        "pairs": pytest.approx(66 / 199, abs=1e-4),
    }
