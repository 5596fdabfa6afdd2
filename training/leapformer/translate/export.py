"""Exports a run on sentence pairs as a model folder: rounds, measures and writes the weights."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import checkpoint, folder
from ..config import RunConfig
from ..evaluate import quick_loss
from ..export import COSTS, check_id, training_sentence
from ..files import UserError
from ..load import tokenizer_of
from ..model import LeapFormer
from ..sample import Sampling
from ..tokenizer import load_tokenizer
from ..weights import dequantize, quantize
from .card import LICENSE, card, license_text
from .evaluate import measure
from .pairs import PairText
from .rules import DIRECTIONS

GREEDY = asdict(Sampling(temperature=0.0))
VALIDATION_TOKENS = 65_536


def export_translator(
    run: Path,
    data: Path,
    out: Path,
    dtype: str,
    identity: dict[str, str],
    *,
    sets: list[str],
    limit: int | None = None,
    averaged: bool = True,
) -> dict:
    """Writes the newest checkpoint of `run` as model folder `out`; returns its manifest.

    `data`: the prepared pairs of the run. `sets`: the splits to measure, over `limit` sources.
    `identity` may hold id, name and description. Raises UserError if the id is invalid, `out` is
    published already, or the precision increases perplexity by more than `COSTS`.
    """
    model, saved = checkpoint.load_model(run, averaged)
    run_config, config = checkpoint.run_config(saved["config"]), model.config
    whole = identity_of(identity, run_config, model)
    folder.check_free(config, out)
    stored = quantize(folder.tensors_of(model), dtype, config)
    rounded = folder.model_of(config, dequantize(stored, config))
    tokens = PairText(data).validation(VALIDATION_TOKENS)
    before, after = (quick_loss(m, tokens, bfloat16=False) for m in (model, rounded))
    cost = math.expm1(after - before)
    allowed, remedy = COSTS.get(dtype, (math.inf, ""))
    if cost > allowed:
        raise UserError(
            f"{dtype} increases perplexity by {cost:.2%} (allowed: {allowed:.1%}): {remedy}"
        )
    tokenizer = load_tokenizer(tokenizer_of(run))
    sentence = training_sentence(run_config, saved, averaged)
    figures: dict[str, Any] = {
        "trained": sentence[0].upper() + sentence[1:],
        "nats_per_token": round(after, 4),
        "before_rounding": round(before, 4),
        "sets": {name: measure(rounded, tokenizer, data, name, limit=limit) for name in sets},
    }
    parameters = sum(p.numel() for p in model.parameters())
    return folder.publish(
        config,
        stored,
        tokenizer_of(run),
        out,
        identity=whole,
        dtype=dtype,
        evaluation=figures,
        sampling=GREEDY,
        card=card(config, whole, dtype, parameters, figures),
        license_text=license_text(whole),
    )


def identity_of(given: dict[str, str], config: RunConfig, model: LeapFormer) -> dict[str, Any]:
    """The id, name, description, license and directions of a model. Raises UserError if invalid."""
    millions = sum(p.numel() for p in model.parameters()) / 1e6
    identity = {
        "id": f"{config.name}-v1",
        "name": config.name.replace("-", " ").title(),
        "description": f"A LeaPformer of {millions:.1f}M parameters that translates English to "
        "German and French while one types.",
        "license": LICENSE,
    } | given
    check_id(identity["id"])
    return identity | {"directions": list(DIRECTIONS)}
