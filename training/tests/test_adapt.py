"""Fine-tuning by a low-rank adapter: the trainer and the playground give the same."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import ROOT
from safetensors.torch import load_file
from test_folder import publish

from leapformer.adapt import (
    Settings,
    adapt,
    adapted,
    encode,
    measure,
    read_adapter,
    start,
    teach,
    write_adapter,
)
from leapformer.config import ModelConfig
from leapformer.files import UserError, read_json
from leapformer.folder import read_model
from leapformer.model import LeapFormer

SETTINGS = Settings(rank=3, rate=0.01, rounds=2, seed=5)


@pytest.fixture(scope="module")
def folder(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model folder."""
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(300, 32, 2, 2))
    model.initialize(wide_proportions=True)
    out = tmp_path_factory.mktemp("adapt") / "m"
    publish(model, prepared, out)
    return out


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text("The king was in the river.\r\nA stone of light was built. " * 150)
    return path


def test_a_teaching_lowers_the_loss_and_changes_only_the_adapter(
    folder: Path, text: Path, tmp_path: Path
) -> None:
    result = adapt(folder, text, tmp_path / "a", SETTINGS)
    assert result["taught"]["unseen"] < result["base"]["unseen"] - 0.1
    factors, scale = read_adapter(tmp_path / "a", read_json(folder / "manifest.json")["digest"])
    tokens = torch.tensor([0, *encode(folder, text.read_text().replace("\r\n", "\n"))])
    losses = measure(adapted(read_model(folder), factors, scale), tokens)
    assert losses == pytest.approx(result["taught"], rel=1e-5)
    with pytest.raises(UserError, match="exists: choose another --out"):
        adapt(folder, text, tmp_path / "a", SETTINGS)


def test_an_adapter_of_another_model_is_refused(folder: Path, tmp_path: Path) -> None:
    model = read_model(folder)
    write_adapter(tmp_path, start(model, 2, 0), 1.0, {"id": "m", "digest": "a" * 64})
    with pytest.raises(UserError, match="belongs to the model with the digest aaaaaaaa"):
        read_adapter(tmp_path, "b" * 64)
    with pytest.raises(UserError, match="cannot read"):
        read_adapter(tmp_path / "nowhere", "b" * 64)


def test_a_short_text_is_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="the text has 19 tokens"):
        teach(read_model(folder), torch.zeros(19, dtype=torch.long), replace(SETTINGS))


@pytest.mark.skipif(
    not (ROOT / "node_modules").exists() or shutil.which("node") is None,
    reason="the playground is not set up: run `npm test` once",
)
def test_the_playground_teaches_the_same(folder: Path, text: Path, tmp_path: Path) -> None:
    ours = adapt(folder, text, tmp_path / "ours", SETTINGS)
    options = ["--file", text, "--model", folder, "--out", tmp_path / "theirs", "--rank", 3]
    options += ["--rate", 0.01, "--rounds", 2, "--seed", 5]
    command = ["node", "scripts/run.mjs", "scripts/teach.ts", *map(str, options)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    assert theirs["tokens"] == ours["tokens"]
    for part in ("base", "taught"):
        assert theirs[part] == pytest.approx(ours[part], rel=1e-3)

    # each reads the adapter of the other, and the change of each matrix is the same
    digest = read_json(folder / "manifest.json")["digest"]
    factors, scale = read_adapter(tmp_path / "theirs", digest)
    tokens = torch.tensor([0, *encode(folder, text.read_text().replace("\r\n", "\n"))])
    losses = measure(adapted(read_model(folder), factors, scale), tokens)
    assert losses == pytest.approx(theirs["taught"], rel=1e-4)
    expected = read_adapter(tmp_path / "ours", digest)[0]
    for name in (name for name in expected if "lora_A" in name):
        B = name.replace("lora_A", "lora_B")
        change, other = expected[B] @ expected[name], factors[B] @ factors[name]
        assert (change - other).square().mean() < 1e-4 * change.square().mean()
    ours_file, theirs_file = (
        load_file(tmp_path / side / "adapter_model.safetensors") for side in ("ours", "theirs")
    )
    assert {name: value.shape for name, value in ours_file.items()} == {
        name: value.shape for name, value in theirs_file.items()
    }
