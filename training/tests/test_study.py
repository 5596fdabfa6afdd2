"""The statistics of the study are those of their definitions."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from test_train import write_config

from leapformer.concentration import _span, measure
from leapformer.config import ModelConfig, RunConfig
from leapformer.files import UserError
from leapformer.model import LeapFormer
from leapformer.study import paired_interval, study
from leapformer.train import train

CONFIG = ModelConfig(60, 32, 2, 2)


def test_span_is_the_exponential_of_entropy() -> None:
    span, silent = _span(torch.tensor([[1.0, 0, 0], [2.0, 2, 0], [1.0, 1, 1], [0.0, 0, 0]]))
    torch.testing.assert_close(span[:3], torch.tensor([1.0, 2, 3]))
    assert silent.tolist() == [False, False, False, True]


@pytest.mark.parametrize("reweighting", ["leap", "static", "none"])
def test_concentration_by_the_recurrence(reweighting: str) -> None:
    """The shares p, taken from the model's own linear response: what each token adds to z."""
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
        q, k, _, log_a, _ = attention.project(n * layer.attention_norm.weight, position, states[0])
        spans = []
        for i in range(6, 12):  # the second half, token by token
            decays = [log_a[:, :, j + 1 : i + 1].sum(-1).exp() for j in range(i + 1)]
            w = torch.stack([(q[:, :, i] * k[:, :, j]).sum(-1) * d for j, d in enumerate(decays)])
            p = w / w.sum(0)
            spans.append(torch.exp(-(p * p.clamp(min=1e-30).log()).sum(0)))
    expected = torch.stack(spans).mean((0, 1))
    np.testing.assert_allclose(s.span[0], expected.numpy(), rtol=1e-4)
    assert (s.query_spread > 0).all() == (reweighting != "none")
    assert (s.span <= 12).all() and (s.distance >= 0).all() and (s.half_life > 0).all()


def test_intervals_cover_the_difference() -> None:
    random = np.random.default_rng(1)
    counts = random.integers(100, 1000, 60)
    base = random.normal(3, 0.3, (3, 60)) * counts
    mean, low, high = paired_interval(base + 0.05 * counts, base, counts)
    assert mean == pytest.approx(0.05) and low == pytest.approx(0.05) == pytest.approx(high)
    mean, low, high = paired_interval(base + random.normal(0, 0.1, (3, 60)) * counts, base, counts)
    assert low < 0 < high and low < mean < high


def test_a_study_runs_and_goes_on(prepared, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("leapformer.study.WINDOW", 24)
    path = write_config(tmp_path, steps=3)
    configs = [
        RunConfig.read(path, ["name='leap'"]),
        RunConfig.read(path, ["name='softmax'", "model.reweighting='softmax'"]),
    ]
    with monkeypatch.context() as stopped:  # as by SIGTERM, half-way
        stopped.setattr("leapformer.study.train", lambda c, d, o: train(c, d, o, until=1))
        with pytest.raises(UserError, match="was stopped before its end: the same command"):
            study(configs, [0, 1], prepared, tmp_path / "study")
    result = study(configs, [0, 1], prepared, tmp_path / "study")
    assert {len(v) for v in result["loss"].values()} == {2}
    assert list(result["differences"]) == ["leap - softmax"]
    assert json.loads((tmp_path / "study/study.json").read_text()) == result
    written = (tmp_path / "study/study.md").read_text()
    assert "| leap | 384 |" in written and written.count("\n| leap | ") == 1 + 2  # layers
    span = result["concentration"]["leap"]["span"][1]
    assert ", ".join(f"{x:.1f}" for x in span) in written
    assert (tmp_path / "study/study.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr("leapformer.study.train", lambda *_: pytest.fail("trained again"))
    assert study(configs, [0, 1], prepared, tmp_path / "study") == result
