"""int4: the format, rounding to the nearest, and rounding for the inputs of a text."""

import copy
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_articles
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load_file
from test_command import leapformer, wikitext
from test_folder import publish

from leapformer import folder as folders
from leapformer import weights
from leapformer.calibrate import LENGTH, read_streams, round_layers
from leapformer.compensate import error, round_compensated
from leapformer.config import ModelConfig
from leapformer.files import UserError
from leapformer.index import write_index
from leapformer.model import LeapFormer
from leapformer.tokenizer import load_tokenizer

CONFIG = ModelConfig(vocab_size=300, hidden_size=64, num_hidden_layers=2, num_attention_heads=2)
ODD = ModelConfig(300, hidden_size=60, num_hidden_layers=2, num_attention_heads=3)
SPANS = [(64, 64), (60, 60), (60, 20), (100, 100), (120, 40)]  # columns of a row and of a span


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(("columns", "span"), SPANS)
def test_values_follow_the_definition_of_the_format(columns: int, span: int) -> None:
    """Column c of a span is in group c / 32, word c mod 4, bits 4 floor(c mod 32 / 4)."""
    integers, scales = weights.quantize_groups(random(5, columns), span)
    words, values = weights.pack(integers, span), weights.scale_groups(integers, scales, span)
    groups_of_span = -(-span // 32)
    assert words.shape == (5, columns // span * groups_of_span, 4) and words.dtype == np.int32
    assert scales.shape == words.shape[:2] and scales.dtype == np.float16
    for row in range(5):
        for column in range(columns):
            group = column // span * groups_of_span + column % span // 32
            c = column % span % 32
            nibble = (int(words[row, group, c % 4]) >> 4 * (c // 4)) & 15
            value = np.float32(nibble - 16 * (nibble > 7)) * np.float32(scales[row, group])
            assert values[row, column] == value
    unused = weights.split(np.ones((5, columns), np.int8), span) == 0
    assert not weights.split(weights.unpack(words, span), span)[unused].any()


@pytest.mark.parametrize(("columns", "span"), SPANS)
def test_integers_are_read_back(columns: int, span: int) -> None:
    integers = np.random.default_rng(0).integers(-8, 8, (7, columns)).astype(np.int8)
    assert (weights.unpack(weights.pack(integers, span), span) == integers).all()


def test_groups_end_with_the_head_in_the_output_matrix() -> None:
    stored = weights.quantize(folders.tensors_of(LeapFormer(ODD)), "int4", ODD)
    shapes = {
        "attention.qkv.weight": (180, 2, 4),
        "attention.output.weight": (60, 3, 4),
        "mlp.up.weight": (240, 2, 4),
        "mlp.down.weight": (60, 8, 4),
    }
    assert set(shapes) == set(weights.LAYER_MATRICES)
    for name, shape in shapes.items():
        assert stored[f"layers.0.{name}"].shape == shape
        assert stored[f"layers.0.{name}_scale"].shape == shape[:2]


GROUPS = hnp.arrays(np.float32, (3, 40), elements=st.floats(-1e3, 1e3, width=32))


@settings(max_examples=50, deadline=None)
@given(GROUPS)
def test_the_best_scales_are_never_worse_than_the_largest(rows: np.ndarray) -> None:
    def errors(clips: np.ndarray) -> np.ndarray:
        rounded = weights.scale_groups(*weights.quantize_groups(rows, 40, clips), 40)
        return np.square(weights.split(rounded.astype(np.float64) - rows, 40)).sum(-1)

    assert (errors(weights.CLIPS) <= errors(np.ones(1)) * (1 + 1e-9)).all()


def test_ties_round_upwards_and_integers_are_limited() -> None:
    steps = np.array([[7, 2.5, 1.5, 0.5, -0.5, -1.5, -7.5, -9]], np.float32)
    assert weights.round_int4(steps, np.float32(1)).tolist() == [[7, 3, 2, 1, 0, -1, -7, -8]]
    integers, scales = weights.quantize_groups(np.zeros((1, 8), np.float32), 8)
    assert scales.tolist() == [[1]] and not integers.any()


@pytest.mark.parametrize(("columns", "span"), SPANS)
def test_compensated_rounding_has_less_error_than_the_nearest(columns: int, span: int) -> None:
    matrix, inputs = random(30, columns), random(500, 8) @ random(8, columns)
    inputs += 0.3 * np.random.default_rng(1).normal(size=inputs.shape)
    moment = inputs.T @ inputs / 500

    def mean_error(groups: weights.Groups) -> float:
        return float(error(matrix, weights.scale_groups(*groups, span), moment).mean())

    integers, scales = round_compensated(matrix, moment, span)
    assert integers.min() >= -8 and integers.max() <= 7 and scales.dtype == np.float16
    nearest = weights.quantize_groups(matrix, span)
    assert mean_error((integers, scales)) < 0.5 * mean_error(nearest)
    # the definition of the error: the mean square over the inputs
    difference = inputs @ (matrix - weights.scale_groups(integers, scales, span)).T
    assert mean_error((integers, scales)) == pytest.approx((difference**2).mean(0).mean(), rel=1e-4)


def test_compensated_rounding_keeps_what_int4_can_hold() -> None:
    integers = np.random.default_rng(0).integers(-7, 8, (6, 64))
    integers[:, ::32] = 7
    found, scales = round_compensated(integers * np.float32(0.25), np.eye(64), 64)
    assert (weights.scale_groups(found, scales, 64) == integers * 0.25).all()


def test_inputs_that_are_always_zero_do_no_harm() -> None:
    moment = np.diag([1.0] * 16 + [0.0] * 48)
    matrix = random(4, 64)
    matrix[1] = 0
    rounded = weights.scale_groups(*round_compensated(matrix, moment, 64), 64)
    assert np.isfinite(rounded).all() and not rounded[1].any()
    assert np.abs(rounded - matrix)[:, :16].max() < 0.3


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_articles(tmp_path_factory.mktemp("text") / "train.jsonl", 200)


@pytest.mark.parametrize("config", [CONFIG, ODD], ids=["even", "odd"])
def test_calibration_changes_the_logits_less_than_the_nearest(
    prepared: Path, text: Path, config: ModelConfig
) -> None:
    torch.manual_seed(0)
    model = LeapFormer(config).eval()
    tokens = read_streams([text], load_tokenizer(prepared / "tokenizer.json"))
    assert tokens.shape[1] == LENGTH and tokens[0, 0] == 0
    before = copy.deepcopy(model.state_dict())
    rounded = round_layers(model, tokens)
    assert all((model.state_dict()[name] == value).all() for name, value in before.items())
    tensors = folders.tensors_of(model)
    assert set(rounded) == {n for n in tensors if n.endswith(weights.LAYER_MATRICES)}

    def change(groups: dict | None) -> float:
        stored = weights.quantize(tensors, "int4", config, groups)
        copied = folders.model_of(config, weights.dequantize(stored, config))
        probe = torch.from_numpy(tokens[-1:, :256])
        with torch.no_grad():
            logits = [m(probe, m.empty_state(1))[0] for m in (model, copied)]
        return float((logits[0] - logits[1]).square().mean())

    assert change(rounded) < 0.7 * change(None)


def test_calibration_needs_text(prepared: Path, tmp_path: Path) -> None:
    short = make_articles(tmp_path / "short.jsonl", 1)
    with pytest.raises(UserError, match=f"at least {LENGTH} tokens"):
        read_streams([short], load_tokenizer(prepared / "tokenizer.json"))


def test_a_folder_is_quantized_by_one_command(prepared: Path, text: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    source, out = tmp_path / "tiny-v1", tmp_path / "tiny-int4-v1"
    model = LeapFormer(CONFIG)
    with torch.no_grad():
        model.embedding.weight *= 0.5  # predictions near uniform: rounding costs less than 2%
    publish(model, prepared, source)
    manifest = json.loads((source / "manifest.json").read_text())
    manifest["evaluation"] = {"trained": "12 steps."}
    (source / "manifest.json").write_text(json.dumps(manifest))
    valid = wikitext(tmp_path / "wiki.valid.raw")
    command = ("quantize", source, "--out", out, "--calibrate", text, "--valid", valid)
    done = leapformer(*command)
    assert done.returncode == 0, done.stderr
    made = json.loads((out / "manifest.json").read_text())
    assert (made["id"], made["name"]) == ("tiny-int4-v1", "Tiny")
    assert made["precision"] == {"embedding": "int8", "layers": "int4"}
    assert made["sampling"] == manifest["sampling"]
    stored, old = (load_file(f / "model.safetensors") for f in (out, source))
    assert (stored["embedding.weight"] == old["embedding.weight"]).all()
    assert stored["layers.1.mlp.up.weight"].dtype == np.int32
    card = (out / "README.md").read_text()
    assert "int4, embedding int8" in card and "12 steps." in card
    assert "quantize tiny-v1 --out tiny-int4-v1 --calibrate train.jsonl" in card
    assert "is published already" in leapformer(*command).stderr

    (tmp_path / "index.json").write_text('{"models": [{"id": "tiny-int4-v1", "summary": "s"}]}')
    [entry] = write_index(tmp_path)["models"]
    assert entry["precision"] == made["precision"] and entry["digest"] == made["digest"]


def test_weights_of_another_configuration_are_named_in_the_error(
    prepared: Path, tmp_path: Path
) -> None:
    publish(LeapFormer(CONFIG), prepared, tmp_path / "m", "int4")
    other = dataclasses.replace(CONFIG, hidden_size=72, intermediate_size=0)
    (tmp_path / "m/config.json").write_text(json.dumps(other.to_json()))
    with pytest.raises(UserError, match=r"config\.json does not match model\.safetensors"):
        folders.read_model(tmp_path / "m")


def test_an_unknown_dtype_is_an_error() -> None:
    done = leapformer("export", ".", "--out", "m", "--valid", "v.raw", "--dtype", "int3")
    assert done.returncode == 2 and "invalid choice: 'int3'" in done.stderr
