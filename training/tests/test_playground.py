"""What the trainer publishes means the same in the playground's own engine (TypeScript)."""

import json
import shutil
import subprocess
from math import exp
from pathlib import Path

import pytest
import torch
from conftest import ROOT
from test_folder import publish

from leapformer import folder as folders
from leapformer.config import ModelConfig
from leapformer.data import Documents
from leapformer.evaluate import token_losses
from leapformer.model import LeapFormer

pytestmark = pytest.mark.skipif(
    not (ROOT / "node_modules").exists() or shutil.which("node") is None,
    reason="the playground is not set up: run `npm test` once",
)
PAPER = {"normalizer": "denominator", "decay": False, "conv_kernel": 0, "position": "sinusoidal"}


def script(name: str, *arguments: object) -> str:
    command = ["node", "scripts/run.mjs", f"scripts/{name}.ts", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("options", [{}, PAPER], ids=["shipped", "paper"])
def test_the_engine_reads_what_was_published(prepared: Path, tmp_path: Path, options: dict) -> None:
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(300, 32, 2, 2, **options))
    publish(model, prepared, tmp_path / "m")
    # every backend there is, within the tolerances of the engine, by its exit status
    assert "cpu" in script("check-golden", tmp_path / "m/golden.json")

    arguments = ["--file", prepared / "valid-00000.bin", "--words", 1500, "--backend", "cpu"]
    measured = json.loads(script("evaluate", *arguments, "--model", tmp_path / "m"))
    tokens = Documents(prepared, "valid").tokens()
    total = token_losses(folders.read_model(tmp_path / "m"), tokens[None]).sum()
    assert measured["tokens"] == len(tokens) - 1
    assert measured["wordPerplexity"] == pytest.approx(exp(total / 1500), rel=1e-3)
