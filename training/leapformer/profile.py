"""Profiles training steps: time by kernel, idle time of the device, and waits for it."""

import time

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity

from .bench import synthetic_run
from .config import RunConfig

ROWS = 30  # kernels in the table


def profile(config: RunConfig, steps: int) -> dict:
    """Times the kernels (on a CPU: the operations) of whole steps on synthetic text.

    `kernels`: [name, ms per step, calls per step], the longest first. `busy`: the time of all
    kernels / the time of a step; a profiled step is slower than another. `waits`: calls per step by
    which the process waits for the device, by name.
    """
    with synthetic_run(config) as run:
        cuda = run.workers.device.type == "cuda"
        activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if cuda else [])]
        with torch.profiler.profile(activities=activities) as profiler:
            begun = time.perf_counter()
            for _ in range(steps):
                run.advance()
            if cuda:
                torch.cuda.synchronize()
            step = 1000 * (time.perf_counter() - begun) / steps
    kind = DeviceType.CUDA if cuda else DeviceType.CPU
    kernels, waits = [], {}
    for event in profiler.key_averages():
        calls = event.count / steps
        time_us = event.self_device_time_total if cuda else event.self_cpu_time_total
        if event.device_type == kind and not event.is_user_annotation and time_us > 0:
            kernels.append([event.key, time_us / 1000 / steps, calls])
        if "Synchronize" in event.key:
            waits[event.key] = calls
    kernels.sort(key=lambda kernel: -kernel[1])
    return {
        "step_ms": step,
        "tokens_per_second": 1000 * config.tokens_per_step / step,
        "busy": sum(ms for _, ms, _ in kernels) / step,
        "launches": sum(calls for *_, calls in kernels),
        "memory_gb": torch.cuda.max_memory_allocated() / 1e9 if cuda else None,
        "waits": waits,
        "kernels": kernels,
    }


def table(result: dict) -> str:
    """The result as text."""
    lines = [
        f"a step takes {result['step_ms']:.1f} ms ({result['tokens_per_second']:,.0f} tokens/s "
        f"under the profiler), has {result['launches']:.0f} kernels, and keeps the device busy for "
        f"{result['busy']:.0%} of that time"
    ]
    if result["memory_gb"]:
        lines.append(f"peak memory {result['memory_gb']:.1f} GB")
    waits = ", ".join(f"{name} {calls:.2f}" for name, calls in result["waits"].items())
    lines.append(f"waits for the device per step (one is of the profile itself): {waits or 'none'}")
    lines.append("  share  ms/step    calls/step  kernel")
    total = sum(ms for _, ms, _ in result["kernels"])
    for name, ms, calls in result["kernels"][:ROWS]:
        lines.append(f"{ms / total:7.1%} {ms:8.3f} {calls:13.1f}  {name[:90]}")
    return "\n".join(lines)
