"""The playground's engine (TypeScript) computes the same as the trainer."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT
from test_command import wikitext
from test_folder import publish

from leapformer import folder as folders
from leapformer.config import ModelConfig
from leapformer.evaluate import perplexity
from leapformer.model import LeapFormer
from leapformer.prepare import prepare
from leapformer.tokenizer import load_tokenizer
from leapformer.weights import EMBEDDING, pack, quantize, quantize_groups

pytestmark = pytest.mark.skipif(
    not (ROOT / "node_modules").exists() or shutil.which("node") is None,
    reason="the playground is not set up: run `npm test` once",
)
PAPER = {"normalizer": "denominator", "decay": False, "conv_kernel": 0, "position": "sinusoidal"}


def script(name: str, *arguments: object) -> str:
    return run_typescript(f"scripts/{name}.ts", *arguments)


def run_typescript(file: str | Path, *arguments: object) -> str:
    command = ["node", "scripts/run.mjs", str(file), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("options", [{}, PAPER], ids=["shipped", "paper"])
def test_the_engine_agrees_with_the_trainer(prepared: Path, tmp_path: Path, options: dict) -> None:
    torch.manual_seed(0)
    model = LeapFormer(ModelConfig(300, 32, 2, 2, **options))
    publish(model, prepared, tmp_path / "m")
    # fails if a backend is outside of its tolerance
    assert "cpu" in script("check-golden", tmp_path / "m/golden.json")

    text = wikitext(tmp_path / "wiki.valid.raw")
    splits = {"train": [text]}
    prepare(splits, tmp_path / "data", prepared / "tokenizer.json", vocabulary=300, every=1)
    arguments = ["--file", tmp_path / "data/train-00000.bin", "--text", text, "--backend", "cpu"]
    measured = json.loads(script("evaluate", *arguments, "--model", tmp_path / "m"))
    tokenizer = load_tokenizer(prepared / "tokenizer.json")
    expected = perplexity(folders.read_model(tmp_path / "m"), tokenizer, text)
    assert measured["tokens"] == expected["tokens"] - 1
    for name in ("wordPerplexityWithLineEnds", "wordPerplexityWithoutLineEnds", "bitsPerRawByte"):
        key = re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name)
        assert measured[name] == pytest.approx(expected[key], rel=1e-3)


DROP = """
import {{ openAsBlob, readdirSync }} from 'node:fs';
import {{ checkFiles }} from '{root}/src/model/runtime/check-files.ts';
import {{ findModelFiles }} from '{root}/src/workers/dropped-model.ts';
import {{ withProof }} from '{root}/src/workers/own-proof.ts';

const names = readdirSync('{folder}');
const open = (name) => openAsBlob(`{folder}/${{name}}`);
const read = async (name) => ({{ path: `model/${{name}}`, file: await open(name) }});
const dropped = await Promise.all(names.map(read));
const {{ name, files }} = await findModelFiles(dropped);
const {{ manifest }} = await withProof(await checkFiles(files, name), files['golden.json']);
console.log(manifest.name, manifest.proof.tokens.length);
"""


def test_the_page_accepts_an_exported_folder(prepared: Path, tmp_path: Path) -> None:
    publish(LeapFormer(ModelConfig(300, 32, 2, 2)), prepared, tmp_path / "m")
    drop = tmp_path / "drop.ts"
    drop.write_text(DROP.format(root=ROOT, folder=tmp_path / "m"))
    name, proven = run_typescript(drop).rsplit(maxsplit=1)
    assert name == json.loads((tmp_path / "m/manifest.json").read_text())["name"]
    assert int(proven) > 1
    (tmp_path / "m/golden.json").write_text('{"tokens": [1, 2], "logProbabilities": [-9.0]}')
    with pytest.raises(AssertionError, match=r"golden\.json has other log-probabilities"):
        run_typescript(drop)


ROUND = """
import {{ readFileSync }} from 'node:fs';
import {{ withPrecision }} from '{root}/tests/quantize.ts';

const bytes = new Uint8Array(readFileSync('{values}'));
const [columns, span] = [{columns}, {span}];
const embedding = {{ rows: {rows}, columns, span, precision: 'float32', bytes, scales: null }};
const hex = ({{ buffer }}) => Buffer.from(buffer).toString('hex');
for (const precision of ['float16', 'int8', 'int4']) {{
  const model = {{ digest: '', weights: {{ embedding, layers: [] }} }};
  const stored = withPrecision(model, precision).weights.embedding;
  console.log(hex(stored.bytes), stored.scales === null ? '' : hex(stored.scales));
}}
"""


def test_the_playground_rounds_by_the_same_rules(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    halves = np.arange(-16, 16, dtype=np.float32) / 2  # a scale of 0.25 or 1 makes int8 ties
    halves16 = 1 + np.arange(32, dtype=np.float32) / 2048  # ties between float16 numbers
    rows = np.stack([halves, halves, halves16, 0 * halves, *random.normal(size=(60, 32))])
    rows[0, 0], rows[1, 0] = -127, 31.75
    rows[-20:] *= 1e-6  # below the normal float16 numbers
    rows = rows.astype("<f4")
    (tmp_path / "values").write_bytes(rows.tobytes())
    columns = {"columns": 32, "span": 16}
    source = ROUND.format(root=ROOT, values=tmp_path / "values", rows=len(rows), **columns)
    (tmp_path / "round.ts").write_text(source)
    typescript = run_typescript(tmp_path / "round.ts").splitlines()
    float16 = quantize({EMBEDDING: rows}, "float16", ModelConfig())
    int8 = quantize({EMBEDDING: rows}, "int8", ModelConfig())
    # the playground does not search for the best scale
    integers, scales = quantize_groups(rows, 16, clips=np.ones(1))
    int4 = [pack(integers, 16), scales.astype(np.float32)]
    for stored, line in zip((float16.values(), int8.values(), int4), typescript, strict=True):
        assert line.split() == [value.tobytes().hex() for value in stored]
