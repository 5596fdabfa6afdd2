"""Runs a plan: the trials that choose learning rates, then all seeds, then the tables."""

from pathlib import Path

import torch

from .memory import keep_freed_memory
from .plan import Plan
from .tables import chosen_rate, write_tables
from .train import train


def arena(plan: Plan, out: Path, threads: int) -> str:
    """Trains the runs of the plan that are missing in `out`, one after another; returns the tables.

    It can be killed and started again at any time. Seeds are the outer loop, so that the first
    seeds of all arms are known early.
    """
    keep_freed_memory()
    torch.set_num_threads(threads)
    # CUDA has no deterministic cumsum, so runs repeat only up to rounding there in any case
    torch.use_deterministic_algorithms(not torch.cuda.is_available())
    torch.utils.deterministic.fill_uninitialized_memory = False
    for name, part in plan.parts.items():
        rates = {}
        for arm in part.arms:
            for trial in plan.trials(name, arm):
                train(trial, out)
            rates[arm] = chosen_rate(plan, name, arm, out)
        for number in range(len(part.seeds)):
            for arm in part.arms:
                train(plan.runs(name, arm, rates[arm])[number], out)
            write_tables(plan, out)
    return write_tables(plan, out)
