"""The other kinds of attention agree with slow literal computations in float64."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from test_arena_arms import ENCODER, LENGTHS, B, inputs, make

from leapformer.arena.field import pseudo_inverse


def softmax(scores):
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    return scores / scores.sum(-1, keepdims=True)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", ["softmax", "local"])
@torch.no_grad()
def test_softmax_and_local_agree_with_their_definitions(name: str, causal: bool) -> None:
    arm, (x, seen) = make(name, dataclasses.replace(ENCODER, causal=causal)), inputs()
    for row, n in enumerate(LENGTHS):
        w = {key: value.numpy() for key, value in arm.state_dict().items()}
        q, k, v = (x[row, :n].numpy() @ w["qkv.weight"].T).reshape(n, 3, 2, 8).transpose(1, 2, 0, 3)
        behind = np.subtract.outer(np.arange(n), np.arange(n))
        hidden = (behind < 0) & causal
        if name == "local":
            hidden |= np.abs(behind) > 32
        shares = softmax(np.where(hidden, -np.inf, q @ k.transpose(0, 2, 1) / math.sqrt(8)))
        expected = (shares @ v).transpose(1, 0, 2).reshape(n, -1) @ w["output.weight"].T
        np.testing.assert_allclose(arm(x, seen)[row, :n].numpy(), expected, atol=1e-12)


@torch.no_grad()
def test_linformer_agrees_with_its_definition() -> None:
    arm, (x, seen) = make("linformer", ENCODER), inputs()
    n, w = LENGTHS[1], {key: value.numpy() for key, value in arm.state_dict().items()}
    q, k, v = (x[1, :n].numpy() @ w["qkv.weight"].T).reshape(n, 3, 2, 8).transpose(1, 2, 0, 3)
    keys, values = (w[f"{part}.weight"][:, :n] @ u for part, u in (("keys", k), ("values", v)))
    o = softmax(q @ keys.transpose(0, 2, 1) / math.sqrt(8)) @ values
    expected = o.transpose(1, 0, 2).reshape(n, -1) @ w["output.weight"].T
    np.testing.assert_allclose(arm(x, seen)[1, :n].numpy(), expected, atol=1e-12)


@torch.no_grad()
def test_nystroem_with_a_landmark_for_each_token_is_softmax() -> None:
    arm, (x, _) = make("nystroem", ENCODER), inputs()
    exact = make("softmax", ENCODER)
    exact.load_state_dict(arm.state_dict())
    x, seen = x[:, :32], torch.ones(B, 32, dtype=torch.bool)
    arm.iterations = 60  # until the pseudo-inverse has converged
    torch.testing.assert_close(arm(x, seen), exact(x, seen), rtol=1e-6, atol=1e-6)


@torch.no_grad()
def test_nystroem_agrees_with_its_definition() -> None:
    arm, (x, seen) = make("nystroem", ENCODER), inputs()
    n, w = LENGTHS[1], {key: value.numpy() for key, value in arm.state_dict().items()}
    q, k, v = (x[1, :n].numpy() @ w["qkv.weight"].T).reshape(n, 3, 2, 8).transpose(1, 2, 0, 3)
    part = np.arange(n) * 32 // n
    few_q, few_k = (
        np.stack([u[:, part == m].mean(1) for m in range(32)], 1) for u in (q / math.sqrt(8), k)
    )
    between = torch.from_numpy(softmax(few_q @ few_k.transpose(0, 2, 1)))
    read = softmax(few_q @ k.transpose(0, 2, 1)) @ v
    o = softmax(q / math.sqrt(8) @ few_k.transpose(0, 2, 1)) @ pseudo_inverse(between, 6).numpy()
    expected = (o @ read).transpose(1, 0, 2).reshape(n, -1) @ w["output.weight"].T
    np.testing.assert_allclose(arm(x, seen)[1, :n].numpy(), expected, atol=1e-9)


def test_the_pseudo_inverse_is_that_of_moore_and_penrose() -> None:
    torch.manual_seed(0)
    a = (3 * torch.randn(3, 6, 6, dtype=torch.float64)).softmax(-1)
    torch.testing.assert_close(pseudo_inverse(a, 60), torch.linalg.pinv(a), rtol=1e-6, atol=1e-6)


@torch.no_grad()
def test_performer_estimates_the_exponential_without_bias() -> None:
    arm = make("performer", ENCODER)
    q, k = 0.5 * torch.randn(1, 2, 3, 8).double(), 0.5 * torch.randn(1, 2, 3, 8).double()
    estimates = []
    for _ in range(1500):
        arm.reset_parameters()
        a, b = arm.exponents(q).exp(), arm.exponents(k).exp()
        estimates.append(a @ b.mT / a.shape[-1])
    found = torch.stack(estimates)
    error = found.std(0) / math.sqrt(len(found))
    exact = (q @ k.mT / math.sqrt(8)).exp()
    assert ((found.mean(0) - exact).abs() < 4 * error).all()
    assert (error < 0.05 * exact).all() and (exact - 1).abs().max() > 0.2  # the test can tell


@torch.no_grad()
def test_performer_agrees_with_its_definition() -> None:
    arm, (x, seen) = make("performer", ENCODER), inputs()
    n, w = LENGTHS[1], {key: value.numpy() for key, value in arm.state_dict().items()}
    q, k, v = (x[1, :n].numpy() @ w["qkv.weight"].T).reshape(n, 3, 2, 8).transpose(1, 2, 0, 3)
    result = np.zeros((n, 2, 8))
    for h, directions in enumerate(w["directions"]):
        a, b = (
            u[h] / 8**0.25 @ directions.T - (u[h] ** 2).sum(-1, keepdims=True) / 8**0.5 / 2
            for u in (q, k)
        )
        a, b = np.exp(a - a.max(-1, keepdims=True)) + 1e-4, np.exp(b - b.max()) + 1e-4
        weights = a @ b.T
        result[:, h] = weights / weights.sum(-1, keepdims=True) @ v[h]
    expected = result.reshape(n, -1) @ w["output.weight"].T
    np.testing.assert_allclose(arm(x, seen)[1, :n].numpy(), expected, atol=1e-9)
