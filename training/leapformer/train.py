"""Training runs. The same command starts, resumes and extends a run.

A run is a folder with config.json, tokenizer.json, log.jsonl, loss.png and the last two
checkpoints. The model reads parallel streams of text and carries their states from segment to
segment; a step takes one segment of every stream, in micro-batches whose gradients are summed.
Batches are a pure function of the step, so a run resumed from a checkpoint (weights, optimizers,
carried states, step, time) gives the same result bit for bit. Under torchrun each process
takes a share of the streams; the sums are the same.
"""

import json
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from . import checkpoint
from .compiler import compiled
from .config import RunConfig
from .crossed import make_model
from .data import ReadAhead
from .evaluate import quick_loss
from .files import UserError, write_text
from .grow import initialize_from
from .inputs import Streams, open_text
from .model import UNSCORED
from .optimizer import make_optimizers, schedule
from .plot import plot_loss
from .precision import products
from .reweighting import State
from .tokenizer import load_tokenizer
from .workers import Workers

VALIDATION_TOKENS = 65_536


class Run:
    """The state of a run, and the training step."""

    def __init__(self, config: RunConfig, data: Path, workers: Workers) -> None:
        torch.manual_seed(config.seed)
        self.config, self.workers, self.step, self.seconds = config, workers, 0, 0.0
        self.model = make_model(config.model, config.dropout, config.label_smoothing)
        self.model.initialize(config.wide_proportions)
        if config.start:
            initialize_from(self.model, Path(config.start), data / "tokenizer.json")
        self.model.to(workers.device)
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.optimizers = make_optimizers(self.model, config.optimizer, config.compile)
        self.text = open_text(data)
        final = config.cooldown_data or config.data
        self.phases = [
            (self.text.streams(config.data, config.seed), workers.share(config.data)),
            (self.text.streams(final, config.seed + 1), workers.share(final)),
        ]
        self.batches = ReadAhead(self._read)
        self.rate = 0.0  # factor on the peak learning rates at the last step
        self.states: list[list[State]] = []  # for each micro-batch
        self._unread: list[Tensor] = []  # for each step: the losses of its micro-batches, the norm
        self.forward = compiled(self.model) if config.compile else self.model
        if workers.size > 1:
            self.forward = DistributedDataParallel(self.forward)

    def advance(self) -> None:
        """One step over all micro-batches.

        It reads nothing back from the device, so a GPU never waits for this process; `read_loss`
        does.
        """
        streams, shares, number = self._phase(self.step)
        if number % streams.batches_per_epoch == 0:  # new epoch: other texts
            self.states = [self.model.empty_state(len(rows)) for rows in shares]
        if self.config.dropout:  # a pure function of the step, like the batches
            key = [self.config.seed, self.step, self.workers.rank]
            torch.manual_seed(int(np.random.default_rng(key).integers(2**63)))
        losses = []
        for i, tokens in enumerate(self.batches(self.step)):
            if isinstance(self.forward, DistributedDataParallel):
                self.forward.require_backward_grad_sync = i == len(shares) - 1
            loss, self.states[i] = self._loss(tokens, self.states[i])
            (loss / len(shares)).backward()
            losses.append(loss.detach())
        norm = nn.utils.get_total_norm(
            [p.grad for p in self.model.parameters() if p.grad is not None]
        )
        self._unread.append(torch.stack([*losses, norm]))
        self._update()
        self.step += 1

    def read_loss(self) -> float:
        """The mean loss in nats per token of the steps since the last call, of all processes.

        Raises UserError if a loss or a gradient of these steps is not finite.
        """
        records = [record.tolist() for record in self._unread]
        self._unread = []
        for step, record in enumerate(records, self.step - len(records)):
            for i, value in enumerate(record):
                if not math.isfinite(value):
                    self._stop(step, i, value)
        mean = float(np.mean([np.mean(losses) for *losses, _ in records]))
        return self.workers.sum(mean)[0] / self.workers.size

    def _phase(self, step: int) -> tuple[Streams, list[range], int]:
        """The streams read at a step, the shares of this process, and the number of the batch."""
        start = self.config.cooldown_start
        streams, shares = self.phases[step >= start]
        return streams, shares, step - start if step >= start else step

    def _read(self, step: int) -> list[Tensor]:
        streams, shares, number = self._phase(step)
        return [self.workers.tensor(streams.batch(number, rows)) for rows in shares]

    def _loss(self, tokens: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        device = self.workers.device
        targets = tokens.to(device, non_blocking=True)
        x = torch.where(targets < 0, ~targets, targets)
        targets = targets.clamp(min=UNSCORED)
        with products(device, self.config.bfloat16):
            return self.forward(x[:, :-1].contiguous(), states, targets[:, 1:].contiguous())

    def _update(self) -> None:
        self.rate = schedule(self.config, self.step, self.seconds)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.rate * group["peak_lr"]
        adam = self.optimizers[1]
        clipped = [p for group in adam.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(clipped, self.config.optimizer.clip)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        # average over fewer steps early on, so that the initial weights are forgotten
        past = min(self.config.average, (1 + self.step) / (10 + self.step))
        weights = self.model.state_dict()
        torch._foreach_lerp_(list(self.average.values()), list(weights.values()), 1 - past)

    def _stop(self, step: int, index: int, value: float) -> None:
        """Raises the error for value `index` of the record of a step."""
        shares = self._phase(step)[1]
        what = f"the loss is {value}" if index < len(shares) else "the gradient is not finite"
        index = min(index, len(shares) - 1)
        rows, tokens = shares[index], self._read(step)[index]
        raise UserError(
            f"{what} at step {step}, streams {rows.start} to {rows.stop - 1}, which start "
            f"with the tokens {tokens[:, :8].tolist()}. The last checkpoint is older and valid: "
            "lower the learning rates, or set bfloat16 = false, and resume"
        )

    def state(self) -> dict:
        """The content of a checkpoint. All processes must call this."""
        return {
            "config": asdict(self.config),
            "data": self.text.digest,
            "step": self.step,
            "seconds": self.seconds,
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "states": self.workers.gather(self.states),
        }

    def restore(self, path: Path) -> None:
        """Resumes from a checkpoint. Raises UserError if it belongs to another run."""
        saved = checkpoint.load(path)
        checkpoint.check_same_run(saved, self.config, self.text.digest, path)
        self.step, self.seconds = saved["step"], saved["seconds"]
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


class Log:
    """Appends records to log.jsonl in the first process only."""

    def __init__(self, path: Path, step: int, write: bool) -> None:
        self.path, self.write = path, write
        if write:  # remove the records of steps that will run again
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
    """Yields a list that collects SIGTERM and SIGINT, which do not end the process in the block."""
    received: list[int] = []
    names = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(name, lambda number, _: received.append(number)) for name in names]
    try:
        yield received
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


def train(config: RunConfig, data: Path, out: Path, until: int | None = None) -> Path:
    """Starts or resumes the run in folder `out`; returns its last checkpoint.

    `until`: stop with a checkpoint at this step. SIGTERM and SIGINT stop after the current step,
    also with a checkpoint. Raises UserError if the data, the config or the folder do not fit, a
    loss is not finite, or the disk is full.
    """
    workers = Workers()
    first = workers.rank == 0
    run = _open_run(config, data, out, workers)
    validation = run.text.validation(VALIDATION_TOKENS)
    log = Log(out / "log.jsonl", run.step, first)
    end = min(config.steps, until or config.steps)

    begun = saved = time.monotonic()
    opened = begun - run.seconds
    logged = run.step
    done = run.step >= end or config.progress(run.step, run.seconds) >= 1
    with stop_signals() as signals:
        while not done:
            run.advance()
            due = first and time.monotonic() - saved > 60 * config.checkpoint_minutes
            seconds = first and time.monotonic() - opened
            stopping, due, run.seconds = workers.sum(len(signals), due, seconds)
            finished = config.progress(run.step, run.seconds) >= 1
            done = run.step == end or finished or stopping > 0
            if done or due or run.step % config.log_every == 0:
                loss, now = run.read_loss(), time.monotonic()
                tokens = (run.step - logged) * config.tokens_per_step
                log(
                    step=run.step,
                    tokens=run.step * config.tokens_per_step,
                    minutes=round(run.seconds / 60, 2),
                    loss=round(loss, 4),
                    rate=round(run.rate, 4),
                    tokens_per_second=round(tokens / (now - begun)),
                )
                logged, begun = run.step, now
            if run.step % config.validate_every == 0 or finished:
                if first:
                    log(step=run.step, **validate(run, validation))
                begun = time.monotonic()
            if done or due:
                state = run.state()
                if first:
                    checkpoint.save(out, state)
                    plot_loss(out / "log.jsonl", out / "loss.png")
                saved = begun = time.monotonic()
    path = checkpoint.path_at(out, run.step)
    del run  # it refers to the process group: the group's threads must end before Python does
    workers.close()
    return path


def _open_run(config: RunConfig, data: Path, out: Path, workers: Workers) -> Run:
    """A new run, or the one in folder `out` restored from its newest checkpoint."""
    # CUDA has no deterministic cumsum, so runs repeat only up to rounding there in any case
    torch.use_deterministic_algorithms(workers.device.type == "cpu")
    torch.utils.deterministic.fill_uninitialized_memory = False
    entries = load_tokenizer(data / "tokenizer.json").get_vocab_size()
    if entries != config.model.vocab_size:
        raise UserError(
            f"the tokenizer of {data} has {entries} entries, the model {config.model.vocab_size}: "
            f"set model.vocab_size={entries}, or prepare the text with --vocabulary"
        )
    run = Run(config, data, workers)
    checkpoint.require_room(out, run.model)
    path = checkpoint.latest(out)
    if path:
        run.restore(path)
    elif workers.rank == 0:
        write_text(out / "config.json", json.dumps(config.model.to_json(), indent=2) + "\n")
        write_text(out / "tokenizer.json", (data / "tokenizer.json").read_text("utf-8"))
    return run


def validate(run: Run, tokens: np.ndarray) -> dict[str, float]:
    """Loss of the last and of the averaged weights on the first tokens of the validation text."""
    model = make_model(run.config.model).to(run.workers.device)
    result = {}
    for name, weights in (("valid", run.model.state_dict()), ("valid_average", run.average)):
        model.load_state_dict(weights)
        result[name] = round(quick_loss(model, tokens, run.config.bfloat16), 4)
    return result
