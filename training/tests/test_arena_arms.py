"""The arms of the arena agree with slow literal computations in float64."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from leapformer.arena.field import Performer
from leapformer.arena.linear import Attention, Linear
from leapformer.arena.model import Classifier, Shape
from leapformer.arena.plan import ARMS
from leapformer.arena.tasks import Batch
from leapformer.files import UserError

ENCODER = Shape(20, 3, longest=80, causal=False, width=16, heads=2, mlp=32)
DECODER = Shape(20, 3, 80, True, 16, 2, 2, 32, False, "rms", decay=True, convolution=True)
LINEAR = [name for name, arm in ARMS.items() if issubclass(arm, Linear)]
CAUSAL = [name for name in ARMS if name not in ("linformer", "nystroem")]
B, N, LENGTHS = 2, 71, (71, 33)


def make(name: str, shape: Shape) -> Attention:
    """An arm in float64 whose weights are all random."""
    torch.manual_seed(0)
    arm = ARMS[name](shape).double()
    if hasattr(arm, "reset_parameters"):
        arm.reset_parameters()
    with torch.no_grad():
        for p in arm.parameters():
            p.add_(0.3 * torch.randn_like(p))
    return arm


def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    seen = torch.arange(N) < torch.tensor(LENGTHS)[:, None]
    return torch.randn(B, N, 16, dtype=torch.float64), seen


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def proportion(w: dict, name: str, x):
    hidden = relu(x @ w[f"{name}.hidden.weight"].T + w[f"{name}.hidden.bias"])
    return sigmoid(hidden @ w[f"{name}.output.weight"][0] + w[f"{name}.output.bias"][0])


def weight(name: str, w: dict, h: int, q, k, x, i: int, j: int, n: int) -> float:
    """The weight of key j for query i in head h, before decay: q, k [n, h, e], x [n, d]."""
    e = q.shape[-1]
    qi, kj = q[i, h], k[j, h]
    plain = relu(qi) / math.sqrt(e) @ relu(kj)
    if name == "none":
        return plain
    if name == "none-twice":
        more = w["more.weight"].reshape(2, 2, e, -1)[:, h]
        return plain + relu(more[0] @ x[i]) / math.sqrt(e) @ relu(more[1] @ x[j])
    if name == "none-gate":
        return plain * math.exp(w["gate"][h] @ relu(kj))
    if name in ("leap", "leap-frozen"):
        of_query = proportion(w, "query_proportion", relu(qi) / math.sqrt(e))
        of_key = proportion(w, "key_proportion", relu(kj))
        return plain * math.cos(math.pi / 2 * (of_query - of_key))
    if name == "static":
        return plain * math.cos(math.pi / 2 * (i - j) / n)
    if name == "leap-summed":
        steps = np.log1p(np.exp(x @ w["step.weight"][h] + w["step.bias"][h]))
        between = steps[: i + 1].sum() - steps[: j + 1].sum()
        cosines = np.cos(between * 10 ** np.linspace(0, -2.5, e))
        return (relu(qi) / math.sqrt(e) * relu(kj)) @ cosines
    if name == "elu":
        return (np.where(qi > 0, qi + 1, np.exp(qi))) @ (np.where(kj > 0, kj + 1, np.exp(kj)))
    raise ValueError(name)


def literal(name: str, arm: Attention, x, n: int, shape: Shape) -> np.ndarray:
    """The output of a linear arm for the first n tokens x [n, d] of a text, pair by pair."""
    w = {key: value.numpy() for key, value in arm.state_dict().items()}
    u = x @ w["qkv.weight"].T
    if shape.convolution:
        padded = np.concatenate([np.zeros((3, u.shape[1])), u])
        u = np.stack([(padded[t : t + 4].T * w["convolution.weight"]).sum(-1) for t in range(n)])
    q, k, v = u.reshape(n, 3, shape.heads, shape.head_size).transpose(1, 0, 2, 3)
    total = shape.longest if shape.causal else n
    result = np.zeros((n, shape.heads, shape.head_size))
    for h in range(shape.heads):
        log_a = np.zeros(n)
        if shape.decay:
            log_a = np.log(sigmoid(x @ w["decay.weight"][h] + w["decay.bias"][h]))
        for i in range(n):
            keys = range(i + 1) if shape.causal else range(n)
            fall = [math.exp(log_a[j + 1 : i + 1].sum()) if shape.causal else 1.0 for j in keys]
            weights = [
                weight(name, w, h, q, k, x, i, j, total) * d
                for j, d in zip(keys, fall, strict=True)
            ]
            o = sum(weights[j] * v[j, h] for j in keys)
            if shape.normalizer == "rms":
                scale = w["output_norm.weight"].reshape(shape.heads, -1)[h]
                result[i, h] = o / np.sqrt((o * o).mean() + 1e-6) * scale
            else:
                if name == "leap-summed":
                    weights = [
                        weight("none", w, h, q, k, x, i, j, n) * d
                        for j, d in zip(keys, fall, strict=True)
                    ]
                result[i, h] = o / max(sum(weights), arm.floor)
    return result.reshape(n, -1) @ w["output.weight"].T


@pytest.mark.parametrize("form", ["encoder", "decoder", "paper"])
@pytest.mark.parametrize("name", [name for name in LINEAR if name != "performer"])
@torch.no_grad()
def test_linear_arms_agree_with_their_definitions(name: str, form: str) -> None:
    shape = DECODER if form == "decoder" else dataclasses.replace(ENCODER, causal=form == "paper")
    arm, (x, seen) = make(name, shape), inputs()
    row = 1  # the shorter text: padding must change nothing
    expected = literal(name, arm, x[row, : LENGTHS[row]].numpy(), LENGTHS[row], shape)
    found = arm(x, seen)[row, : LENGTHS[row]].numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def model(name: str, shape: Shape) -> Classifier:
    made = Classifier(shape, ARMS[name])
    made.initialize(0)
    return made.double()


def batch(shape: Shape) -> Batch:
    generator = np.random.default_rng(0)
    tokens = generator.integers(0, 20, (B, N))
    asked = np.tile(np.arange(N), (B, 1)) if shape.causal else None
    return Batch.of(tokens, np.zeros((B, 1)), asked, np.array(LENGTHS))


@pytest.mark.parametrize("shape", [ENCODER, DECODER], ids=["encoder", "decoder"])
@pytest.mark.parametrize("name", ARMS)
def test_arms_begin_with_the_same_weights(name: str, shape: Shape) -> None:
    if name not in CAUSAL and shape.causal:
        with pytest.raises(UserError, match="no causal form"):
            Classifier(shape, ARMS[name])
        return
    base, other = model("none", shape).state_dict(), model(name, shape).state_dict()
    linear = issubclass(ARMS[name], Linear)
    shared = base.keys() if linear else [k for k in base if "decay" not in k and "norm" not in k]
    for key in shared:
        assert torch.equal(base[key], other[key]), key


@pytest.mark.parametrize("name", CAUSAL)
@torch.no_grad()
def test_a_causal_model_does_not_read_ahead(name: str) -> None:
    shape = DECODER
    arm, whole = model(name, shape), batch(shape)
    changed = dataclasses.replace(whole, tokens=whole.tokens.clone())
    changed.tokens[:, 40:] = (changed.tokens[:, 40:] + 1) % 20
    before, after = arm(whole), arm(changed)
    # performer divides all keys by one factor, which the normalizer cancels up to its epsilon
    tolerance = 1e-2 if ARMS[name] is Performer else 1e-9
    torch.testing.assert_close(before[:, :40], after[:, :40], rtol=0, atol=tolerance)
    assert (before[:, 40:] - after[:, 40:]).abs().max() > 1e-2


BLIND = ["none", "none-twice", "none-gate", "leap", "leap-frozen", "elu", "performer", "softmax"]


@pytest.mark.parametrize("name", [*BLIND, "static", "leap-summed"])
@torch.no_grad()
def test_without_positions_most_arms_cannot_tell_the_order(name: str) -> None:
    """The output of a bidirectional model stays the same if the tokens are permuted. That of
    static stays the same if they are reversed, because its cosine is even."""
    shape = dataclasses.replace(ENCODER, positions=False)
    arm, texts = model(name, shape), batch(shape)
    for p in arm.parameters():
        p.add_(0.1 * torch.randn_like(p))
    rows = texts.tokens[:1, :]
    texts = Batch.of(rows.numpy(), np.zeros((1, 1)))
    permuted = Batch.of(rows[:, torch.randperm(N)].numpy(), np.zeros((1, 1)))
    reversed_ = Batch.of(rows.flip(1).numpy(), np.zeros((1, 1)))
    same = [torch.allclose(arm(texts), arm(other), atol=1e-9) for other in (permuted, reversed_)]
    assert same == {"static": [False, True], "leap-summed": [False, False]}.get(name, [True, True])


def test_frozen_proportions_get_no_gradient_and_leap_does() -> None:
    for name, trained in (("leap", True), ("leap-frozen", False)):
        arm, texts = model(name, ENCODER), batch(ENCODER)
        arm.loss(texts).backward()
        weights = [p for key, p in arm.named_parameters() if "proportion" in key]
        assert len(weights) == 2 * 8 and all((p.grad is not None) == trained for p in weights)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("none", 2 * 8 * 9),
        ("none-twice", 2 * 16 * 9),
        ("leap", 2 * 16 * 9),
        ("leap-summed", 2 * (16 * 8 + 8 + 1)),
        ("softmax", 2 * 80 * 16),
        ("local", 2 * 65 * 16),
        ("linformer", 2 * 64 * 16),
    ],
)
def test_state_sizes(name: str, numbers: int) -> None:
    assert ARMS[name](ENCODER).state_size(80) == numbers
