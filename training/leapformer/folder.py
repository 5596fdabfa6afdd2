"""A model folder: the form in which a model is published, with weights in one precision.

    config.json  model.safetensors  tokenizer.json  golden.json  manifest.json  README.md  LICENSE

`weights.py` defines how model.safetensors rounds and stores the weights.
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
    """The model of a model folder in float32. Raises UserError if it cannot be read."""
    model = LeapFormer(ModelConfig.read(folder / "config.json"))
    tensors = {name: torch.from_numpy(value) for name, value in read_tensors(folder).items()}
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise UserError(
            f"{folder}: config.json does not match model.safetensors ({error}): export it again"
        ) from error
    return model.eval()


def check_free(config: ModelConfig, folder: Path) -> None:
    """Raises UserError if a model of this kind is not published, or if `folder` already is."""
    if config.attention == "softmax":
        raise UserError(
            "a model with attention softmax is a control that the playground cannot run: "
            "only models with attention linear are published"
        )
    if (folder / "manifest.json").exists():
        raise UserError(
            f"{folder} is published already and links refer to it: choose another --out and --id"
        )


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
    """Writes a model folder after checking the stored weights; returns its manifest.

    `identity` holds id, name, description and license. A published folder is never changed:
    raises UserError if `folder` has a manifest already.
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
        "log-probabilities (natural log) of tokens[1..] given the tokens before, the logits "
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
    """Checks that the parallel form with the stored weights gives the golden vectors."""
    copy = LeapFormer(model.config)
    copy.load_state_dict({k: torch.from_numpy(v) for k, v in dequantize(stored).items()})
    copy.double()
    with torch.no_grad():
        logits, _ = copy(torch.tensor([tokens]), copy.empty_state(1))
    actual, expected = logits[0, -1].numpy(), np.array(vectors["finalLogits"])
    if np.abs(actual - expected).max() > 1e-6 * np.sqrt((expected**2).mean()):
        raise AssertionError("model.py and reference.py disagree on this model: do not publish it")
