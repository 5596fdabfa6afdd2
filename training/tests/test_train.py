"""Runs resume bit for bit, share work among processes, and survive being stopped."""

import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from leapformer import checkpoint
from leapformer.bench import bench, matmul_rate
from leapformer.config import RunConfig
from leapformer.files import UserError
from leapformer.precision import product_dtype
from leapformer.train import Run, _open_run, train
from leapformer.workers import Workers

TINY = """
name = "tiny"
tokens = {tokens}
compile = {compile}
bfloat16 = {bfloat16}
validate_every = 1000
log_every = 5
{top}
[model]
vocab_size = 300
hidden_size = 32
num_hidden_layers = {layers}
num_attention_heads = 2
[data]
streams = 4
segment = 32
micro_batch = 2
[cooldown_data]
streams = 2
segment = 64
micro_batch = 1
weights = {{ featured = 2 }}
[optimizer]
warmup_steps = 4
cooldown_fraction = {decay}
"""


def write_config(folder: Path, steps: int = 40, **options) -> Path:
    values = {"compile": "false", "bfloat16": "true", "top": "", "layers": 2, "decay": 0.3}
    values |= options
    path = folder / "tiny.toml"
    path.write_text(TINY.format(tokens=steps * 128, **values))
    return path


def command(config: Path, data: Path, out: Path, processes: int = 1) -> list[str]:
    # any free port: another copy of these tests may be running
    launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    start = launch if processes > 1 else []
    arguments = ["train", str(config), "--data", str(data), "--out", str(out)]
    return [sys.executable, *start, "-m", "leapformer", *arguments]


def equal(a, b) -> bool:
    """Bitwise equality of nested dictionaries, lists and tensors."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def resumed_and_whole(config: RunConfig, prepared: Path, folder: Path) -> tuple[dict, dict]:
    """The last checkpoints of a run and of the same run stopped and resumed half-way.

    Without their times, which differ.
    """
    whole = checkpoint.load(train(config, prepared, folder / "whole"))
    half = config.steps // 2
    train(config, prepared, folder / "parts", until=half)
    assert checkpoint.load(checkpoint.latest(folder / "parts"))["step"] == half
    parts = checkpoint.load(train(config, prepared, folder / "parts"))
    assert whole["step"] == config.steps
    assert whole.pop("seconds") > 0 and parts.pop("seconds") > 0
    return whole, parts


def test_a_compiled_run_resumes_bit_for_bit(prepared, tmp_path) -> None:
    options = {"compile": "true", "layers": 1, "decay": 0.0, "top": "dropout = 0.3"}
    path = write_config(tmp_path, steps=6, **options)
    assert equal(*resumed_and_whole(RunConfig.read(path), prepared, tmp_path))


def test_a_compiled_step_has_the_gradients_of_the_model(prepared, tmp_path) -> None:
    gradients = []
    for compile in ("false", "true"):
        config = write_config(tmp_path, compile=compile, layers=1, decay=0.0)
        # of these sizes, GCC 12 compiled wrong gradients in bfloat16
        sizes = ["model.hidden_size=128", "data.segment=64", "cooldown_data.segment=128"]
        run = Run(RunConfig.read(config, sizes), prepared, Workers())
        tokens = run.batches(0)[0]
        loss, _ = run._loss(tokens, run.model.empty_state(len(tokens)))
        loss.backward()
        gradients.append([parameter.grad for parameter in run.model.parameters()])
    rounded = product_dtype(torch.device("cpu")) == torch.bfloat16
    rtol, atol = (0, 0.02) if rounded else (1e-4, 1e-5)  # atol: of the largest number
    for eager, compiled in zip(*gradients, strict=True):
        largest = eager.abs().max().item()
        torch.testing.assert_close(compiled, eager, rtol=rtol, atol=atol * largest)


def test_forty_steps_equal_twenty_and_twenty(prepared, tmp_path) -> None:
    config = RunConfig.read(write_config(tmp_path))
    assert equal(*resumed_and_whole(config, prepared, tmp_path))
    records = [json.loads(line) for line in (tmp_path / "parts/log.jsonl").read_text().splitlines()]
    losses = [r["loss"] for r in records if "loss" in r]
    assert losses[-1] < losses[0] - 1
    rates = [r["rate"] for r in records if "rate" in r]
    assert rates[1] == 1 and rates[-1] == pytest.approx(1 / 12, abs=1e-4)
    assert (tmp_path / "parts/loss.png").read_bytes().startswith(b"\x89PNG")


def test_two_processes_equal_one(prepared, tmp_path) -> None:
    config = write_config(tmp_path, steps=5, bfloat16="false")
    runs = []
    for processes in (1, 2):
        out = tmp_path / str(processes)
        subprocess.run(command(config, prepared, out, processes), check=True, timeout=900)
        runs.append(checkpoint.load(checkpoint.latest(out)))
    for name, weight in runs[0]["model"].items():
        torch.testing.assert_close(weight, runs[1]["model"][name], rtol=1e-5, atol=1e-5)
    for one, two in zip(runs[0]["states"], runs[1]["states"], strict=True):
        for key in one:
            torch.testing.assert_close(one[key], two[key], rtol=1e-5, atol=1e-5)


def test_sigkill_leaves_a_loadable_checkpoint(prepared, tmp_path) -> None:
    config = write_config(tmp_path, steps=100_000, top="checkpoint_minutes = 0.0")
    out = tmp_path / "run"
    for wait in (0.0, 0.4):
        process = subprocess.Popen(command(config, prepared, out))
        before = checkpoint.latest(out)
        deadline = time.monotonic() + 600
        while checkpoint.latest(out) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(wait)
        process.kill()
        process.wait()
        path = checkpoint.latest(out)
        assert path is not None and path != before
        assert checkpoint.load(path)["step"] > 0


def test_sigterm_writes_a_checkpoint_and_stops(prepared, tmp_path) -> None:
    config = write_config(tmp_path, steps=100_000)
    out = tmp_path / "run"
    process = subprocess.Popen(command(config, prepared, out))
    deadline = time.monotonic() + 600
    while not (out / "log.jsonl").exists() or not (out / "log.jsonl").stat().st_size:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(600) == 0
    assert checkpoint.load(checkpoint.latest(out))["step"] > 0


def test_signal_handlers_are_restored_after_a_run(prepared, tmp_path) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    train(RunConfig.read(write_config(tmp_path, steps=4)), prepared, tmp_path / "run")
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_run_can_be_extended_but_not_changed(prepared, tmp_path) -> None:
    config = write_config(tmp_path, steps=6)
    train(RunConfig.read(config), prepared, tmp_path / "run", until=2)
    longer = RunConfig.read(config, ["tokens=1280"])
    assert checkpoint.load(train(longer, prepared, tmp_path / "run"))["step"] == 10
    other = RunConfig.read(config, ["tokens=1280", "optimizer.rest_lr=0.1"])
    with pytest.raises(UserError, match="belongs to a run with optimizer"):
        train(other, prepared, tmp_path / "run")
    with pytest.raises(UserError, match="is at step 10, after the cooldown"):
        train(RunConfig.read(config, ["tokens=2560"]), prepared, tmp_path / "run")


def test_a_nan_loss_stops_the_run_and_names_step_and_batch(prepared, tmp_path, monkeypatch) -> None:
    config = RunConfig.read(write_config(tmp_path))
    train(config, prepared, tmp_path / "run", until=3)
    path = checkpoint.latest(tmp_path / "run")
    state = checkpoint.load(path)
    state["model"]["layers.0.mlp.up.weight"][0, 0] = float("nan")
    checkpoint.save(tmp_path / "run", state)
    with pytest.raises(
        UserError, match=r"the loss is nan at step 3, streams 0 to 1, .* tokens \[\["
    ):
        train(config, prepared, tmp_path / "run")


def test_the_average_is_the_running_average_of_the_weights(prepared, tmp_path) -> None:
    config = RunConfig.read(write_config(tmp_path, top="average = 0.25"))
    states = [
        checkpoint.load(train(config, prepared, tmp_path / "run", until=n)) for n in range(1, 4)
    ]
    average = states[0]["average"]
    for n, state in enumerate(states[1:], 1):
        past = min(0.25, (1 + n) / (10 + n))
        for name, weight in state["model"].items():
            expected = past * average[name] + (1 - past) * weight
            torch.testing.assert_close(state["average"][name], expected)
        average = state["average"]


def test_a_full_disk_stops_a_checkpoint_and_keeps_the_last(prepared, tmp_path) -> None:
    config = RunConfig.read(write_config(tmp_path))
    path = train(config, prepared, tmp_path / "run", until=2)
    state = checkpoint.load(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 2, limits[1]))
    try:
        with pytest.raises(UserError, match=r"cannot write .*checkpoint-0000003\.pt.*free some"):
            checkpoint.save(tmp_path / "run", {**state, "step": 3})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert checkpoint.latest(tmp_path / "run") == path
    assert not list((tmp_path / "run").glob(".*"))


def test_another_vocabulary_is_refused_before_the_first_step(prepared, tmp_path) -> None:
    config = RunConfig.read(write_config(tmp_path), ["model.vocab_size=512"])
    with pytest.raises(UserError, match="300 entries, the model 512"):
        train(config, prepared, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_damaged_checkpoint_is_named_in_the_error(prepared, tmp_path) -> None:
    config = RunConfig.read(write_config(tmp_path))
    path = train(config, prepared, tmp_path / "run", until=2)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(UserError, match=f"{path.name} cannot be read"):
        train(config, prepared, tmp_path / "run")


@pytest.mark.parametrize("device, deterministic", [("cpu", True), ("cuda", False)])
def test_only_the_cpu_uses_deterministic_kernels(
    prepared, tmp_path, device: str, deterministic: bool
) -> None:
    workers = Workers()
    workers.device = torch.device(device)
    config = RunConfig.read(write_config(tmp_path), ["model.vocab_size=512"])
    torch.use_deterministic_algorithms(not deterministic)
    try:
        with pytest.raises(UserError):  # before any tensor is on the device
            _open_run(config, prepared, tmp_path / "run", workers)
        assert torch.are_deterministic_algorithms_enabled() == deterministic
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("device, batch", [("cpu", 1), ("cuda", 50)])
def test_matmul_rate_counts_the_products_between_synchronizations(
    monkeypatch: pytest.MonkeyPatch, device: str, batch: int
) -> None:
    products, synchronized = [0], []
    clock = itertools.count()
    randn = torch.randn

    class Products(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            products[0] += function is torch.ops.aten.mm.default
            return function(*args, **(kwargs or {}))

    monkeypatch.setattr(torch, "randn", lambda *shape, device: randn(*shape, device="meta"))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: synchronized.append(products[0]))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    with Products():
        rate = matmul_rate(torch.device(device), seconds=2.5)
    # the clock reads 0 at the start, 1 and 2 before two batches, 3 to stop, and 4 for the rate
    assert products[0] == 3 + 2 * batch
    assert synchronized == ([3, 53, 103] if device == "cuda" else [])
    assert rate == 2 * batch * 2 * 2048 * 1280 * 2048 / 4


def test_bench_measures_whole_steps(tmp_path) -> None:
    measured = bench(RunConfig.read(write_config(tmp_path)), steps=2)
    assert measured["tokens_per_second"] > 0 and 0 < measured["share_of_matmul"] < 1
    assert measured["parameters"] == 35_592
