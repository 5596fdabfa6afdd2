"""The README (model card) and the LICENSE of a translation model."""

import textwrap

from ..config import ModelConfig
from ..weights import precision_name
from .evaluate import table

LICENSE = "CC BY 2.0 FR"
_LICENSE_URL = "https://creativecommons.org/licenses/by/2.0/fr/legalcode"


def card(config: ModelConfig, identity: dict, dtype: str, parameters: int, figures: dict) -> str:
    """The model card in Markdown with YAML front matter.

    `figures`: "trained", "nats_per_token", "before_rounding", and the tables of "sets".
    """
    c = config
    sets = "\n\n".join(f"### {name}\n\n{table(part)}" for name, part in figures["sets"].items())
    signatures = next(iter(figures["sets"].values()))["signatures"]
    return f"""---
language: [en, de, fr]
license: cc-by-2.0
library_name: leapformer
pipeline_tag: translation
---

# {identity["name"]}

{identity["description"]}

It reads a sentence and writes its translation in one stream, so it can write while the sentence is
still arriving. It waits for k words, and then writes a word for each word that it reads (wait-k).
One model serves all k, and each token takes the same time and the same memory.
{parameters:,} parameters, stored as {precision_name(dtype)}.

## Model

Width {c.hidden_size}, {c.num_hidden_layers} layers, {c.num_attention_heads} heads of
{c.head_size}, {c.vocab_size:,} byte-level BPE entries; re-weighting {c.reweighting}.

## Training

{textwrap.fill(figures["trained"], 100)}

The sentence pairs come from the Tatoeba project (https://tatoeba.org) by way of
https://www.manythings.org/anki, {LICENSE}. Sentences that share a translation, or differ only by
case, punctuation or contraction, are in one split.

## Evaluation

Greedy, over the pairs that the model was not trained on, with all translations of a sentence as
references. AL (Ma et al. 2019, length of the hypothesis) and LAAL (longer of hypothesis and nearest
reference) are in source words. `test-long` has only sentences of 8 words or more.

{sets}

BLEU: `{signatures["bleu"]}`, chrF: `{signatures["chrf"]}`. Loss on the validation pairs:
{figures["nats_per_token"]} nats per token, {figures["before_rounding"]} before rounding.

## Limits

A small model for everyday sentences: it leaves out, adds and mistranslates words, most of all in
long sentences and at small k, and it repeats the biases of its sentences. Do not use it where a
translation must be right.

## License

{LICENSE}, like the sentences that the model was trained on; [LICENSE](LICENSE) has the attribution.
"""


def license_text(identity: dict[str, str]) -> str:
    """The LICENSE file of a translation model, with its attribution."""
    return f"""{identity["name"]} ({identity["id"]})
Weights, tokenizer, golden vectors and model card
Copyright (c) 2026 LeaPformer Playground contributors

Licensed under Creative Commons Attribution 2.0 France ({LICENSE}):
{_LICENSE_URL}

Attribution: trained on sentence pairs of the Tatoeba project, https://tatoeba.org, by its
contributors, in the selection of https://www.manythings.org/anki, available under {LICENSE}.
If you share this model, or a model made from it, keep this notice and state your changes.

The code of the LeaPformer Playground is under the MIT license.
"""
