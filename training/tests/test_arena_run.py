"""The arena's command: runs, resumes, chooses rates and writes tables."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from leapformer.arena import speed
from leapformer.arena import train as training
from leapformer.arena.command import arena
from leapformer.arena.memory import PeakMemory
from leapformer.arena.model import Classifier
from leapformer.arena.plan import ARMS, Plan
from leapformer.arena.tables import chosen_rate, collect, interval, table, write_tables
from leapformer.arena.train import Training, schedule, train
from leapformer.files import UserError

CONFIGS = Path(__file__).parents[1] / "configs"

TINY = """
compare = [["leap", "none"]]
[tasks.recall]
kind = "recall"
length = 12
pairs = 2
keys = 4
values = 3
[tasks.listops]
kind = "listops"
shortest = 33
longest = 60
train = 24
[parts.recall]
task = "recall"
arms = ["none", "leap"]
seeds = [0, 1]
steps = 6
batch = 4
minutes = 1
rates = [0.001, 0.1]
model = { positions = false, normalizer = "rms", convolution = true, width = 16, mlp = 16 }
[parts.listops]
task = "listops"
arms = ["softmax", "nystroem"]
seeds = [0]
steps = 4
batch = 4
minutes = 1
rates = [0.01]
model = { width = 16, mlp = 16 }
"""


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    monkeypatch.setattr("leapformer.arena.tasks.HELD_OUT", 100)
    monkeypatch.setattr("leapformer.arena.pools.HELD_OUT", 50)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def plan(tmp_path) -> Plan:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return Plan.read(path)


RUNS = ("100-0.001", "100-0.1", "0", "1")  # two trials and two seeds


def test_an_arena_runs_once_and_writes_tables(plan, tmp_path, monkeypatch) -> None:
    out = tmp_path / "out"
    text = arena(plan, out, threads=1)
    names = {path.stem for path in (out / "runs").iterdir()}
    recall = [f"recall-{arm}-{run}" for arm in ("none", "leap") for run in RUNS]
    assert names == {*recall, "listops-softmax-0", "listops-nystroem-0"}
    assert text == (out / "arena.md").read_text()
    assert text.count("(cpu, 1 thread)") == 2
    results = {arm: collect(plan, "recall", out)[arm] for arm in ("none", "leap")}
    by_seed = [
        100 * (results["leap"][s]["accuracy"] - results["none"][s]["accuracy"]) for s in (0, 1)
    ]
    row = next(line for line in text.splitlines() if line.startswith("| leap - none | 2 |"))
    assert float(row.split("|")[3]) == pytest.approx(np.mean(by_seed), abs=0.06)
    low, high = map(float, row.split("|")[4].split(" to "))
    assert high - low == pytest.approx(2 * interval(by_seed), abs=0.11)
    assert (out / "recall.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(Training, "advance", lambda _: pytest.fail("trained again"))
    assert arena(plan, out, threads=1) == text


def test_speed_is_measured_for_arms_that_build_no_square_matrix(
    plan, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(speed, "LENGTHS", (40, 64))
    monkeypatch.setattr(speed, "DRAWN", 64)
    monkeypatch.setattr(speed, "TOKENS", 128)
    monkeypatch.setattr(speed, "ROUNDS", 2)
    train(plan.runs("listops", "nystroem", 0.01)[0], tmp_path)
    text = speed.compare_speed(plan, "listops", tmp_path)
    assert "| nystroem |" in text and "softmax" not in text
    speeds = json.loads((tmp_path / "speed.json").read_text())["tokens_per_second"]
    assert [len(speeds["nystroem"][n]) for n in ("40", "64")] == [2, 2]
    assert min(speeds["nystroem"]["64"]) > 0
    assert (tmp_path / "listops-speed.png").read_bytes().startswith(b"\x89PNG")


def test_the_best_rate_of_the_trials_is_used(plan, tmp_path) -> None:
    assert chosen_rate(plan, "recall", "leap", tmp_path) is None
    for run, loss in zip(plan.trials("recall", "leap"), (1.2, 1.1), strict=True):
        assert (run.steps, run.split, run.seed) == (3, "valid", 100)
        path = tmp_path / "runs" / f"{run.name}.json"
        path.parent.mkdir(exist_ok=True)
        result = {"settings": run.settings, "accuracy": 0.5, "loss": loss}
        path.write_text(json.dumps(result))
    assert chosen_rate(plan, "recall", "leap", tmp_path) == 0.1
    assert plan.trials("listops", "softmax") == []
    assert chosen_rate(plan, "listops", "softmax", tmp_path) == 0.01


def test_a_killed_run_ends_with_the_same_result(plan, tmp_path, monkeypatch) -> None:
    run = plan.runs("recall", "leap", 0.01)[0]
    whole = train(run, tmp_path / "whole")
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1)  # after each step
    advance = Training.advance

    def killed(self: Training) -> None:
        if self.counters["step"] == 4:
            raise KeyboardInterrupt
        advance(self)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            train(run, tmp_path / "killed")
    other = dataclasses.replace(run, rate=0.02)
    with pytest.raises(UserError, match="other settings"):
        train(other, tmp_path / "killed")
    steps = []
    monkeypatch.setattr(Training, "advance", lambda self: (steps.append(1), advance(self)))
    resumed = train(run, tmp_path / "killed")
    assert len(steps) == 2
    same = [key for key in whole if key != "seconds"]
    assert {key: whole[key] for key in same} == {key: resumed[key] for key in same}
    assert [path.name for path in (tmp_path / "killed/runs").iterdir()] == [f"{run.name}.json"]


def test_training_learns(plan, tmp_path) -> None:
    run = dataclasses.replace(plan.runs("recall", "none", 0.03)[0], steps=120, batch=16)
    result = train(run, tmp_path)
    assert result["accuracy"] > 0.6


def test_a_run_that_diverges_ends_and_is_scored(plan, tmp_path) -> None:
    run = dataclasses.replace(plan.runs("recall", "none", 1e20)[0], steps=20)
    result = train(run, tmp_path)
    assert result["diverged"] and 0 < result["step"] < 20 and 0 <= result["accuracy"] <= 1
    assert f"(diverged at step {result['step']})" in table(plan, "recall", {"none": {0: result}})


def test_the_rate_rises_over_a_tenth_and_falls_to_zero() -> None:
    rates = [schedule(step, 100) for step in range(101)]
    assert rates[0] == 0.1 and rates[9] == rates[10] == 1 and rates[55] == 0.5 and rates[100] == 0


def test_the_peak_counts_tensors_that_are_alive_together() -> None:
    with PeakMemory() as memory:
        a = torch.zeros(1000)
        b = a + 1  # 8,000 bytes
        a.add_(1)
        b.view(10, 100)
        del a
        b * 2
    assert memory.peak == 8000 and memory.now == 4000


@pytest.mark.parametrize("name", ["arena", "arena-gpu"])
def test_the_committed_plans_are_valid(name: str) -> None:
    plan = Plan.read(CONFIGS / f"{name}.toml")
    for part in plan.parts:
        for arm in plan.parts[part].arms:
            for run in plan.runs(part, arm, 0.1):
                Classifier(run.shape, ARMS[arm])
    named = {arm for part in plan.parts.values() for arm in part.arms}
    assert {arm for pair in plan.compare for arm in pair} <= named
    if name == "arena":
        assert named == set(ARMS)
        assert list(Plan.read(CONFIGS / "arena.toml", only=["order"]).parts) == ["order"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('parts.recall.arms=["nothing"]', "no arm 'nothing'"),
        ('parts.recall.task="nothing"', r"add a table \[tasks.nothing\]"),
        ('tasks.recall.kind="nothing"', "choose one of"),
        ("parts.listops.model.width=0.5", "parts.listops.model: width = 0.5 must be int"),
        ("parts.listops.model.decay=true", "need a causal task"),
    ],
)
def test_wrong_plans_are_named(tmp_path, change: str, message: str) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    with pytest.raises(UserError, match=message):
        plan = Plan.read(path, [change])
        plan.runs("listops", "softmax", 0.1)
    with pytest.raises(UserError, match="no part nothing; known are recall, listops"):
        Plan.read(path, only=["nothing"])


def test_tables_of_no_results_are_empty(plan, tmp_path) -> None:
    assert write_tables(plan, tmp_path) == ""
