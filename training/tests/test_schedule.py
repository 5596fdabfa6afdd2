"""Dropout, runs of a given time, and steps without waits for the device."""

import json
from itertools import count
from types import SimpleNamespace

import pytest
import torch
from conftest import ROOT
from test_train import equal, resumed_and_whole, write_config

from leapformer import checkpoint
from leapformer.bench import synthetic_run
from leapformer.config import ModelConfig, RunConfig
from leapformer.export import training_sentence
from leapformer.files import UserError
from leapformer.model import LeapFormer
from leapformer.optimizer import Muon
from leapformer.profile import profile, table
from leapformer.train import Run, train
from leapformer.workers import Workers


def test_a_run_with_dropout_resumes_bit_for_bit(prepared, tmp_path) -> None:
    path = write_config(tmp_path, steps=6, top="dropout = 0.3", layers=1)
    whole, parts = resumed_and_whole(RunConfig.read(path), prepared, tmp_path)
    assert equal(whole, parts)
    without = RunConfig.read(path, ["dropout=0.0"])
    plain = checkpoint.load(train(without, prepared, tmp_path / "plain"))
    assert not equal(plain["model"], whole["model"])


def test_dropout_zeroes_its_share_in_training_and_nothing_else() -> None:
    config = ModelConfig(300, 32, 1, 2)
    tokens = torch.randint(0, 300, (4, 64))

    def hidden(dropout: float, training: bool) -> torch.Tensor:
        torch.manual_seed(0)
        model = LeapFormer(config, dropout).train(training)
        return model.hidden(tokens, model.empty_state(4))[0]

    plain = hidden(0.0, training=False)
    assert torch.equal(hidden(0.4, training=False), plain)
    assert torch.equal(hidden(0.0, training=True), plain)
    assert not torch.equal(hidden(0.4, training=True), plain)
    layer = LeapFormer(config, 0.4).layers[0]
    layer.attention.forward = lambda x, *_: (torch.ones_like(x), {})
    layer.mlp.forward = torch.zeros_like
    out, _ = layer(torch.zeros(8, 64, 32), None, None, {})
    assert out.unique().tolist() == pytest.approx([0, 1 / 0.6])
    assert (out == 0).float().mean() == pytest.approx(0.4, abs=0.02)


def test_each_step_and_each_seed_drops_other_numbers(tmp_path) -> None:
    masks = []
    for seed in (0, 1, 0):
        path = write_config(tmp_path, top=f"dropout = 0.3\nseed = {seed}")
        with synthetic_run(RunConfig.read(path)) as run:
            run.model.dropout.register_forward_hook(lambda *event: masks.append(event[-1] == 0))
            run.advance()
            run.advance()
    first, second, third = (torch.stack(masks[i : i + 4]) for i in (0, 4, 8))
    assert torch.equal(first, third)
    seen = torch.cat([first, second]).flatten(1).float()
    agreement = torch.tensor([[(a == b).float().mean() for a in seen] for b in seen])
    by_chance = 0.3**2 + 0.7**2
    torch.testing.assert_close(
        agreement, torch.full((8, 8), by_chance).fill_diagonal_(1.0), rtol=0, atol=0.06
    )


class Clock:
    """A clock on which each reading takes a second."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        readings = count()
        fake = SimpleNamespace(monotonic=lambda: float(next(readings)))
        monkeypatch.setattr("leapformer.train.time", fake)


def minutes_config(folder, minutes: float) -> RunConfig:
    path = write_config(folder, steps=1000, decay=1.0)
    return RunConfig.read(path, [f"minutes={minutes}", "optimizer.warmup_steps=1"])


def rates(run) -> list[float]:
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [r["rate"] for r in records if "rate" in r]


def test_the_rate_falls_to_zero_when_the_minutes_end(prepared, tmp_path, monkeypatch) -> None:
    Clock(monkeypatch)
    config = minutes_config(tmp_path, 1.0)
    run = tmp_path / "run"
    saved = checkpoint.load(train(config, prepared, run))
    assert 10 < saved["step"] < 60 <= saved["seconds"]
    assert rates(run)[0] > 0.8 and 0 < rates(run)[-1] < 0.1
    assert rates(run) == sorted(rates(run), reverse=True)
    assert checkpoint.require_end(run, config) == checkpoint.latest(run)
    assert "the learning rate fell to zero from the first step on" in training_sentence(
        config, saved, True
    )
    assert train(config, prepared, run) == checkpoint.latest(run)  # nothing is left to do


def test_the_time_of_all_calls_counts(prepared, tmp_path, monkeypatch) -> None:
    Clock(monkeypatch)
    config = minutes_config(tmp_path, 1.0)
    run = tmp_path / "run"
    first = checkpoint.load(train(config, prepared, run, until=10))
    with pytest.raises(UserError, match="stopped before its end"):
        checkpoint.require_end(run, config)
    shorter = minutes_config(tmp_path, 0.9)
    second = checkpoint.load(train(shorter, prepared, run))
    assert first["seconds"] < 54 <= second["seconds"] < 60
    assert rates(run)[-1] < 0.1 and rates(run) == sorted(rates(run), reverse=True)


def test_the_tokens_end_a_run_before_its_minutes(prepared, tmp_path) -> None:
    path = write_config(tmp_path, steps=10, decay=1.0)
    config = RunConfig.read(path, ["minutes=1000"])
    saved = checkpoint.load(train(config, prepared, tmp_path / "run"))
    assert saved["step"] == 10 and checkpoint.finished(saved, config)
    assert rates(tmp_path / "run")[-1] == pytest.approx(0.1)


def test_weights_alone_start_a_new_run_but_resume_none(prepared, tmp_path) -> None:
    config = RunConfig.read(write_config(tmp_path, steps=4))
    whole = checkpoint.load(train(config, prepared, tmp_path / "run"))
    checkpoint.write_weights(tmp_path / "run", tmp_path / "weights", averaged=False)
    tokenizer = (tmp_path / "run/tokenizer.json").read_bytes()
    (tmp_path / "weights/tokenizer.json").write_bytes(tokenizer)
    model, saved = checkpoint.load_model(tmp_path / "weights", averaged=True)
    assert saved["step"] == 4 and saved["seconds"] > 0
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(weight, whole["model"][name], rtol=0.001, atol=1e-7)
    with pytest.raises(UserError, match="has only weights"):
        train(config, prepared, tmp_path / "weights")
    following = RunConfig.read(write_config(tmp_path), [f'start="{tmp_path / "weights"}"'])
    started = Run(following, prepared, Workers()).model
    torch.testing.assert_close(started.state_dict(), model.state_dict())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("minutes=1", "set optimizer.cooldown_fraction = 1.0"),
        ("minutes=0", "minutes = 0.0 must be positive"),
        ("dropout=1", "dropout = 1.0 must be at least 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path, change, message) -> None:
    with pytest.raises(UserError, match=message):
        RunConfig.read(write_config(tmp_path), [change])


def test_a_step_reads_nothing_back(tmp_path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the process waits for the device")

    readers = ("item", "tolist", "cpu", "numpy", "__bool__", "__float__", "__int__", "__index__")
    with synthetic_run(RunConfig.read(write_config(tmp_path))) as run:
        with monkeypatch.context() as patch:
            for name in readers:
                patch.setattr(torch.Tensor, name, refuse)
            run.advance()
            with pytest.raises(AssertionError, match="waits"):
                run.read_loss()
        assert run.step == 3


def test_compiled_muon_takes_the_same_step() -> None:
    torch.manual_seed(0)
    start = [torch.randn(96, 32), torch.randn(32, 32), torch.randn(64, 32), torch.randn(32, 64)]
    gradients = [[torch.randn_like(p) for p in start] for _ in range(2)]
    results = []
    for compiled in (False, True):
        weights = [torch.nn.Parameter(p.clone()) for p in start]
        groups = [{"params": weights[:1], "blocks": 3}, {"params": weights[1:], "blocks": 1}]
        muon = Muon(groups, lr=0.1, momentum=0.9, weight_decay=0.5, compiled=compiled)
        for step in gradients:
            for weight, gradient in zip(weights, step, strict=True):
                weight.grad = gradient.clone()
            muon.step()
        results.append(weights)
    for first, eager, compiled in zip(start, *results, strict=True):
        assert (eager - first).abs().max() > 0.05
        torch.testing.assert_close(compiled, eager, rtol=0, atol=0.005)  # products in bfloat16


def test_a_profile_names_the_operations_of_a_step(tmp_path) -> None:
    result = profile(RunConfig.read(write_config(tmp_path)), steps=2)
    calls = {name: calls for name, _, calls in result["kernels"]}
    assert calls["aten::bmm"] > 10
    assert result["busy"] > 0 and result["step_ms"] > 0
    assert "aten::bmm" in table(result)


def test_every_config_for_a_gpu_can_run_by_the_clock() -> None:
    for name in ("wiki-10m", "wiki-23m", "wiki-55m"):
        RunConfig.read(ROOT / f"training/configs/{name}.toml", ["minutes=20"])
