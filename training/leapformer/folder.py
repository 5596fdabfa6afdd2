"""A model folder: the form in which a model is published, with weights in one precision.

    config.json  model.safetensors  tokenizer.json  golden.json  manifest.json  README.md  LICENSE

`weights.py` defines how model.safetensors rounds and stores the weights.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

from .config import UNPUBLISHED, ModelConfig
from .files import UserError, atomic, sha256, write_text
from .model import LeapFormer
from .reference import Tensors, golden
from .tokenizer import load_tokenizer
from .weights import dequantize, precisions, read_stored

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
    config, stored = ModelConfig.read(folder / "config.json"), read_stored(folder)
    try:
        return model_of(config, dequantize(stored, config))
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"{folder}: config.json does not match model.safetensors ({error}): export it again"
        ) from error


def check_free(config: ModelConfig, folder: Path) -> None:
    """Raises UserError if a model of this kind is not published, or if `folder` already is."""
    controls = {
        "attention softmax": config.attention == "softmax",
        "an encoder": config.encoder_layers > 0,
        f"reweighting {config.reweighting}": config.reweighting in UNPUBLISHED,
    }
    for kind, found in controls.items():
        if found:
            raise UserError(f"a model with {kind} is a control that the playground cannot run")
    if (folder / "manifest.json").exists():
        raise UserError(
            f"{folder} is published already and links refer to it: choose another --out and --id"
        )


def tensors_of(model: LeapFormer) -> Tensors:
    """The weights of a model as arrays."""
    weights = {k: v.detach().cpu().numpy() for k, v in model.state_dict().items()}
    return {k: np.ascontiguousarray(v) for k, v in weights.items()}


def model_of(config: ModelConfig, tensors: Tensors) -> LeapFormer:
    """The model with these weights. Raises RuntimeError if they are not of this configuration."""
    model = LeapFormer(config)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()})
    return model.eval()


def publish(
    config: ModelConfig,
    stored: Tensors,
    tokenizer: Path,
    folder: Path,
    *,
    identity: dict[str, str],
    dtype: str,
    evaluation: dict,
    sampling: dict,
    card: str,
    license_text: str,
) -> dict:
    """Writes a model folder after checking the weights as `quantize` stores them in `dtype`.

    Returns its manifest. `identity` holds id, name, description and license. A published folder is
    never changed: raises UserError if `folder` has a manifest already.
    """
    check_free(config, folder)
    bpe = load_tokenizer(tokenizer)
    tokens = [0, *bpe.encode(GOLDEN_TEXT).ids]
    tensors = dequantize(stored, config)
    vectors = golden(config, tensors, tokens, greedy=64)
    _check(model_of(config, tensors), tokens, vectors)

    with atomic(folder / "model.safetensors") as file:
        file.write(save(stored, metadata={"format": "pt"}))
    write_text(folder / "config.json", json.dumps(config.to_json(), indent=2) + "\n")
    write_text(folder / "tokenizer.json", _compact(tokenizer.read_text(encoding="utf-8")))
    about = (
        f"float64 recurrence over the {dtype} weights of model.safetensors as stored: "
        "log-probabilities (natural log) of tokens[1..] given the tokens before, the logits "
        "after the last token, and the greedy continuation"
    )
    text = {"about": about, "text": GOLDEN_TEXT, "tokens": tokens}
    greedy_text = {"greedyText": bpe.decode(vectors["greedy"], skip_special_tokens=False)}
    write_text(folder / "golden.json", json.dumps(text | vectors | greedy_text))
    manifest = {
        "format": FORMAT,
        **identity,
        "parameters": sum(value.size for value in tensors.values()),
        "precision": precisions(dtype),
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


def _compact(text: str) -> str:
    """JSON without spaces between its parts."""
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def _check(model: LeapFormer, tokens: list[int], vectors: dict) -> None:
    """Checks that the parallel form gives the golden vectors."""
    model = model.double()
    with torch.no_grad():
        logits, _ = model(torch.tensor([tokens]), model.empty_state(1))
    actual, expected = logits[0, -1].numpy(), np.array(vectors["finalLogits"])
    if np.abs(actual - expected).max() > 1e-6 * np.sqrt((expected**2).mean()):
        raise AssertionError("model.py and reference.py disagree on this model: do not publish it")
