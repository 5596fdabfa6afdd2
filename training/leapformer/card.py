"""The README (model card) and the LICENSE of a model folder."""

import textwrap

from .config import REWEIGHTINGS, ModelConfig
from .weights import precision_name

# English Wikipedia's own license at the time of the training text (until 2019)
LICENSE = "CC BY-SA 3.0"
_COMPARE = """\
Papers on WikiText-103 count line ends as words, and lm-eval does not: compare a figure with one of
the same convention. The text is raw, and raw text spells rare words. Figures on its `.tokens`
form, where 1.03% of the test words are `<unk>`, are not comparable."""
_LICENSE_URL = "https://creativecommons.org/licenses/by-sa/3.0/legalcode"


def card(config: ModelConfig, identity: dict, dtype: str, parameters: int, figures: dict) -> str:
    """The model card in Markdown with YAML front matter, the form that model hubs use.

    `figures`: the measurements, and a sentence about the training under "trained".
    """
    c = config
    valid, trained = figures["validation"], figures["trained"]
    options = [
        f"width {c.hidden_size}, {c.num_hidden_layers} layers, {c.num_attention_heads} heads of "
        f"{c.head_size}, {c.vocab_size:,} byte-level BPE entries",
        REWEIGHTINGS[c.reweighting],
        f"normalizer: {c.normalizer}",
        "data-dependent decay" if c.decay else "no decay",
        f"short convolution over {c.conv_kernel} tokens" if c.conv_kernel else "no convolution",
        f"positions: {c.position}",
    ]
    return f"""---
language: en
license: cc-by-sa-3.0
library_name: leapformer
pipeline_tag: text-generation
---

# {identity["name"]}

{identity["description"]}

A language model with LeaPformer attention (arXiv 2405.13046): a token takes the same time and the
same memory at any length of the text. {parameters:,} parameters, stored as {precision_name(dtype)}.

## Model

- {(chr(10) + "- ").join(options)}

## Training

{textwrap.fill(trained[0].upper() + trained[1:], 100)}

The text is English Wikipedia ({LICENSE} / GFDL): a WikiText-103-sized set of Wikipedia
articles, decontaminated against and evaluated on WikiText-103.
{_rounding(figures)}
## Evaluation

WikiText-103, raw and detokenized ({valid["round_trip"]:.1%} of its lines can be restored exactly),
state carried, every token but the first scored:

{_table(figures)}

The weights before rounding have {figures["before_rounding"]} nats per token in validation.

{_COMPARE}

## Limits

A small model: it imitates the style of an encyclopedia and invents facts. It was trained on
English Wikipedia up to 2019, does not follow instructions, and repeats the biases of its text. Do
not use it where statements must be true.

## License

{LICENSE}, like the text that the model was trained on; [LICENSE](LICENSE) has the attribution.
"""


def _rounding(figures: dict) -> str:
    """How a model was made from another one; empty if it was exported from a run."""
    if "rounded_from" not in figures:
        return ""
    return f"""
The layers are those of {figures["rounded_from"]}, rounded to int4. `--calibrate` names articles of
the training text (`calibrate.py` of the trainer). The sampler settings are the same. The command:

    {figures["command"]}
"""


def _table(figures: dict) -> str:
    """The figures of the validation text and, if it was scored, of the test text in Markdown."""
    rows = [
        ("nats per token", "nats_per_token"),
        ("word perplexity, line ends counted", "word_perplexity_with_line_ends"),
        ("word perplexity, line ends not counted", "word_perplexity_without_line_ends"),
        ("bits per byte of the raw text", "bits_per_raw_byte"),
        ("words, line ends counted", "words_with_line_ends"),
        ("words, line ends not counted", "words_without_line_ends"),
    ]
    texts = [name for name in ("validation", "test") if name in figures]
    lines = [f"| metric | {' | '.join(texts)} |", f"|---|{'---|' * len(texts)}"]
    for name, key in rows:
        lines.append(f"| {name} | {' | '.join(f'{figures[text][key]:,}' for text in texts)} |")
    return "\n".join(lines)


def license_text(identity: dict[str, str]) -> str:
    """The LICENSE file of a model folder, with its attribution."""
    return f"""{identity["name"]} ({identity["id"]})
Weights, tokenizer, golden vectors and model card
Copyright (c) 2026 LeaPformer Playground contributors

Licensed under Creative Commons Attribution-ShareAlike 3.0 Unported ({LICENSE}):
{_LICENSE_URL}

Attribution: trained on articles of English Wikipedia, https://en.wikipedia.org, by
Wikipedia contributors, available under {LICENSE} and the GFDL. The history page of
an article names its authors. If you share this model, or a model made from it, keep
this notice, state your changes, and use the same license.

The code of the LeaPformer Playground is under the MIT license.
"""
