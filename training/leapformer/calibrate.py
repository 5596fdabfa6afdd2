"""Rounds the layers of a model to int4 for the inputs that they have in a text."""

import copy
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from .compensate import damped, round_compensated
from .files import UserError
from .model import Layer, LeapFormer, positions
from .text import find_files, read_articles
from .weights import LAYER_MATRICES, Groups, scale_groups, span_of

READ = 2**21  # tokens of text, from which streams are taken at equal distances
STREAMS = 128
LENGTH = 1024  # tokens of a stream; its state starts empty
BATCH = 4  # streams at a time


def read_streams(paths: Iterable[Path], tokenizer: Tokenizer) -> np.ndarray:
    """Streams [up to STREAMS, LENGTH] from the first tokens of articles.

    Raises UserError if the text is too short for one stream.
    """
    articles = (article.text for path in find_files(paths) for article in read_articles(path))
    ids = (id for text in articles for id in (0, *tokenizer.encode(text).ids))
    tokens = np.fromiter(islice(ids, READ), np.int64)
    if len(tokens) < LENGTH:
        raise UserError(f"calibration needs at least {LENGTH} tokens of text, not {len(tokens)}")
    streams = tokens[: len(tokens) // LENGTH * LENGTH].reshape(-1, LENGTH)
    return streams[np.linspace(0, len(streams) - 1, min(len(streams), STREAMS)).astype(int)]


class _Streams:
    """Hidden states [B, T, d] of the streams in a model, layer by layer."""

    def __init__(self, model: LeapFormer, tokens: Tensor) -> None:
        self.start = tokens == model.config.bos_token_id
        self.position = positions(self.start, torch.zeros(len(tokens), dtype=torch.long))
        self.x = model.embed(tokens, self.position)

    def outputs(self, layer: Layer) -> Iterable[Tensor]:
        """The outputs of a layer, one batch at a time."""
        for rows in torch.arange(len(self.x)).split(BATCH):
            state = layer.attention.empty_state(len(rows), self.x.dtype, self.x.device)
            x, _ = layer(self.x[rows], self.start[rows], self.position[rows], state)
            yield x

    def advance(self, layer: Layer) -> None:
        """Replaces the hidden states by the outputs of a layer."""
        self.x = torch.cat(list(self.outputs(layer)))

    def inputs(self, layer: Layer, name: str) -> Iterable[Tensor]:
        """The inputs [batch x T, columns] of a matrix of the layer, one batch at a time."""
        found: list[Tensor] = []
        hook = layer.get_submodule(name).register_forward_pre_hook(
            lambda _, inputs: found.append(inputs[0].float().flatten(0, 1))
        )
        for _ in self.outputs(layer):
            yield found.pop()
        hook.remove()


def moments(
    exact: Iterable[Tensor], rounded: Iterable[Tensor], columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """Means of y y^T and (x - y) y^T over the tokens of batches x [n, columns], y [n, columns]."""
    own, cross, count = np.zeros((columns, columns)), np.zeros((columns, columns)), 0
    for x, y in zip(exact, rounded, strict=True):
        own += (y.T @ y).numpy()
        cross += ((x - y).T @ y).numpy()
        count += len(y)
    return own / count, cross / count


@torch.no_grad()
def round_layers(model: LeapFormer, tokens: np.ndarray) -> dict[str, Groups]:
    """The layers' matrices in int4, by name, for streams of tokens [B, T].

    Rounds one matrix after the other. Each is first changed so that its products with the inputs of
    the rounded model, by least squares, are those of the exact model: so it corrects the errors of
    the matrices before it.
    """
    exact, rounded = (_Streams(model, torch.from_numpy(tokens)) for _ in range(2))
    groups: dict[str, Groups] = {}
    for n, layer in enumerate(tqdm(model.layers, desc="rounding layers", disable=None)):
        own_layer = copy.deepcopy(layer)
        for part in LAYER_MATRICES:
            weight = own_layer.get_parameter(part)
            matrix, module = weight.double().numpy(), part.removesuffix(".weight")
            inputs = exact.inputs(layer, module), rounded.inputs(own_layer, module)
            moment, cross = moments(*inputs, matrix.shape[1])
            matrix = matrix + matrix @ np.linalg.solve(damped(moment), cross.T).T
            name, span = f"layers.{n}.{part}", span_of(part, model.config)
            groups[name] = round_compensated(matrix, moment, span)
            weight.copy_(torch.from_numpy(scale_groups(*groups[name], span)))
        exact.advance(layer)
        rounded.advance(own_layer)
    return groups
