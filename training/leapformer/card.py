"""The model card: a README in the form that model hubs use."""

import textwrap

from .config import ModelConfig

_REWEIGHTING = {
    "leap": "learned proportions (LeaPformer)",
    "static": "static proportions (cosFormer)",
    "none": "no re-weighting",
}


def card(
    config: ModelConfig, identity: dict, precision: str, parameters: int, figures: dict
) -> str:
    """Markdown with a YAML head. `figures`: what was measured, and "trained" (a sentence)."""
    c = config
    valid, trained = figures["validation"], figures["trained"]
    options = [
        f"width {c.hidden_size}, {c.num_hidden_layers} layers, {c.num_attention_heads} heads of "
        f"{c.head_size}, {c.vocab_size:,} byte-level BPE entries",
        _REWEIGHTING[c.reweighting],
        f"normalizer: {c.normalizer}",
        "data-dependent decay" if c.decay else "no decay",
        f"short convolution over {c.conv_kernel} tokens" if c.conv_kernel else "no convolution",
        f"positions: {c.position}",
    ]
    rows = [
        ("nats a token", "nats_per_token"),
        ("word perplexity", "word_perplexity"),
        ("bits a byte", "bits_per_byte"),
    ]
    tests = [figures[name] for name in ("validation", "test") if name in figures]
    heads = ["validation", "test"][: len(tests)]
    table = "\n".join(
        f"| {name} | {' | '.join(str(t[key]) for t in tests)} |" for name, key in rows
    )
    return f"""---
language: en
license: cc-by-sa-3.0
library_name: leapformer
pipeline_tag: text-generation
---

# {identity["name"]}

{identity["description"]}

A language model with LeaPformer attention (arXiv 2405.13046): each next token costs the same time
and the same memory, however long the text. {parameters:,} parameters, stored as {precision}.

## Model

- {(chr(10) + "- ").join(options)}

## Training

{textwrap.fill(trained[0].upper() + trained[1:], 100)}

The text is English Wikipedia ({identity["license"]} / GFDL): a WikiText-103-sized set of Wikipedia
articles, decontaminated against and evaluated on WikiText-103.

## Evaluation

WikiText-103, detokenized ({valid["round_trip"]:.1%} of its lines are turned back exactly), state
carried, every token scored but the first, {valid["words"]:,} words in validation:

| measured | {" | ".join(heads)} |
|---|{"---|" * len(heads)}
{table}

## Limits

A small model: it imitates encyclopedia prose and invents its facts. It knows English
Wikipedia up to 2019, has no instructions to follow, and repeats the biases of its text. Not for
any use where a statement must be true.
"""
