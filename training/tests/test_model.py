"""Parallel form = recurrent form = golden vectors, to 1e-6 in float64."""

import dataclasses
import json

import pytest
import torch
from conftest import GOLDEN, GOLDEN_MODELS

from leapformer import attention
from leapformer.attention import linear_attention, linear_attention_step
from leapformer.config import UNPUBLISHED, ModelConfig
from leapformer.folder import read_model
from leapformer.model import LeapFormer
from leapformer.reweighting import Proportion, split_by_proportion


def assert_close(actual: torch.Tensor, expected: torch.Tensor, tolerance: float = 1e-6) -> None:
    """max|a - b| <= tolerance * rms(b)."""
    bound = tolerance * expected.square().mean().sqrt()
    assert (actual - expected).abs().max() <= bound


def tensor(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def load(folder) -> LeapFormer:
    return read_model(folder).double()


def run(model: LeapFormer, tokens: list[int], sizes: list[int]) -> torch.Tensor:
    """Logits [T, vocabulary] of a stream fed in calls of the given sizes."""
    states, logits = model.empty_state(1), []
    with torch.no_grad():
        for part in torch.tensor([tokens]).split(sizes, dim=1):
            out, states = model(part, states)
            logits.append(out[0])
    return torch.cat(logits)


@pytest.mark.parametrize("case", range(3))
@pytest.mark.parametrize("form", ["parallel", "recurrent"])
def test_attention_matches_the_published_code(case: int, form: str) -> None:
    golden = json.loads((GOLDEN / "leapformer-attention.json").read_text())["cases"][case]
    e, length = golden["headDim"], golden["length"]

    def split(name: str, x: torch.Tensor) -> torch.Tensor:
        leap = golden[f"{name}Leap"]
        module = Proportion(e, len(leap["b1"]), gain=1.0).double()
        with torch.no_grad():
            module.hidden.weight.copy_(tensor(leap["w1"]))
            module.hidden.bias.copy_(tensor(leap["b1"]))
            module.output.weight.copy_(tensor([leap["w2"]]))
            module.output.bias.fill_(leap["b2"])
            parts = module(x)
        proportion = parts[1, 0, ..., 0]
        assert_close(proportion, tensor(golden[f"{name}Proportion"]))
        assert_close(parts[0, 0, ..., 0], 1 - proportion)
        return split_by_proportion(x, parts)

    q = split("query", tensor(golden["query"])[None].relu())
    k = split("key", tensor(golden["key"])[None].relu())
    v = tensor(golden["value"])[None]
    state, z = torch.zeros(1, golden["heads"], 2 * e, e).double(), torch.zeros_like(q[:, :, 0])
    start = torch.zeros(1, length, dtype=torch.bool)
    if form == "parallel":
        o, weight, state, z = linear_attention(q, k, v, None, start, state, z)
    else:
        steps = []
        for t in range(length):
            now = slice(t, t + 1)
            args = (q[:, :, now], k[:, :, now], v[:, :, now], None, start[:, now], state, z)
            o, weight, state, z = linear_attention_step(*args)
            steps.append((o, weight))
        o, weight = (torch.cat(parts, 2) for parts in zip(*steps, strict=True))
    o = o / weight.clamp(min=0.1)[..., None]
    assert_close(o[0].transpose(0, 1).reshape(length, -1), tensor(golden["output"]))
    final = golden["finalState"]
    assert_close(state[0], torch.cat([tensor(final["cos"]), tensor(final["sin"])], 1))
    assert_close(z[0], torch.cat([tensor(final["normCos"]), tensor(final["normSin"])], 1))


@pytest.mark.parametrize("folder", GOLDEN_MODELS, ids=lambda p: p.name)
@pytest.mark.parametrize("sizes", ["whole", "steps", "uneven", "chunked"])
def test_model_matches_golden(folder, sizes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, golden = load(folder), json.loads((folder / "golden.json").read_text())
    tokens = golden["tokens"]
    n = len(tokens)
    if sizes == "chunked":
        monkeypatch.setattr(attention, "CHUNK", 5)
    parts = {
        "whole": [n],
        "steps": [1] * n,
        "uneven": [17, 1, n - 18],
        "chunked": [n - n % 5, n % 5],
    }
    logits = run(model, tokens, [size for size in parts[sizes] if size])
    log_p = logits.log_softmax(-1)[:-1].gather(1, torch.tensor(tokens[1:])[:, None])[:, 0]
    assert_close(log_p, tensor(golden["logProbabilities"]))
    assert_close(logits[-1], tensor(golden["finalLogits"]))
    greedy = run(model, tokens + golden["greedy"], [n + len(golden["greedy"])])[n - 1 : -1]
    assert greedy.argmax(-1).tolist() == golden["greedy"]


SMALL = ModelConfig(vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=2)


def small(**options) -> LeapFormer:
    """A small model whose weights are all random."""
    model = LeapFormer(dataclasses.replace(SMALL, **options))
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.2 * torch.randn_like(p))
    return model


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"reweighting": "static", "static_length": 20},
        {"reweighting": "none"},
        *({"reweighting": name} for name in UNPUBLISHED),
        {"normalizer": "denominator", "decay": False, "conv_kernel": 0, "position": "sinusoidal"},
        {"attention": "softmax", "window": 16},
        {"attention": "softmax", "window": 200, "conv_kernel": 0},
    ],
    ids=str,
)
def test_parallel_equals_recurrent(options: dict) -> None:
    torch.manual_seed(0)
    model = small(**options).double()
    tokens = torch.randint(1, 40, (150,)).tolist()
    tokens[0] = tokens[61] = tokens[62] = tokens[128] = 0
    whole = run(model, tokens, [150])
    assert_close(run(model, tokens, [1] * 150), whole)
    assert_close(run(model, tokens, [64, 64, 22]), whole)
    assert_close(run(model, tokens, [128, 3, 1, 18]), whole)


@pytest.mark.parametrize("reweighting", ["leap", "leap-summed"])
def test_a_document_start_resets_the_recurrence(reweighting: str) -> None:
    torch.manual_seed(0)
    model = small(conv_kernel=0, reweighting=reweighting).double()
    alone = run(model, [0, 5, 6, 7], [4])
    assert_close(run(model, [3, 9, 4, 0, 5, 6, 7], [7])[3:], alone)


def test_wide_start_keeps_proportions_active() -> None:
    torch.manual_seed(0)
    for gain in (1.0, 8.0):
        module = Proportion(64, 16, gain)
        module.start_wide()
        proportion = module(torch.randn(4096, 64).relu() / gain)[1]
        assert 0.1 < proportion.std() < 0.4


@pytest.mark.parametrize("compiled", [False, True])
def test_proportions_near_their_ends_keep_their_precision_in_bfloat16(compiled: bool) -> None:
    module = Proportion(4, 1, gain=1.0)
    with torch.no_grad():
        module.hidden.weight.copy_(torch.tensor([[1.0, 0, 0, 0]]))
        module.hidden.bias.zero_()
        module.output.weight.fill_(9.87)
        module.output.bias.fill_(-9.87)

    def factors(x: torch.Tensor) -> torch.Tensor:
        return split_by_proportion(x, module(x))

    x = torch.ones(5, 4)
    x[:, 0] = torch.tensor([0, 0.25, 1, 1.5, 2])
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        actual = (torch.compile(factors) if compiled else factors)(x)[:, [1, 5]]
    logits = module.output.weight.item() * (x[:, :1].double() - 1)
    expected = (torch.cat([-logits, logits], 1).sigmoid() * torch.pi / 2).sin()
    torch.testing.assert_close(actual.double(), expected, rtol=2e-6, atol=0)


def test_gradients_reach_every_parameter() -> None:
    torch.manual_seed(0)
    changes = [{"attention": "softmax"}, {"normalizer": "denominator"}]
    for options in ({}, *changes, *({"reweighting": name} for name in UNPUBLISHED)):
        model = small(**options)
        tokens = torch.randint(0, 40, (2, 129))
        loss, _ = model(tokens[:, :-1], model.empty_state(2), tokens[:, 1:])
        loss.backward()
        for name, parameter in model.named_parameters():
            if options.get("reweighting") == "leap-frozen" and "_proportion." in name:
                assert parameter.grad is None, name
                continue
            assert parameter.grad is not None and parameter.grad.isfinite().all(), name
            assert parameter.grad.abs().sum() > 0, name
