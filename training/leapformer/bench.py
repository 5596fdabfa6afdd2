"""Measures the speed of training steps relative to plain matrix products."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from .config import RunConfig
from .files import write_text
from .precision import product_dtype
from .prepare import prepare
from .train import Run
from .workers import Workers


def matmul_rate(device: torch.device, seconds: float = 2.0) -> float:
    """FLOP/s of matrix products of a typical shape (2048 x 1280 x 2048) in `product_dtype`."""
    dtype = product_dtype(device)
    a = torch.randn(2048, 1280, device=device).to(dtype)
    b = torch.randn(1280, 2048, device=device).to(dtype)

    def multiply(times: int) -> None:
        for _ in range(times):
            a @ b
        if device.type == "cuda":
            torch.cuda.synchronize()

    # a CUDA device would be idle between a synchronization and the next launch
    batch = 50 if device.type == "cuda" else 1
    multiply(3)
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        multiply(batch)
        count += batch
    return count * 2 * 2048 * 1280 * 2048 / (time.perf_counter() - begun)


def bench(config: RunConfig, steps: int) -> dict[str, float]:
    """Times whole steps (data, forward, backward, optimizers, average) of a run on synthetic text.

    Matrix products are timed before, between and after the steps, under the same load of the
    machine. A step counts as 6 FLOP per parameter and token; attention itself is not counted.
    """
    with synthetic_run(config) as run:
        device = run.workers.device
        # a GPU would be idle between reading a loss and the next launch
        batch = 10 if device.type == "cuda" else 1
        rates, times = [matmul_rate(device)], []
        for _ in range(steps):
            begun = time.perf_counter()
            for _ in range(batch):
                run.advance()
            run.read_loss()
            times.append((time.perf_counter() - begun) / batch)
            rates.append(matmul_rate(device, 0.5))
    step, rate = float(np.median(times)), float(np.median(rates))
    parameters = sum(p.numel() for p in run.model.parameters())
    used = 6 * parameters * config.tokens_per_step / step
    return {
        "parameters": parameters,
        "tokens_per_second": round(config.tokens_per_step / step),
        "step_gflops": round(used / 1e9, 1),
        "matmul_gflops": round(rate / 1e9, 1),
        "share_of_matmul": round(used / rate, 3),
    }


@contextmanager
def synthetic_run(config: RunConfig) -> Iterator[Run]:
    """A new run of this configuration on synthetic text, after two steps, which compile it."""
    plain = replace(config.data, weights={})  # the synthetic text has one source
    config = replace(config, data=plain, cooldown_data=None)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(config, _make_text(Path(folder), config), Workers())
        for _ in range(2):
            run.advance()
        run.read_loss()
        yield run


def _make_text(folder: Path, config: RunConfig) -> Path:
    words = [f"w{i}" for i in np.random.default_rng(0).integers(0, 3000, 400_000)]
    articles = [" ".join(words[i : i + 400]) for i in range(0, len(words), 400)]
    lines = (f'{{"title": "T", "source": "text", "text": "{text}"}}\n' for text in articles)
    write_text(folder / "text.jsonl", "".join(lines))
    splits = {name: [folder / "text.jsonl"] for name in ("train", "valid")}
    prepare(splits, folder / "data", None, min(config.model.vocab_size, 2000), every=10)
    return folder / "data"
