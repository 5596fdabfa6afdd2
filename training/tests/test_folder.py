"""A model folder can be loaded back and gives its golden vectors."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from conftest import GOLDEN_MODELS, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load_file

from leapformer import folder as folders
from leapformer import weights
from leapformer.card import LICENSE, _table, license_text
from leapformer.config import PRECISIONS, ModelConfig
from leapformer.counts import perplexities
from leapformer.files import UserError, sha256
from leapformer.model import LeapFormer
from leapformer.reference import golden
from leapformer.sample import Sampling
from leapformer.translate import card as translate_card
from leapformer.translate.evaluate import table

PUBLISHED = sorted(p.parent for p in (ROOT / "public/weights").glob("*/manifest.json"))
TRANSLATORS = [p for p in PUBLISHED if "directions" in (p / "manifest.json").read_text()]
WEIGHTS = [p for p in PUBLISHED if p not in TRANSLATORS]
CONFIG = ModelConfig(vocab_size=300, hidden_size=32, num_hidden_layers=2, num_attention_heads=2)
IDENTITY = {"id": "tiny-v1", "name": "Tiny", "description": "A test.", "license": "CC BY-SA 3.0"}


def publish(model: LeapFormer, prepared, out, dtype: str = "int8") -> dict:
    return folders.publish(
        model.config,
        weights.quantize(folders.tensors_of(model), dtype, model.config),
        prepared / "tokenizer.json",
        out,
        identity=IDENTITY,
        dtype=dtype,
        evaluation={},
        sampling=dataclasses.asdict(Sampling()),
        card="# Tiny\n",
        license_text="CC BY-SA 3.0\n",
    )


@pytest.mark.parametrize("folder", GOLDEN_MODELS, ids=lambda p: p.name)
def test_reference_matches_golden(folder) -> None:
    expected = json.loads((folder / "golden.json").read_text())
    config = ModelConfig.read(folder / "config.json")
    tensors = weights.dequantize(weights.read_stored(folder), config)
    actual = golden(config, tensors, expected["tokens"], len(expected["greedy"]))
    assert actual["greedy"] == expected["greedy"]
    for key in ("logProbabilities", "finalLogits"):
        np.testing.assert_allclose(actual[key], expected[key], atol=1e-6)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_published_folder_loads_back(prepared, tmp_path, dtype: str) -> None:
    torch.manual_seed(1)
    model = LeapFormer(CONFIG)
    manifest = publish(model, prepared, tmp_path / "m", dtype)
    assert json.loads((tmp_path / "m/manifest.json").read_text()) == manifest
    for name, entry in manifest["files"].items():
        assert entry["sha256"] == sha256(tmp_path / "m" / name)
        assert entry["bytes"] == (tmp_path / "m" / name).stat().st_size
    assert manifest["digest"] == manifest["files"]["model.safetensors"]["sha256"]
    vectors = json.loads((tmp_path / "m/golden.json").read_text())
    loaded = folders.read_model(tmp_path / "m").double()
    with torch.no_grad():
        logits, _ = loaded(torch.tensor([vectors["tokens"]]), loaded.empty_state(1))
    np.testing.assert_allclose(logits[0, -1].numpy(), vectors["finalLogits"], atol=1e-6)
    tolerance = {"float32": 0, "float16": 1e-3, "int8": 1e-2, "int4": 0.15}[dtype]
    for name, weight in model.state_dict().items():
        bound = tolerance * max(weight.abs().max().item(), 1e-3)
        assert (loaded.state_dict()[name] - weight).abs().max() <= bound, name


def test_int8_rows_are_stored_with_their_scales(prepared, tmp_path) -> None:
    publish(LeapFormer(CONFIG), prepared, tmp_path / "m")
    stored = load_file(tmp_path / "m/model.safetensors")
    quantized = [name for name, value in stored.items() if value.dtype == np.int8]
    assert len(quantized) == 1 + 4 * CONFIG.num_hidden_layers
    for name in quantized:
        assert stored[f"{name}_scale"].shape == stored[name].shape[:1]
        assert stored[f"{name}_scale"].dtype == np.float32
    others = [v.dtype for n, v in stored.items() if n not in quantized]
    assert set(others) == {np.dtype(np.float32)}


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float32, (3, 8), elements=st.floats(-1e3, 1e3, width=32)))
def test_int8_is_within_half_a_step(rows: np.ndarray) -> None:
    stored = weights.quantize({"embedding.weight": rows}, "int8", CONFIG)
    assert stored["embedding.weight"].min() >= -127
    error = np.abs(weights.dequantize(stored, CONFIG)["embedding.weight"] - rows)
    assert (error <= 0.5001 * stored["embedding.weight_scale"][:, None] + 1e-30).all()


def test_int8_ties_round_upwards() -> None:
    steps = np.array([127, 2.5, 1.5, 0.5, 0.49, -0.5, -0.51, -1.5, -127], np.float32)
    rows = np.stack([steps, steps / 4, np.zeros(9, np.float32)])
    values, scales = weights.quantize_rows(rows)
    assert scales.tolist() == [1, 0.25, 1]
    assert values[0].tolist() == [127, 3, 2, 1, 0, 0, -1, -1, -127]
    assert (values[1] == values[0]).all() and not values[2].any()


def test_a_published_folder_is_never_changed(prepared, tmp_path) -> None:
    publish(LeapFormer(CONFIG), prepared, tmp_path / "m")
    with pytest.raises(UserError, match="published already"):
        publish(LeapFormer(CONFIG), prepared, tmp_path / "m")


def test_softmax_models_are_not_published(prepared, tmp_path) -> None:
    model = LeapFormer(dataclasses.replace(CONFIG, attention="softmax"))
    with pytest.raises(UserError, match="attention softmax is a control"):
        publish(model, prepared, tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("folder", WEIGHTS, ids=lambda p: p.name)
def test_every_published_card_has_the_figures_of_its_manifest(folder) -> None:
    figures = json.loads((folder / "manifest.json").read_text())["evaluation"]
    card = (folder / "README.md").read_text()
    assert _table(figures) in card and "`<unk>`" in card
    for text in (figures[name] for name in ("validation", "test") if name in figures):
        nats = text["nats_per_token"] * (text["tokens"] - 1)  # rounded to 0.00005 nats per token
        for name, figure in perplexities(nats, text).items():
            assert text[name] == pytest.approx(figure, rel=5e-4)


@pytest.mark.parametrize("folder", WEIGHTS, ids=lambda p: p.name)
def test_every_published_folder_has_its_license(folder) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["license"] == LICENSE
    assert (folder / "LICENSE").read_text() == license_text(manifest)
    card = (folder / "README.md").read_text()
    assert "\nlicense: cc-by-sa-3.0\n" in card and "[LICENSE](LICENSE)" in card


@pytest.mark.parametrize("folder", TRANSLATORS, ids=lambda p: p.name)
def test_every_translation_model_has_the_figures_of_its_manifest_and_its_license(folder) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    card = (folder / "README.md").read_text()
    sets = manifest["evaluation"]["sets"]
    assert set(sets) == {"test", "test-long"}
    for part in sets.values():
        assert table(part) in card and part["signatures"]["bleu"] in card
    assert manifest["license"] == translate_card.LICENSE
    assert (folder / "LICENSE").read_text() == translate_card.license_text(manifest)
    assert "\nlicense: cc-by-2.0\n" in card and "[LICENSE](LICENSE)" in card


def test_damaged_weights_are_named_in_the_error(prepared, tmp_path) -> None:
    publish(LeapFormer(CONFIG), prepared, tmp_path / "m")
    path = tmp_path / "m/model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=r"cannot read .*model\.safetensors"):
        folders.read_model(tmp_path / "m")
