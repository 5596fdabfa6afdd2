"""The published form of a model: a folder with its weights in one precision.

    config.json  model.safetensors  tokenizer.json  golden.json  manifest.json  README.md  LICENSE

How the numbers of model.safetensors are rounded and laid out is in `weights.py`.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

from .config import ModelConfig
from .files import UserError, atomic, sha256, write_text
from .model import LeapFormer
from .reference import Tensors, golden
from .tokenizer import load_tokenizer
from .weights import dequantize, quantize, read_tensors

FORMAT = 1
FILES = ("config.json", "model.safetensors", "tokenizer.json", "golden.json")
GOLDEN_TEXT = (
    "= Kestrel Lighthouse =\n\nKestrel Lighthouse is a lighthouse on the northern coast of "
    "Scotland. It was built in 1847 by the engineer Alan Stevenson, and its light was visible for "
    "18 nautical miles (33 km).\n\n= = History = =\n\nThe first keepers – a family of five – "
    "arrived in “the winter of the great storms”; a café, called Über, opened nearby in 東京 "
    "style.\n"
)


def read_model(folder: Path) -> LeapFormer:
    """A published folder as a model, in float32."""
    model = LeapFormer(ModelConfig.read(folder / "config.json"))
    tensors = {name: torch.from_numpy(value) for name, value in read_tensors(folder).items()}
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise UserError(f"{folder}: config.json does not fit model.safetensors: {error}") from error
    return model.eval()


def check_free(config: ModelConfig, folder: Path) -> None:
    """Raises UserError where a model of this kind is not published, or `folder` is taken."""
    if config.attention == "softmax":
        raise UserError("the softmax twin is a control; only LeaPformers are published")
    if (folder / "manifest.json").exists():
        raise UserError(f"{folder} is published already; links name it: choose a new version")


def publish(
    model: LeapFormer,
    tokenizer: Path,
    folder: Path,
    *,
    identity: dict[str, str],
    precision: str,
    evaluation: dict,
    sampling: dict,
    card: str,
    license_text: str,
) -> dict:
    """Writes a model folder and checks it by loading it back; returns its manifest.

    `identity` holds id, name, description and license. A published folder is never changed:
    raises UserError where `folder` has a manifest already.
    """
    check_free(model.config, folder)
    weights = {k: v.detach().cpu().numpy() for k, v in model.state_dict().items()}
    stored = quantize({k: np.ascontiguousarray(v) for k, v in weights.items()}, precision)
    bpe = load_tokenizer(tokenizer)
    tokens = [0, *bpe.encode(GOLDEN_TEXT).ids]
    vectors = golden(model.config, dequantize(stored), tokens, greedy=64)
    _check(model, stored, tokens, vectors)

    with atomic(folder / "model.safetensors") as file:
        file.write(save(stored, metadata={"format": "pt"}))
    write_text(folder / "config.json", json.dumps(model.config.to_json(), indent=2) + "\n")
    with atomic(folder / "tokenizer.json") as file:
        file.write(tokenizer.read_bytes())
    about = (
        f"float64 recurrence over the {precision} weights of model.safetensors as stored: "
        "log-probabilities (natural log) of tokens[1..] given what stands before, the logits "
        "after the last token, and the greedy continuation"
    )
    text = {"about": about, "text": GOLDEN_TEXT, "tokens": tokens}
    greedy_text = {"greedyText": bpe.decode(vectors["greedy"], skip_special_tokens=False)}
    write_text(folder / "golden.json", json.dumps(text | vectors | greedy_text))
    manifest = {
        "format": FORMAT,
        **identity,
        "parameters": sum(p.numel() for p in model.parameters()),
        "precision": precision,
        "digest": sha256(folder / "model.safetensors"),
        "sampling": sampling,
        "evaluation": evaluation,
        "files": {
            name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
            for name in FILES
        },
    }
    write_text(folder / "README.md", card)
    write_text(folder / "LICENSE", license_text)
    write_text(folder / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    return manifest


def _check(model: LeapFormer, stored: Tensors, tokens: list[int], vectors: dict) -> None:
    """The parallel form over the stored weights must give the golden vectors."""
    copy = LeapFormer(model.config)
    copy.load_state_dict({k: torch.from_numpy(v) for k, v in dequantize(stored).items()})
    copy.double()
    with torch.no_grad():
        logits, _ = copy(torch.tensor([tokens]), copy.empty_state(1))
    actual, expected = logits[0, -1].numpy(), np.array(vectors["finalLogits"])
    if np.abs(actual - expected).max() > 1e-6 * np.sqrt((expected**2).mean()):
        raise AssertionError("the parallel form and the reference disagree: do not publish")
