"""Configurations are checked when they are read."""

import json
from pathlib import Path

import pytest
from conftest import GOLDEN_MODELS, ROOT

from leapformer.arena.plan import Plan as Arena
from leapformer.config import ModelConfig, RunConfig
from leapformer.files import UserError
from leapformer.study import Plan

CONFIGS = sorted((Path(__file__).parents[1] / "configs").rglob("*.toml"))
MODELS = sorted((ROOT / "public/weights").glob("*/config.json"))
MODELS += [folder / "config.json" for folder in GOLDEN_MODELS]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_every_config_is_valid(path: Path) -> None:
    if path.stem in ("study", "twins", "translate-arms"):
        assert Plan.read(path).pairs
    elif path.stem.startswith("arena"):
        assert Arena.read(path).parts
    else:
        assert RunConfig.read(path).steps > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tokens = 9000000\nlearning_rate = 1", "unknown key 'learning_rate'; known are"),
        ("tokens = 9000000\n[model]\nwidth = 1", "model: unknown key 'width'"),
        ("tokens = '9000000'", "tokens = '9000000' must be int"),
        ("tokens = 9000000\n[model]\nhidden_size = 30", "whole multiple of 4"),
        ("tokens = 9000000\n[model]\nnormalizer = 'layer'", "choose one of"),
        ("tokens = 9000000\n[model]\nreweighting = 'softmax'", "choose one of .'leap'"),
        (
            "tokens = 9000000\n[model]\nreweighting = 'leap-summed'\nnormalizer = 'denominator'",
            "leap-summed has negative weights",
        ),
        (
            "tokens = 9000000\n[data]\nstreams = 30",
            "must be a multiple of micro_batch = 8",
        ),
        ("tokens = 9000000\n[cooldown_data]\nsegment = 512", r"must have equal streams \* segment"),
        ("tokens = 10", "less than one step"),
        ("tokens = 9000000\nlabel_smoothing = 1.0", "label_smoothing = 1.0 must be"),
        ("tokens = ", "cannot read"),
        ("", "key 'tokens' is missing"),
        (
            "tokens = 9000000\nmodel = 3",
            "model = 3 must be a table of keys: vocab",
        ),
    ],
)
def test_the_error_names_the_invalid_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f'name = "bad"\n{text}')
    with pytest.raises(UserError, match=message):
        RunConfig.read(path)


def test_overrides_change_the_values_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('name = "a"\ntokens = 9_000_000\n[model]\nhidden_size = 64\n')
    config = RunConfig.read(path, ["tokens=1_000_000", "model.decay=false"])
    assert (config.tokens, config.model.hidden_size, config.model.decay) == (1_000_000, 64, False)


def test_config_json_has_only_keys_that_the_model_uses(tmp_path: Path) -> None:
    values = ModelConfig(reweighting="none").to_json()
    assert not {"window", "static_length", "proportion_hidden_size"} & set(values)
    assert values["intermediate_size"] == 1024 and values["embedding_scale"] == 16
    assert "attention" not in values and "normalizer" in values
    softmax = ModelConfig(attention="softmax", window=64)
    assert softmax.to_json()["attention"] == "softmax"
    assert not {"reweighting", "normalizer", "decay"} & set(softmax.to_json())
    (tmp_path / "config.json").write_text(json.dumps(softmax.to_json()))
    assert ModelConfig.read(tmp_path / "config.json") == softmax


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.parent.name)
def test_published_configs_are_read_and_written_back(path: Path) -> None:
    """A config.json may hold keys that its model does not use; no key changes or is added."""
    published = json.loads(path.read_text())
    config = ModelConfig.read(path)
    assert config.attention == "linear"
    assert config.to_json().items() <= published.items()
