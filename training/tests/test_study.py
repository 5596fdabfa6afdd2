"""The statistics of the study agree with their definitions."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT
from test_train import write_config

from leapformer.checkpoint import load_model
from leapformer.concentration import _signed_mass, _span, fixed_proportions, measure
from leapformer.config import LEARNED, UNPUBLISHED, ModelConfig
from leapformer.files import UserError
from leapformer.model import LeapFormer
from leapformer.study import Plan, difference, document_loss, study, t_quantile, table
from leapformer.train import train

CONFIG = ModelConfig(60, 32, 2, 2)


def test_span_is_the_exponential_of_entropy() -> None:
    span, silent = _span(torch.tensor([[1.0, 0, 0], [2.0, 2, 0], [1.0, 1, 1], [0.0, 0, 0]]))
    torch.testing.assert_close(span[:3], torch.tensor([1.0, 2, 3]))
    assert silent.tolist() == [False, False, False, True]


@pytest.mark.parametrize("reweighting", ["leap", "static", "none", *UNPUBLISHED])
def test_concentration_agrees_with_the_recurrence(reweighting: str) -> None:
    """The shares p are computed from each token's contribution to z."""
    torch.manual_seed(0)
    config = dataclasses.replace(CONFIG, reweighting=reweighting, static_length=8)
    model = LeapFormer(config)
    tokens = np.random.default_rng(0).integers(1, 60, (3, 12))
    tokens[:, 0] = 0
    s = measure(model, tokens)
    x = torch.from_numpy(tokens)
    states = model.empty_state(3)
    attention, layer = model.layers[0].attention, model.layers[0]
    inputs = model.embedding(x) * config.embedding_scale
    n = inputs * torch.rsqrt(inputs.square().mean(-1, keepdim=True) + 1e-6)
    position = torch.arange(12).expand(3, 12)
    with torch.no_grad():
        q, k, _, log_a, _ = attention.project(
            n * layer.attention_norm.weight, x == 0, position, states[0]
        )
        spans = []
        for i in range(6, 12):  # the second half, token by token
            decays = [log_a[:, :, j + 1 : i + 1].sum(-1).exp() for j in range(i + 1)]
            w = torch.stack([(q[:, :, i] * k[:, :, j]).sum(-1) * d for j, d in enumerate(decays)])
            p = w.abs() / w.abs().sum(0)
            spans.append(torch.exp(-(p * p.clamp(min=1e-30).log()).sum(0)))
    expected = torch.stack(spans).mean((0, 1))
    np.testing.assert_allclose(s["span"][0], expected.numpy(), rtol=1e-3)
    assert ("query_spread" in s) == (reweighting in (*LEARNED, "static")) and "gain" not in s
    assert np.max(s["span"]) <= 12 and np.min(s["distance"]) >= 0 and np.min(s["half_life"]) > 0


def test_saturated_proportions_leave_no_negative_weights() -> None:
    """cos(pi/2) is -4.4e-8 in float32, which could make weights negative if sines are small."""
    torch.manual_seed(0)
    model = LeapFormer(CONFIG)
    with torch.no_grad():
        for layer in model.layers:
            layer.attention.query_proportion.output.bias.fill_(30)
            layer.attention.key_proportion.output.bias.fill_(-17.4)
    tokens = np.random.default_rng(0).integers(1, 60, (3, 12))
    tokens[:, 0] = 0
    s = measure(model, tokens)
    assert np.min(s["distance"]) >= 0 and np.max(s["distance"]) <= 12
    assert np.max(s["span"]) <= 12
    assert np.min(s["query_mean"]) > 0.999 and np.max(s["key_mean"]) < 0.001


def test_gain_is_the_factor_of_the_floor() -> None:
    torch.manual_seed(0)
    tokens = np.random.default_rng(0).integers(1, 60, (3, 12))
    tokens[:, 0] = 0
    gains = []
    for floor in (1e-9, 1e9):
        config = dataclasses.replace(
            CONFIG, normalizer="denominator", decay=False, denominator_floor=floor
        )
        gains.append(measure(LeapFormer(config), tokens))
    assert np.allclose(gains[0]["gain"], 1) and np.allclose(gains[1]["gain"], 0)
    assert "half_life" not in gains[0]


@pytest.mark.parametrize("reweighting", ["leap", "leap-frozen"])
def test_fixed_proportions_are_the_means_of_the_heads(reweighting: str) -> None:
    torch.manual_seed(0)
    model = LeapFormer(dataclasses.replace(CONFIG, reweighting=reweighting))
    model.initialize(wide_proportions=True)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn_like(p))
    tokens = np.random.default_rng(0).integers(1, 60, (3, 12))
    tokens[:, 0] = 0
    s, before = measure(model, tokens), document_loss(model, tokens[0])
    with fixed_proportions(model, s):
        fixed, while_fixed = measure(model, tokens), document_loss(model, tokens[0])
    for side in ("query", "key"):
        np.testing.assert_allclose(fixed[f"{side}_mean"][0], s[f"{side}_mean"][0], atol=2e-4)
        assert np.max(fixed[f"{side}_spread"]) < 2e-3 < np.min(s[f"{side}_spread"])
    assert while_fixed != before == document_loss(model, tokens[0])


def test_signed_shares_sum_to_one() -> None:
    """Their absolute values sum to 1 if all values agree in sign, and to more if they cancel."""
    weights = torch.rand(1, 1, 6, 6).tril() + torch.eye(6)
    silent = torch.zeros(1, 1, 6, dtype=torch.bool)
    agreeing = torch.rand(1, 1, 6, 1) @ torch.ones(1, 1, 1, 3)
    assert _signed_mass(weights, agreeing, silent).item() == pytest.approx(1)
    u = weights @ (v := torch.randn(1, 1, 6, 3))
    shares = [
        [
            float(weights[0, 0, i, j] * (v[0, 0, j] @ u[0, 0, i]) / (u[0, 0, i] @ u[0, 0, i]))
            for j in range(6)
        ]
        for i in range(3, 6)
    ]
    assert np.allclose(np.sum(shares, 1), 1, atol=1e-4)
    expected = np.median(np.abs(shares).sum(1))
    assert _signed_mass(weights, v, silent).item() == pytest.approx(expected, rel=1e-4)


def test_softmax_attention_is_within_its_window() -> None:
    torch.manual_seed(0)
    config = dataclasses.replace(CONFIG, attention="softmax", window=4, decay=False)
    model = LeapFormer(config)
    tokens = np.random.default_rng(0).integers(1, 60, (3, 12))
    tokens[:, 0] = 0
    for layer in model.layers:  # equal weight on all tokens of the window
        torch.nn.init.zeros_(layer.attention.qkv.weight)
    s = measure(model, tokens)
    assert np.allclose(s["span"], 4) and np.allclose(s["distance"], 1.5)


def test_t_quantiles_agree_with_a_printed_table() -> None:
    printed = {1: 12.706, 2: 4.303, 4: 2.776, 9: 2.262, 30: 2.042}
    assert {f: round(t_quantile(f), 3) for f in printed} == printed


def test_an_interval_is_that_of_the_paired_t_test() -> None:
    loss = {"a": {0: 3.01, 1: 2.5, 2: 3.03, 7: 9.0}, "b": {0: 3.0, 1: 2.48, 2: 3.0, 8: 1.0}}
    d = difference("a", "b", loss)  # differences 0.01, 0.02, 0.03: margin 4.303 * 0.01 / sqrt(3)
    assert d == {
        "a": "a",
        "b": "b",
        "seeds": [0, 1, 2],
        "mean": 0.02,
        "low": -0.0048,
        "high": 0.0448,
    }
    alone = difference("a", "b", {"a": {0: 3.01}, "b": {0: 3.0}})
    assert (alone["mean"], alone["low"], alone["high"]) == (0.01, None, None)


def test_the_published_intervals_follow_from_the_published_losses() -> None:
    """docs/study-tables.md: the losses by seed give the differences that it prints."""
    printed = (ROOT / "docs/study-tables.md").read_text()
    plan = Plan.read(ROOT / "training/configs/study.toml")
    rows = re.findall(r"^\| ([\w-]+) \| ([\d,]+) \| ([\d., ]+) \|$", printed, re.M)
    loss = {name: dict(enumerate(map(float, losses.split(", ")))) for name, _, losses in rows}
    assert loss.keys() == plan.runs.keys()
    differences = [difference(a, b, loss) for a, b in plan.pairs]
    tokens = {name: int(count.replace(",", "")) for name, count, _ in rows}
    result = {"tokens": tokens, "loss": loss, "differences": differences, "concentration": {}}
    tables = table(result).split("\nMean over")[0]
    assert tables in printed


def write_plan(folder: Path) -> Path:
    path = write_config(folder, steps=3)
    top = 'seeds = [0, 1]\ncompare = [["leap", "softmax"], ["leap", "usual"]]\n'
    variants = """
[variants.leap]
[variants.softmax]
model.attention = "softmax"
[variants.usual]
seeds = [1]
wide_proportions = false
[variants.frozen]
seeds = [1]
model.reweighting = "leap-frozen"
"""
    path.write_text(top + path.read_text().replace('name = "tiny"\n', "") + variants)
    return path


def test_a_study_runs_and_resumes(prepared, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("leapformer.concentration.WINDOW", 24)
    plan = Plan.read(write_plan(tmp_path))
    assert {name: list(runs) for name, runs in plan.runs.items()} == {
        "leap": [0, 1],
        "softmax": [0, 1],
        "usual": [1],
        "frozen": [1],
    }
    out = tmp_path / "study"
    with monkeypatch.context() as stopped:  # as if SIGTERM had stopped the run
        stopped.setattr("leapformer.study.train", lambda c, d, o: train(c, d, o, until=1))
        with pytest.raises(UserError, match="was stopped before its end: run the same command"):
            study(plan, prepared, out)
    result = study(plan, prepared, out)
    assert [len(v) for v in result["loss"].values()] == [2, 2, 1, 1]
    assert [(d["a"], d["b"], d["seeds"]) for d in result["differences"]] == [
        ("leap", "softmax", [0, 1]),
        ("leap", "usual", [1]),
    ]
    for d in result["differences"]:
        losses = [np.mean([result["loss"][d[k]][s] for s in d["seeds"]]) for k in "ab"]
        assert d["mean"] == pytest.approx(losses[0] - losses[1], abs=2e-4)
    written = (out / "study.md").read_text()
    # losses, fixed proportions, means, two layers
    assert "| leap | 384 |" in written and written.count("\n| leap | ") == 1 + 1 + 1 + 2
    assert result["fixed_loss"].keys() == {"leap", "usual", "frozen"}
    span = result["concentration"]["leap"][0]["span"][1]
    assert ", ".join(f"{x:.1f}" for x in span) in written
    assert (out / "study.png").read_bytes().startswith(b"\x89PNG")
    files = {name: (out / name).read_bytes() for name in ("study.json", "study.md")}
    monkeypatch.setattr("leapformer.study.train", lambda *_: pytest.fail("trained again"))
    monkeypatch.setattr("leapformer.study.measure", lambda *_: pytest.fail("measured again"))
    for checkpoint in out.rglob("*.pt"):
        checkpoint.unlink()
    study(plan, prepared, out)
    assert files == {name: (out / name).read_bytes() for name in files}
    only = study(Plan.read(tmp_path / "tiny.toml", only=["usual"]), prepared, out)
    assert list(only["loss"]) == ["usual"] and only["differences"] == []


def test_training_changes_all_but_frozen_proportions(prepared, tmp_path) -> None:
    config = Plan.read(write_plan(tmp_path), only=["frozen"]).runs["frozen"][1]
    weights = [
        load_model(train(config, prepared, tmp_path / "run", until=step), False)[0].state_dict()
        for step in (1, 3)
    ]
    for name, value in weights[0].items():
        assert torch.equal(value, weights[1][name]) == ("_proportion." in name), name


@pytest.mark.parametrize(
    "change, message",
    [
        (('"softmax"]', '"sofmax"]'), "no variant sofmax; known are leap, softmax, usual, frozen"),
        (
            ("seeds = [1]\nwide", "seeds = [2]\nwide"),
            "leap and usual are compared but have no seed in common",
        ),
        (("model.attention", "model.attendance"), "softmax: model: unknown key 'attendance'"),
        (("variants.", "data."), "add .variants.NAME"),
    ],
)
def test_invalid_plans_are_refused(tmp_path, change, message) -> None:
    path = write_plan(tmp_path)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(UserError, match=message):
        Plan.read(path)
