"""The processes that share a training run."""

import os

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from .config import DataConfig
from .files import UserError
from .reweighting import State


class Workers:
    """The processes of a run: one, or several under torchrun."""

    def __init__(self) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", 1))
        self.rank = int(os.environ.get("RANK", 0))
        cuda = torch.cuda.is_available()
        self.device = torch.device("cpu")
        if cuda:
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
            torch.cuda.set_device(self.device)
        if self.size > 1:
            # gloo sums numbers of the processes, so that these do not wait for their GPUs
            dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo")

    def share(self, data: DataConfig) -> list[range]:
        """The streams of this process by micro-batch. Raises UserError if shares are unequal."""
        each, rest = divmod(data.streams, self.size)
        micro = min(data.micro_batch, each)
        if rest or each % micro:
            raise UserError(
                f"{data.streams} streams in micro-batches of {data.micro_batch} cannot be shared "
                f"equally by {self.size} processes: change data.streams or data.micro_batch"
            )
        begin = self.rank * each
        return [range(i, i + micro) for i in range(begin, begin + each, micro)]

    def tensor(self, tokens: np.ndarray) -> Tensor:
        """Tokens in memory from which `device` reads without making this process wait."""
        tensor = torch.from_numpy(tokens)
        return tensor.pin_memory() if self.device.type == "cuda" else tensor

    def sum(self, *values: float) -> list[float]:
        """Each value summed over the processes."""
        if self.size == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(total)
        return total.tolist()

    def gather(self, states: list[list[State]]) -> list[State]:
        """The carried states of all streams of all processes, in order, on the CPU."""
        parts = [[{k: v.cpu() for k, v in layer.items()} for layer in s] for s in states]
        if self.size > 1:
            everyone: list = [None] * self.size
            dist.all_gather_object(everyone, parts)
            parts = [part for worker in everyone for part in worker]
        return [
            {key: torch.cat([part[i][key] for part in parts]) for key in layer}
            for i, layer in enumerate(parts[0])
        ]

    def close(self) -> None:
        """Waits for the other processes, then ends the group."""
        if self.size > 1:
            dist.barrier()
            dist.destroy_process_group()
