"""Translation: the split, the batches, decoding, the measurements and the commands."""

import json
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from test_command import leapformer

from leapformer.config import DataConfig, ModelConfig
from leapformer.evaluate import quick_loss, token_losses
from leapformer.files import UserError
from leapformer.load import load_model
from leapformer.model import UNSCORED, LeapFormer
from leapformer.tokenizer import load_tokenizer
from leapformer.translate.decode import translate
from leapformer.translate.evaluate import measure
from leapformer.translate.latency import average_lagging, length_adaptive_lagging
from leapformer.translate.pairs import PairStreams, PairText, UnitEncoder, read_pairs
from leapformer.translate.prepare import prepare_pairs
from leapformer.translate.rules import BOS, OFFLINE, OVER, READ, stream, units
from leapformer.translate.split import Pair, components, is_long, key, split

WORDS = {"dog": "Hund", "cat": "Katze", "house": "Haus", "tree": "Baum", "red": "rot", "old": "alt"}
VOCABULARY = 320


def write_pairs(folder: Path, count: int) -> list[Path]:
    """Files of word by word translations, of 3 to 12 words."""
    chance = random.Random(0)
    sources = {
        " ".join(chance.choices(list(WORDS), k=chance.randint(3, 12))): None for _ in range(count)
    }
    paths = [folder / "en-de.tsv", folder / "en-fr.tsv"]
    for path, suffix in zip(paths, ("", "e"), strict=True):
        lines = []
        for source in sources:
            target = " ".join(WORDS[word] + suffix for word in source.split())
            lines.append(f"{source.capitalize()}.\t{target} !\n")
        path.write_text("".join(lines), "utf-8")
    return paths


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of prepared pairs."""
    folder = tmp_path_factory.mktemp("pairs")
    prepare_pairs(write_pairs(folder, 400), folder / "data", VOCABULARY, test=20, valid=20)
    return folder / "data"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("I'm here.", "I am here!"),
        ("He’s gone", "he has gone"),
        ("I can't.", "I cannot."),
        ("She won't go", "She will not go?"),
        ("I'd go", "I would go"),
        ("Let's go.", "Let us go"),
        ("Wie geht's?", "Wie geht es?"),
    ],
)
def test_sentences_that_differ_by_case_punctuation_or_contraction_have_one_key(
    a: str, b: str
) -> None:
    assert key(a) == key(b)
    assert key(a) != key(b + " now")


def test_components_connect_all_languages() -> None:
    found = components(
        [
            Pair("en-de", "Hi.", "Hallo!"),
            Pair("en-de", "Go.", "Geh."),
            Pair("en-fr", "hi", "Salut !"),
            Pair("en-de", "Hello.", "Hallo."),
            Pair("en-fr", "Bye.", "Salut."),
        ]
    )
    assert [[pair.source for pair in part] for part in found] == [
        ["Hi.", "hi", "Hello.", "Bye."],
        ["Go."],
    ]


def test_no_component_is_in_two_splits_and_the_order_of_the_files_is_irrelevant(
    tmp_path: Path,
) -> None:
    lines = [
        Pair(path.stem, *line.split("\t"))
        for path in write_pairs(tmp_path, 400)
        for line in path.read_text("utf-8").splitlines()
    ]
    parts = split(lines, test=30, valid=20)
    names = ("train", "valid", "test", "test_long")
    keys = {name: {key(pair.source) for pair in getattr(parts, name)} for name in names}
    for a in names:
        for b in names:
            assert a == b or not keys[a] & keys[b], (a, b)
    for name in ("test", "test_long"):
        for direction in ("en-de", "en-fr"):
            part = [pair for pair in getattr(parts, name) if pair.direction == direction]
            assert len({pair.source for pair in part}) == 30
    assert all(map(is_long, parts.test_long)) and not all(map(is_long, parts.test))
    again = split(random.Random(1).sample(lines, len(lines)), test=30, valid=20)
    for name in ("test", "test_long", "valid"):
        assert {p.source for p in getattr(again, name)} == {p.source for p in getattr(parts, name)}


def test_a_unit_encodes_alone_and_no_text_encodes_as_a_control(pairs: Path) -> None:
    tokenizer = load_tokenizer(pairs / "tokenizer.json")
    encode = UnitEncoder(tokenizer)
    text = "A dog ! <w> </s> <|endoftext|>"
    encoded = encode(text)
    assert min(min(unit) for unit in encoded) >= 7
    assert tokenizer.decode([token for unit in encoded for token in unit]) == " " + " ".join(
        units(text)
    )


def test_batches_are_a_function_of_their_number_and_hold_whole_streams(pairs: Path) -> None:
    text = PairText(pairs)
    config = DataConfig(streams=4, segment=64, micro_batch=2)
    streams = text.streams(config, seed=3)
    wanted = [streams.batch(number, range(4)) for number in range(2 * streams.batches_per_epoch)]
    for number in (1, len(wanted) - 1, 0):
        again = text.streams(config, seed=3).batch(number, range(2, 4))
        np.testing.assert_array_equal(again, wanted[number][2:])
    # a row continues that of the batch before
    np.testing.assert_array_equal(wanted[0][:, -1], wanted[1][:, 0])
    # one row of an epoch, cut at its documents: whole streams of the rules, and new k in each epoch
    length = streams.batches_per_epoch
    epochs = [np.concatenate([b[0, :-1] for b in wanted[i : i + length]]) for i in (0, length)]
    assert not np.array_equal(*epochs)
    known = {
        tuple(t if drawn else ~t for t, drawn in zip(*stream(*pair, k), strict=True))
        for pair in text._encoded
        for k in (*range(1, 10), OFFLINE)
    }
    starts = np.flatnonzero(epochs[0] == ~BOS)
    for begin, end in pairwise(starts):
        assert tuple(epochs[0][begin:end]) in known


def test_a_direction_can_be_left_out(pairs: Path) -> None:
    config = DataConfig(streams=2, segment=32, micro_batch=2, weights={"en-fr": 0})
    batch = PairText(pairs).streams(config, seed=0).batch(0, range(2))
    assert ~5 in batch and ~6 not in batch
    with pytest.raises(UserError, match="no direction 'en-it'"):
        PairText(pairs).streams(DataConfig(weights={"en-it": 1}), seed=0)


def test_offline_batches_hold_whole_sentences_only(pairs: Path) -> None:
    config = DataConfig(streams=2, segment=64, micro_batch=2, offline=True)
    batch = PairText(pairs).streams(config, seed=0).batch(0, range(2))
    tokens = np.where(batch < 0, ~batch, batch)
    assert READ not in tokens
    assert OVER in tokens


def test_too_few_pairs_for_a_batch_is_an_error() -> None:
    streams = PairStreams([([[9]], [[9]], 5)], np.array([0]), DataConfig(), seed=0)
    with pytest.raises(UserError, match="too few"):
        _ = streams.batches_per_epoch


def test_unscored_tokens_have_no_loss() -> None:
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(50, 16, 1, 2))
    tokens = torch.randint(1, 50, (2, 17))
    targets = tokens[:, 1:].clone()
    targets[:, ::2] = UNSCORED
    loss, _ = model(tokens[:, :-1], model.empty_state(2), targets)
    by_token = token_losses(model, tokens.numpy())
    assert loss.item() == pytest.approx(by_token[:, 1::2].mean(), rel=1e-5)
    # the same with unscored tokens written as ~token, over 8 streams
    stream = np.tile(tokens.numpy()[0], (8, 1))
    scored = stream.copy()
    scored[:, 1::2] = ~scored[:, 1::2]
    expected = token_losses(model, stream)[:, 1::2].mean()
    assert quick_loss(model, scored.ravel(), False) == pytest.approx(expected, rel=1e-5)


def test_label_smoothing_spreads_the_target() -> None:
    torch.manual_seed(0)
    tokens = torch.randint(1, 50, (1, 9))
    losses = []
    for smoothing in (0.0, 0.1):
        torch.manual_seed(1)
        model = LeapFormer(ModelConfig(50, 16, 1, 2), label_smoothing=smoothing)
        losses.append(model(tokens[:, :-1], model.empty_state(1), tokens[:, 1:])[0].item())
        logits, _ = model(tokens[:, :-1], model.empty_state(1))
    even = -logits.log_softmax(-1).mean().item()
    assert losses[1] == pytest.approx(0.9 * losses[0] + 0.1 * even, rel=1e-5)


def test_batched_translation_follows_the_rules_and_equals_one_sentence_at_a_time(
    pairs: Path,
) -> None:
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(VOCABULARY, 32, 2, 2)).double()
    model.initialize(True)
    torch.nn.init.normal_(model.embedding.weight, std=0.3)  # the tokens vary
    tokenizer = load_tokenizer(pairs / "tokenizer.json")
    sources = ["Old dog.", "", "A red house !", "Tree cat old house dog red."]
    for k in (1, 3, OFFLINE):
        together = translate(model, tokenizer, "en-de", sources, k)
        alone = [translate(model, tokenizer, "en-de", [source], k)[0] for source in sources]
        assert together == alone
        for source, translation in zip(sources, together, strict=True):
            n = len(units(source))
            assert len(translation.units) <= (2 * n + 10 if n else 0)
            assert translation.delays == sorted(translation.delays)
            assert all(min(k, n) <= delay <= n for delay in translation.delays)
            # before the end of the source, at most one unit for each that is read
            before = [delay for delay in translation.delays if delay < n]
            assert len(set(before)) == len(before)


def test_lagging_equals_that_of_simuleval() -> None:
    # delays, source and reference lengths, and AL (--no-use-ref-len) and LAAL of SimulEval 1.1.4
    vectors = json.loads((Path(__file__).parent / "lagging.json").read_text())
    for delays, source, reference, lagging, adaptive in vectors:
        assert average_lagging(delays, source, len(delays)) == pytest.approx(lagging)
        assert length_adaptive_lagging(delays, source, [reference]) == pytest.approx(adaptive)


def test_lagging_counts_source_units() -> None:
    # a wait-k policy with equal lengths lags by k
    for k in (1, 2, 4):
        assert average_lagging([min(k + i, 6) for i in range(6)], 6, 6) == pytest.approx(k)
    assert average_lagging([6, 6, 6], 6, 3) == 6
    assert average_lagging([], 4, 0) == 4
    # twice as many units as the source: each read unit allows two
    assert average_lagging([1, 2, 2, 2], 2, 4) == pytest.approx((1 + (2 - 0.5)) / 2)
    # the longer of the hypothesis and the reference of the nearest length
    delays = [1, 2, 3]
    assert length_adaptive_lagging(delays, 3, [9, 4]) == average_lagging(delays, 3, 4)
    assert length_adaptive_lagging(delays, 3, [2, 9]) == average_lagging(delays, 3, 3)


CONFIG = """
name = "tiny-translate"
tokens = {tokens}
bfloat16 = false
compile = false
average = 0.9
validate_every = 200
label_smoothing = 0.05
[model]
vocab_size = {vocabulary}
hidden_size = 32
num_hidden_layers = 1
num_attention_heads = 2
[data]
streams = 8
segment = 64
micro_batch = 4
[optimizer]
warmup_steps = 5
rest_lr = 0.01
cooldown_fraction = 1.0
"""


def test_one_command_from_pairs_to_a_published_folder(tmp_path: Path) -> None:
    files = write_pairs(tmp_path, 300)
    config = tmp_path / "tiny.toml"
    config.write_text(CONFIG.format(tokens=512 * 12, vocabulary=VOCABULARY))
    command = ["translate-make", config, "--pairs", *files, "--test", 6, "--valid", 12]
    folders = ["--work", tmp_path / "work", "--out", tmp_path / "tiny-v1"]
    done = leapformer(*command, *folders, "--limit", 3, "--dtype", "float16")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "tiny-v1/manifest.json").read_text())
    assert manifest["directions"] == ["en-de", "en-fr"] and manifest["license"] == "CC BY 2.0 FR"
    assert manifest["sampling"]["temperature"] == 0
    rows = manifest["evaluation"]["sets"]["test-long"]["rows"]
    assert [row["k"] for row in rows] == [1, 3, 5, 7, "offline"] * 2
    for name in ("README.md", "LICENSE"):
        text = (tmp_path / "tiny-v1" / name).read_text()
        assert "tatoeba.org" in text and "manythings.org/anki" in text and "CC BY 2.0 FR" in text

    data = tmp_path / "work/data"
    measured = ["translate-evaluate", tmp_path / "tiny-v1", "--data", data, "--sets", "test-long"]
    done = leapformer(*measured, "--limit", 3, "--out", tmp_path / "figures.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "figures.json").read_text())[0]["rows"] == rows
    assert "tok:13a" in done.stdout

    plotted = tmp_path / "curve.png"
    assert leapformer("translate-curve", tmp_path / "tiny-v1", "--out", plotted).returncode == 0
    assert plotted.read_bytes().startswith(b"\x89PNG")

    # the training files stay as they were, and damage is noticed
    (data / "valid.tsv").write_text("en-de\ta\tb\n")
    with pytest.raises(UserError, match="damaged"):
        read_pairs(data, "valid")


def test_a_study_compares_variants_by_bleu(pairs: Path, tmp_path: Path) -> None:
    text = CONFIG.format(tokens=512 * 4, vocabulary=VOCABULARY)
    text = text.removeprefix('\nname = "tiny-translate"')
    text = text.replace("micro_batch = 4", "micro_batch = 4\nweights = { en-fr = 0 }")
    text = 'seeds = [0, 1]\ncompare = [["leap", "softmax"], ["crossed", "leap"]]\n' + text
    text += '[variants.leap.model]\nreweighting = "leap"\n'
    text += '[variants.softmax.model]\nattention = "softmax"\nwindow = 64\n'
    text += "[variants.crossed.model]\nencoder_layers = 1\nnum_hidden_layers = 2\n"
    (tmp_path / "arms.toml").write_text(text)
    command = [
        "translate-study",
        tmp_path / "arms.toml",
        "--data",
        pairs,
        "--out",
        tmp_path / "out",
    ]
    done = leapformer(*command, "--split", "valid", "--limit", 4)
    assert done.returncode == 0, done.stderr
    assert "| leap - softmax | en-de, k = offline |" in done.stdout
    result = json.loads((tmp_path / "out/arms.json").read_text())
    assert set(result["rows"]) == {"leap", "softmax", "crossed"}
    assert set(result["rows"]["leap"]) == {"0", "1"}
    assert {row["direction"] for row in result["rows"]["leap"]["0"]} == {"en-de"}
    for checkpoint in (tmp_path / "out").rglob("*.pt"):
        checkpoint.unlink()
    again = leapformer(*command, "--split", "valid", "--limit", 4)
    assert done.stdout.endswith(again.stdout) and "step" not in again.stdout  # measured once


def test_a_run_on_pairs_resumes_bit_for_bit_and_learns_words(pairs: Path, tmp_path: Path) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(CONFIG.format(tokens=512 * 300, vocabulary=VOCABULARY))
    train = ["train", config, "--data", pairs]
    for stop in (["--until", 7], []):  # from step 7 on, in another process
        done = leapformer(*train, "--out", tmp_path / "twice", *stop)
        assert done.returncode == 0, done.stderr
    assert leapformer(*train, "--out", tmp_path / "once").returncode == 0
    once, twice = (load_model(tmp_path / name) for name in ("once", "twice"))
    for name, value in once.state_dict().items():
        torch.testing.assert_close(value, twice.state_dict()[name], rtol=0, atol=0)
    figures = measure(
        once, load_tokenizer(pairs / "tokenizer.json"), pairs, "valid", (3, OFFLINE), limit=10
    )
    assert min(row["bleu"] for row in figures["rows"]) > 20
    assert all(row["average_lagging"] < 6 for row in figures["rows"] if row["k"] == 3)
