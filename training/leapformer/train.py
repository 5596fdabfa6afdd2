"""The training run. The same command starts it, resumes it, and extends it.

A run is a folder: config.json, log.jsonl, loss.png and the last two checkpoints. Streams of text
run through the model with their state carried from segment to segment; a step takes one segment of
every stream, a few streams at a time, and adds up the gradients. Batches are a pure function of
the step, so a checkpoint (weights, optimizers, carried states, random state, step) resumes to the
bit. Under torchrun each process takes its share of the streams; the sums are the same.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from . import checkpoint
from .config import DataConfig, RunConfig
from .data import Documents, ReadAhead, Streams
from .evaluate import watch
from .files import UserError, write_text
from .grow import initialize_from
from .model import LeapFormer, State
from .optimizer import make_optimizers, schedule
from .plot import plot_loss
from .tokenizer import load_tokenizer

VALIDATION_TOKENS = 65_536


class Workers:
    """The processes of a run under torchrun, or the only one."""

    def __init__(self) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", 1))
        self.rank = int(os.environ.get("RANK", 0))
        cuda = torch.cuda.is_available()
        self.device = torch.device("cpu")
        if cuda:
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
            torch.cuda.set_device(self.device)
        if self.size > 1:
            dist.init_process_group("nccl" if cuda else "gloo")

    def share(self, data: DataConfig) -> list[range]:
        """This process's streams, micro-batch by micro-batch."""
        each, rest = divmod(data.streams, self.size)
        micro = min(data.micro_batch, each)
        if rest or each % micro:
            raise UserError(
                f"{data.streams} streams in micro-batches of {data.micro_batch} cannot be shared "
                f"by {self.size} processes: choose a multiple"
            )
        begin = self.rank * each
        return [range(i, i + micro) for i in range(begin, begin + each, micro)]

    def sum(self, *values: float) -> list[float]:
        """Each value summed over the processes."""
        if self.size == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64).to(self.device, torch.float64)
        dist.all_reduce(total)
        return total.tolist()

    def gather(self, states: list[list[State]]) -> list[State]:
        """The carried states of all streams, in order, on the CPU."""
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
        if self.size > 1:
            dist.destroy_process_group()


class Run:
    """All that changes during a run, and how a step changes it."""

    def __init__(self, config: RunConfig, data: Path, workers: Workers) -> None:
        torch.manual_seed(config.seed)
        self.config, self.workers, self.step = config, workers, 0
        self.model = LeapFormer(config.model)
        self.model.initialize(config.wide_proportions)
        if config.start:
            initialize_from(self.model, Path(config.start), data / "tokenizer.json")
        self.model.to(workers.device)
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.optimizers = make_optimizers(self.model, config.optimizer)
        documents = Documents(data, "train")
        self.data_digest = documents.digest
        final = config.cooldown_data or config.data
        self.phases = [
            (Streams(documents, config.data, config.seed), workers.share(config.data)),
            (Streams(documents, final, config.seed + 1), workers.share(final)),
        ]
        self.batches = ReadAhead(self._read)
        self.states: list[list[State]] = []  # of each micro-batch
        # dynamic=False compiles each shape; a dynamic program for [cooldown_data] ran at 0.6 speed
        compiled = torch.compile(self.model, dynamic=False) if config.compile else self.model
        self.forward: nn.Module = compiled
        if workers.size > 1:
            self.forward = DistributedDataParallel(compiled)

    def advance(self) -> float:
        """One step over all its micro-batches; returns the loss in nats a token.

        Raises UserError, before any weight has changed, where a loss is not finite.
        """
        streams, shares, number = self._phase(self.step)
        if number % streams.batches_per_epoch == 0:  # other texts: nothing to carry over
            self.states = [self.model.empty_state(len(rows)) for rows in shares]
        loss = 0.0
        batches = self.batches(self.step)
        for i, (rows, tokens) in enumerate(zip(shares, batches, strict=True)):
            if isinstance(self.forward, DistributedDataParallel):
                self.forward.require_backward_grad_sync = i == len(shares) - 1
            part, self.states[i] = self._loss(tokens, self.states[i])
            if not part.isfinite():
                self._stop(f"the loss is {part.item()}", tokens, rows)
            (part / len(shares)).backward()
            loss += part.item() / len(shares)
        gradients = [p.grad for p in self.model.parameters()]
        if not nn.utils.get_total_norm(gradients).isfinite():
            self._stop("the gradient is not finite", tokens, rows)
        self._update()
        self.step += 1
        return self.workers.sum(loss)[0] / self.workers.size

    def _phase(self, step: int) -> tuple[Streams, list[range], int]:
        """The text read at a step, this process's shares of it, and the number of its batch."""
        start = self.config.cooldown_start
        streams, shares = self.phases[step >= start]
        return streams, shares, step - start if step >= start else step

    def _read(self, step: int) -> list[np.ndarray]:
        streams, shares, number = self._phase(step)
        return [streams.batch(number, rows) for rows in shares]

    def _loss(self, tokens: np.ndarray, states: list[State]) -> tuple[Tensor, list[State]]:
        device = self.workers.device
        x = torch.from_numpy(tokens).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.config.bfloat16):
            return self.forward(x[:, :-1].contiguous(), states, x[:, 1:].contiguous())

    def _update(self) -> None:
        factor = schedule(self.config, self.step)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = factor * group["peak_lr"]
        adam = self.optimizers[1]
        clipped = [p for group in adam.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(clipped, self.config.optimizer.clip)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        # early on the average is short, else it would remember the random start
        past = min(self.config.average, (1 + self.step) / (10 + self.step))
        weights = self.model.state_dict()
        torch._foreach_lerp_(list(self.average.values()), list(weights.values()), 1 - past)

    def _stop(self, what: str, tokens: np.ndarray, rows: range) -> None:
        raise UserError(
            f"{what} at step {self.step}, streams {rows.start} to {rows.stop - 1}, which begin "
            f"with the tokens {tokens[:, :8].tolist()}. No weight was changed; the last "
            "checkpoint is good. Lower the learning rates, or train without bfloat16, and resume"
        )

    def state(self) -> dict:
        """Everything a checkpoint holds (every process takes part in gathering it)."""
        return {
            "config": asdict(self.config),
            "data": self.data_digest,
            "step": self.step,
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "states": self.workers.gather(self.states),
            "random": torch.get_rng_state(),
        }

    def restore(self, path: Path) -> None:
        """Goes on from a checkpoint. Raises UserError where it belongs to another run."""
        saved = checkpoint.load(path)
        checkpoint.check_same_run(saved["config"], saved["step"], self.config, path)
        if saved["data"] != self.data_digest:
            raise UserError(f"{path} was trained on other data: prepare the same text again")
        self.step = saved["step"]
        self.model.load_state_dict(saved["model"])
        for name, value in saved["average"].items():
            self.average[name].copy_(value)
        for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        last = self.step - 1
        shares = self._phase(last)[1]
        device = self.workers.device
        self.states = [
            [{k: v[r.start : r.stop].to(device) for k, v in s.items()} for s in saved["states"]]
            for r in shares
        ]
        torch.set_rng_state(saved["random"])


class Log:
    """log.jsonl, one record a line; the first process writes it."""

    def __init__(self, path: Path, step: int, write: bool) -> None:
        self.path, self.write = path, write
        if write:  # what was logged after the checkpoint will be logged again
            lines = path.read_text().splitlines() if path.exists() else []
            kept = [line for line in lines if json.loads(line)["step"] <= step]
            write_text(path, "".join(line + "\n" for line in kept))

    def __call__(self, **record: float) -> None:
        if self.write:
            line = json.dumps(record)
            print(line, flush=True)
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(line + "\n")


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collects the SIGTERMs and SIGINTs that come inside the block, which end nothing there."""
    came: list[int] = []
    names = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(name, lambda number, _: came.append(number)) for name in names]
    try:
        yield came
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


def train(config: RunConfig, data: Path, out: Path, until: int | None = None) -> Path:
    """Trains, or goes on training, the run in folder `out`; returns its last checkpoint.

    `until`: stop with a checkpoint at this step. SIGTERM and SIGINT do the same after the current
    step. Raises UserError for whatever the user can mend.
    """
    # CUDA has no deterministic sum of prefixes: a warning there
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    torch.utils.deterministic.fill_uninitialized_memory = False
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    workers = Workers()
    first = workers.rank == 0
    entries = load_tokenizer(data / "tokenizer.json").get_vocab_size()
    if entries != config.model.vocab_size:
        raise UserError(
            f"the tokenizer of {data} has {entries} entries, the model {config.model.vocab_size}: "
            f"set model.vocab_size={entries}, or prepare the text with --vocabulary"
        )
    run = Run(config, data, workers)
    checkpoint.require_room(out, run.model)
    validation = Documents(data, "valid").tokens(VALIDATION_TOKENS)
    path = checkpoint.latest(out)
    if path:
        run.restore(path)
    elif first:
        write_text(out / "config.json", json.dumps(config.model.to_json(), indent=2) + "\n")
        write_text(out / "tokenizer.json", (data / "tokenizer.json").read_text("utf-8"))
    log = Log(out / "log.jsonl", run.step, first)
    end = min(config.steps, until or config.steps)

    losses: list[float] = []
    begun = saved = time.monotonic()
    with stop_signals() as came:
        while run.step < end:
            losses.append(run.advance())
            if run.step % config.log_every == 0 or run.step == end:
                now = time.monotonic()
                log(
                    step=run.step,
                    tokens=run.step * config.tokens_per_step,
                    loss=round(float(np.mean(losses)), 4),
                    rate=round(schedule(config, run.step - 1), 4),
                    tokens_per_second=round(len(losses) * config.tokens_per_step / (now - begun)),
                )
                losses, begun = [], now
            if run.step % config.validate_every == 0 or run.step == config.steps:
                if first:
                    log(step=run.step, **validate(run, validation))
                begun = time.monotonic()
            due = time.monotonic() - saved > 60 * config.checkpoint_minutes
            stopping, due = (x > 0 for x in workers.sum(len(came), first and due))
            if stopping or due or run.step == end:
                state = run.state()
                if first:
                    checkpoint.save(out, state)
                    plot_loss(out / "log.jsonl", out / "loss.png")
                saved = begun = time.monotonic()
            if stopping:
                break
    workers.close()
    return checkpoint.path_at(out, run.step)


def validate(run: Run, tokens: np.ndarray) -> dict[str, float]:
    """Loss on the beginning of the validation text, of the last and of the averaged weights."""
    model = LeapFormer(run.config.model).to(run.workers.device)
    result = {}
    for name, weights in (("valid", run.model.state_dict()), ("valid_average", run.average)):
        model.load_state_dict(weights)
        result[name] = round(watch(model, tokens, run.config.bfloat16), 4)
    return result
