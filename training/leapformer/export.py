"""Exports a run or another model folder as a model folder.

Rounds and measures the weights, chooses sampler defaults, writes the folder and checks it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import checkpoint, folder
from .calibrate import read_streams, round_layers
from .card import LICENSE, card, license_text
from .config import RunConfig
from .evaluate import perplexity, read_text, word_text
from .files import UserError, read_json
from .load import tokenizer_of
from .model import LeapFormer
from .sample import choose_sampling
from .text import read_articles
from .tokenizer import load_tokenizer
from .weights import dequantize, quantize

# largest allowed relative increase of word perplexity, and what to do if it is exceeded
COSTS = {
    "int8": (0.005, "export with --dtype float16"),
    "int4": (0.02, "round with --calibrate TEXT, or export with --dtype int8"),
}


@dataclass(frozen=True)
class Texts:
    """The texts that an export needs: WikiText files to measure, and articles to round with."""

    validation: Path
    test: Path | None = None
    calibration: Sequence[Path] = ()  # for int4; without it, weights are rounded to the nearest


@dataclass(frozen=True)
class _Source:
    """A model in float32, the facts about it, and its sampler settings (None: choose them)."""

    model: LeapFormer
    tokenizer: Path
    figures: dict[str, Any]
    sampling: dict | None = None


def export(
    run: Path, out: Path, dtype: str, identity: dict[str, str], texts: Texts, averaged: bool = True
) -> dict:
    """Writes the newest checkpoint of `run` as model folder `out`; returns its manifest.

    `identity` may hold id, name and description; the defaults are made from the run's name.
    Raises UserError if the id is invalid, `out` is published already, or int8 or int4 increases
    perplexity by more than `COSTS`.
    """
    model, saved = checkpoint.load_model(run, averaged)
    config = checkpoint.run_config(saved["config"])
    trained = {"trained": training_sentence(config, saved, averaged)}
    source = _Source(model, tokenizer_of(run), trained)
    return _write(source, out, dtype, _identity(identity, config, model), texts)


def quantize_folder(source: Path, out: Path, identity: dict[str, str], texts: Texts) -> dict:
    """Writes the model folder `source` in int4 as model folder `out`; returns its manifest.

    `identity` may hold id, name and description. The default id is the name of `out`; the other
    defaults and the sampler settings are those of `source`. Raises UserError like `export`.
    """
    model, manifest = folder.read_model(source), read_json(source / "manifest.json")
    kept = {key: manifest[key] for key in ("name", "description", "license")}
    identity = {"id": out.name} | kept | identity
    check_id(identity["id"])
    files = "".join(f" {path.name}" for path in texts.calibration)
    calibrated = f" --calibrate{files}" if files else ""
    tested = f" --test {texts.test.name}" if texts.test else ""
    figures = {
        "trained": manifest["evaluation"]["trained"],
        "rounded_from": manifest["id"],
        "command": f"python -m leapformer quantize {manifest['id']} --out {identity['id']}"
        f"{calibrated} --valid {texts.validation.name}{tested}",
    }
    exact = _Source(model, tokenizer_of(source), figures, manifest["sampling"])
    return _write(exact, out, "int4", identity, texts)


def _write(source: _Source, out: Path, dtype: str, identity: dict[str, str], texts: Texts) -> dict:
    """Rounds, measures and writes a model."""
    model, config = source.model, source.model.config
    folder.check_free(config, out)
    tokenizer = load_tokenizer(source.tokenizer)
    rounded = None
    if dtype == "int4" and texts.calibration:
        rounded = round_layers(model, read_streams(texts.calibration, tokenizer))
    stored = quantize(folder.tensors_of(model), dtype, config, rounded)
    stored_model = folder.model_of(config, dequantize(stored, config))

    before = perplexity(model, tokenizer, texts.validation)
    after = perplexity(stored_model, tokenizer, texts.validation)
    word_perplexity = "word_perplexity_with_line_ends"
    cost = after[word_perplexity] / before[word_perplexity] - 1
    allowed, remedy = COSTS.get(dtype, (math.inf, ""))
    if cost > allowed:
        raise UserError(
            f"{dtype} increases perplexity by {cost:.2%} (allowed: {allowed:.1%}): {remedy}"
        )
    figures: dict[str, Any] = {"validation": after, "before_rounding": before["nats_per_token"]}
    if texts.test is not None:
        figures["test"] = perplexity(stored_model, tokenizer, texts.test)
    figures |= {"cost_of_precision": round(cost, 5)} | source.figures
    sampling = source.sampling
    if sampling is None:
        tokens = read_text(texts.validation, tokenizer)[0]
        sampling, measured = choose_sampling(stored_model, tokens)
        figures["repetition_of_people"] = measured["people"]["repetition"]
    return folder.publish(
        config,
        stored,
        source.tokenizer,
        out,
        identity=identity,
        dtype=dtype,
        evaluation=figures,
        sampling=sampling,
        card=card(config, identity, dtype, sum(p.numel() for p in model.parameters()), figures),
        license_text=license_text(identity),
    )


def check_export(config: RunConfig, out: Path, identity: dict[str, str], texts: list[Path]) -> None:
    """Raises UserError before training if the export after it would be refused."""
    folder.check_free(config.model, out)
    _identity(identity, config, LeapFormer(config.model))
    for text in texts:
        next(read_articles(word_text(text)))


def _identity(given: dict[str, str], config: RunConfig, model: LeapFormer) -> dict[str, str]:
    millions = sum(p.numel() for p in model.parameters()) / 1e6
    identity = {
        "id": f"{config.name}-v1",
        "name": config.name.replace("-", " ").title(),
        "description": f"A LeaPformer of {millions:.1f}M parameters that writes English "
        "encyclopedia prose.",
        "license": LICENSE,
    } | given
    check_id(identity["id"])
    return identity


def check_id(id: str) -> None:
    """Raises UserError if a model cannot have this id."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", id):
        raise UserError(f"id {id!r}: use lower-case letters, digits, points and hyphens")


def training_sentence(config: RunConfig, saved: dict, averaged: bool) -> str:
    """The sentence about the training in the model card."""
    step = saved["step"]
    end = "published before the end of its training, before the learning rate reached zero"
    if checkpoint.finished(saved, config):
        cooldown = (step - config.cooldown_start) * config.tokens_per_step
        whole = config.cooldown_start == 0
        fell = "from the first step on" if whole else f"over the last {cooldown / 1e6:.1f}M"
        end = f"the learning rate fell to zero {fell}"
    parent = f"initialized from {Path(config.start).name}, " if config.start else ""
    weights = "a running average of the weights is published" if averaged else "final weights"
    return (
        f"{parent}{step:,} steps of {config.tokens_per_step:,} tokens "
        f"({step * config.tokens_per_step / 1e6:.1f}M) with Muon and AdamW, "
        f"seed {config.seed}; {end}; {weights}."
    )
