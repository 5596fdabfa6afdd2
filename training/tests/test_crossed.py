"""The encoder and decoder with cross-attention, against its definition on separate sequences."""

import math

import pytest
import torch
from torch import Tensor

from leapformer.attention import Attention, rms
from leapformer.config import UNPUBLISHED, ModelConfig, OptimizerConfig
from leapformer.crossed import (
    CrossAttention,
    CrossedLeapFormer,
    SidedAttention,
    make_model,
    target_side,
)
from leapformer.files import UserError
from leapformer.folder import check_free
from leapformer.model import LeapFormer
from leapformer.optimizer import make_optimizers
from leapformer.reweighting import split_by_proportion
from leapformer.translate.rules import BOS, END, OFFLINE, OVER, READ, WRITE, stream

DIRECTION = 5


def make(**overrides: object) -> CrossedLeapFormer:
    torch.manual_seed(1)
    settings = {
        "vocab_size": 60,
        "hidden_size": 16,
        "num_attention_heads": 2,
        "num_hidden_layers": 4,
        "proportion_hidden_size": 16,
        "encoder_layers": 2,
    }
    model = make_model(ModelConfig(**settings | overrides)).double()
    assert isinstance(model, CrossedLeapFormer)
    for parameter in model.parameters():  # no branch is zero, and no norm is one
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def sentence(k: float, seed: int, length: int = 6) -> list[int]:
    random = torch.Generator().manual_seed(seed)
    units = torch.randint(8, 60, (2 * length + 1, 2), generator=random).tolist()
    return stream(units[:length], units[length:], DIRECTION, k)[0]


def sides(tokens: list[int]) -> list[bool]:
    """By the rules of a stream, one token at a time."""
    found, writing = [], False
    for token in tokens:
        if token == BOS:
            writing = False
        writing = writing or token == WRITE
        found.append(writing)
        writing = writing and token not in (READ, END)
    return found


@pytest.mark.parametrize("cut", [1, 7, 64])
def test_the_side_of_a_token_follows_the_rules_across_segments(cut: int) -> None:
    tokens = sentence(3, 0) + sentence(1, 1)[:-3] + sentence(OFFLINE, 2)
    found, before = [], torch.tensor([False])
    for begin in range(0, len(tokens), cut):
        part = torch.tensor([tokens[begin : begin + cut]])
        side = target_side(part, before)
        found += side[0].tolist()
        before = side[:, -1] & ~((part[:, -1] == READ) | (part[:, -1] == END))
    assert found == sides(tokens)


def test_attention_of_one_side_alone_is_the_usual_attention() -> None:
    config = make().config
    sided, usual = SidedAttention(config).double(), Attention(config).double()
    usual.load_state_dict(sided.state_dict())
    x, start = torch.randn(2, 9, 16, dtype=torch.float64), torch.zeros(2, 9, dtype=torch.bool)
    state = usual.empty_state(2, torch.float64, x.device)
    side = {"side": torch.ones(2, 9, dtype=torch.bool)}
    expected, found = usual(x, start, start, state), sided(x, start, start, state | side)
    torch.testing.assert_close(found, expected)


def cross(attention: CrossAttention, x: Tensor, memory: Tensor, read: list[int]) -> Tensor:
    """Cross-attention by its definition: query i [t, d] sees the first read[i] rows of memory."""
    heads, e = attention.config.num_attention_heads, attention.config.head_size
    q = torch.relu(attention.query(x).view(-1, heads, e)) / math.sqrt(e)
    k, v = (part.view(-1, heads, e) for part in attention.key_value(memory).chunk(2, -1))
    k = torch.relu(k)
    if attention.config.reweighting == "leap":
        q = split_by_proportion(q, attention.query_proportion(q))
        k = split_by_proportion(k, attention.key_proportion(k))
    rows = []
    for i, seen in enumerate(read):
        scores = torch.einsum("he,she->hs", q[i], k[:seen])
        rows.append(rms(torch.einsum("hs,she->he", scores, v[:seen]), 1e-6).flatten())
    return attention.output(torch.stack(rows) * attention.output_norm.weight)


def by_definition(model: CrossedLeapFormer, tokens: list[int]) -> Tensor:
    """The decoder's output at the target tokens of one sentence, from two separate sequences."""
    c, target = model.config, torch.tensor(sides(tokens))
    ids = torch.tensor(tokens)
    read = (~target).cumsum(0)[target].tolist()

    def attend(layer: torch.nn.Module, x: Tensor, first: bool) -> Tensor:
        start = torch.zeros(1, len(x), dtype=torch.bool)
        start[0, 0] = first
        state = layer.attention.empty_state(1, x.dtype, x.device)
        state["side"] = torch.ones(1, len(x), dtype=torch.bool)
        normed = rms(x, c.rms_norm_eps) * layer.attention_norm.weight
        return x + layer.attention(normed[None], start, start.long(), state)[0][0]

    def mlp(layer: torch.nn.Module, x: Tensor) -> Tensor:
        return x + layer.mlp(rms(x, c.rms_norm_eps) * layer.mlp_norm.weight)

    memory = model.embedding(ids[~target]) * c.embedding_scale
    for layer in model.layers[: c.encoder_layers]:
        memory = mlp(layer, attend(layer, memory, True))
    memory = rms(memory, c.rms_norm_eps) * model.encoder_norm.weight
    x = model.embedding(ids[target]) * c.embedding_scale
    for layer in model.layers[c.encoder_layers :]:
        x = attend(layer, x, False)
        normed = rms(x, c.rms_norm_eps) * layer.cross_norm.weight
        x = mlp(layer, x + cross(layer.cross_attention, normed, memory, read))
    return rms(x, c.rms_norm_eps) * model.final_norm.weight


@pytest.mark.parametrize("overrides", [{}, {"reweighting": "none"}, {"conv_kernel": 0}])
@pytest.mark.parametrize("k", [1, 3, OFFLINE])
@torch.no_grad()
def test_a_stream_equals_encoder_and_decoder_on_separate_sequences(
    k: float, overrides: dict
) -> None:
    model, tokens = make(**overrides), sentence(k, 3)
    found = model.hidden(torch.tensor([tokens]), model.empty_state(1))[0][0]
    torch.testing.assert_close(found[torch.tensor(sides(tokens))], by_definition(model, tokens))


@pytest.mark.parametrize("conv_kernel", [0, 4])
@torch.no_grad()
def test_segments_and_single_tokens_give_the_same(conv_kernel: int) -> None:
    model = make(conv_kernel=conv_kernel)
    sentences = [sentence(1, 4), sentence(3, 5, 3), sentence(OFFLINE, 6)]
    stream = [token for tokens in sentences for token in tokens]
    tokens, target = torch.tensor([stream]), torch.tensor(sides(stream))
    whole = model.hidden(tokens, model.empty_state(1))[0][:, target]
    if conv_kernel == 0:  # a convolution sees three tokens of the sentence before
        parts = [model.hidden(torch.tensor([s]), model.empty_state(1))[0] for s in sentences]
        torch.testing.assert_close(torch.cat(parts, 1)[:, target], whole)
    for cut in (1, 11):
        states, parts = model.empty_state(1), []
        for begin in range(0, tokens.shape[1], cut):
            part, states = model.hidden(tokens[:, begin : begin + cut], states)
            parts.append(part)
        torch.testing.assert_close(torch.cat(parts, 1)[:, target], whole)


def test_gradients_reach_every_parameter_and_each_has_one_optimizer() -> None:
    model = make().float()
    tokens = torch.tensor([sentence(2, 7)])
    loss, _ = model(tokens[:, :-1], model.empty_state(1), tokens[:, 1:])
    loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and bool(parameter.grad.abs().sum() > 0), name
    groups = [group for o in make_optimizers(model, OptimizerConfig()) for group in o.param_groups]
    assert sorted(p.numel() for g in groups for p in g["params"]) == sorted(
        p.numel() for p in model.parameters()
    )
    blocks = {g["blocks"]: len(g["params"]) for g in groups if "blocks" in g}
    assert blocks == {3: 4, 2: 2, 1: 2 + 2 + 4 + 4 + 4}


def test_it_is_as_large_as_the_single_stream_of_the_study() -> None:
    shape = {"vocab_size": 4096, "hidden_size": 256, "num_attention_heads": 4}
    single = LeapFormer(ModelConfig(**shape, num_hidden_layers=5))
    crossed = make_model(
        ModelConfig(**shape, num_hidden_layers=4, encoder_layers=2, intermediate_size=1152)
    )
    sizes = [sum(p.numel() for p in m.parameters()) for m in (single, crossed)]
    assert abs(sizes[1] / sizes[0] - 1) < 0.01


def test_it_is_not_published_and_needs_a_decoder(tmp_path) -> None:
    config = make().config
    assert config.to_json()["encoder_layers"] == 2
    assert "encoder_layers" not in ModelConfig().to_json()
    with pytest.raises(UserError, match="an encoder is a control"):
        check_free(config, tmp_path)
    for name in UNPUBLISHED:
        with pytest.raises(UserError, match=f"reweighting {name} is a control"):
            check_free(ModelConfig(reweighting=name), tmp_path)
    for wrong in (
        {"encoder_layers": 4},
        {"attention": "softmax"},
        {"reweighting": "static"},
        {"reweighting": "none-twice"},
    ):
        with pytest.raises(UserError, match="encoder_layers"):
            make(**wrong)
    assert OVER not in (WRITE, READ, END)
