"""Exports a run as a model folder: measures it, chooses sampler defaults, writes and checks it."""

import re
from pathlib import Path

from . import checkpoint, folder
from .card import LICENSE, card, license_text
from .config import RunConfig
from .evaluate import perplexity, read_text, word_text
from .files import UserError
from .folder import publish
from .load import tokenizer_of
from .model import LeapFormer
from .sample import choose_sampling
from .text import read_articles
from .tokenizer import load_tokenizer
from .weights import dequantize, quantize

INT8_COST = 0.005  # allowed relative increase of perplexity by int8


def export(
    run: Path,
    out: Path,
    precision: str,
    identity: dict[str, str],
    validation: Path,
    test: Path | None,
    averaged: bool = True,
) -> dict:
    """Writes the newest checkpoint of `run` as model folder `out`; returns its manifest.

    `identity` may hold id, name and description; the defaults are made from the run's name.
    Raises UserError if the id is invalid, `out` is published already, or int8 increases perplexity
    by more than `INT8_COST`.
    """
    model, saved = checkpoint.load_model(run, averaged)
    config = checkpoint.run_config(saved["config"])
    tokenizer_file = tokenizer_of(run)
    tokenizer = load_tokenizer(tokenizer_file)
    identity = _identity(identity, config, model)
    whole = perplexity(model, tokenizer, validation)
    stored = _as_stored(model, precision)
    figures = {"validation": perplexity(stored, tokenizer, validation)}
    cost = figures["validation"]["word_perplexity"] / whole["word_perplexity"] - 1
    if precision == "int8" and cost > INT8_COST:
        raise UserError(
            f"int8 increases perplexity by {cost:.2%} (allowed: {INT8_COST:.1%}): "
            "export with --dtype float16"
        )
    if test is not None:
        figures["test"] = perplexity(stored, tokenizer, test)
    figures["cost_of_precision"] = round(cost, 5)
    figures["trained"] = _trained(config, saved, averaged)
    sampling, measured = choose_sampling(stored, read_text(validation, tokenizer)[0])
    figures["repetition_of_people"] = measured["people"]["repetition"]
    parameters = sum(p.numel() for p in model.parameters())
    return publish(
        model,
        tokenizer_file,
        out,
        identity=identity,
        precision=precision,
        evaluation=figures,
        sampling=sampling,
        card=card(config.model, identity, precision, parameters, figures),
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
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", identity["id"]):
        raise UserError(
            f"id {identity['id']!r}: use lower-case letters, digits, points and hyphens"
        )
    return identity


def _as_stored(model: LeapFormer, precision: str) -> LeapFormer:
    """A copy of the model with its weights rounded to a precision."""
    import torch

    weights = {k: v.contiguous().numpy() for k, v in model.state_dict().items()}
    copy = LeapFormer(model.config)
    stored = dequantize(quantize(weights, precision))
    copy.load_state_dict({k: torch.from_numpy(v) for k, v in stored.items()})
    return copy.eval()


def _trained(config: RunConfig, saved: dict, averaged: bool) -> str:
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
        f"bfloat16 products, seed {config.seed}; {end}; {weights}."
    )
