"""Training runs. The same command starts, resumes and extends a run.

A run is a folder with config.json, tokenizer.json, log.jsonl, loss.png and the last two
checkpoints. The model reads parallel streams of text and carries their states from segment to
segment; a step takes one segment of every stream, in micro-batches whose gradients are summed.
Batches are a pure function of the step, so a run resumed from a checkpoint (weights, optimizers,
carried states, random state, step) gives the same result bit for bit. Under torchrun each process
takes a share of the streams; the sums are the same.
"""

import json
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
from .config import RunConfig
from .data import Documents, ReadAhead, Streams
from .evaluate import quick_loss
from .files import UserError, write_text
from .grow import initialize_from
from .model import LeapFormer, State
from .optimizer import make_optimizers, schedule
from .plot import plot_loss
from .tokenizer import load_tokenizer
from .workers import Workers

VALIDATION_TOKENS = 65_536


class Run:
    """The state of a run, and the training step."""

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
        self.states: list[list[State]] = []  # for each micro-batch
        # dynamic=False compiles each shape; a dynamic program for [cooldown_data] ran at 0.6 speed
        compiled = torch.compile(self.model, dynamic=False) if config.compile else self.model
        self.forward: nn.Module = compiled
        if workers.size > 1:
            self.forward = DistributedDataParallel(compiled)

    def advance(self) -> float:
        """One step over all micro-batches; returns the loss in nats per token.

        Raises UserError, before any weight changes, if the loss or the gradient is not finite.
        """
        streams, shares, number = self._phase(self.step)
        if number % streams.batches_per_epoch == 0:  # new epoch: other texts
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
        """The streams read at a step, the shares of this process, and the number of the batch."""
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
        # average over fewer steps early on, so that the initial weights are forgotten
        past = min(self.config.average, (1 + self.step) / (10 + self.step))
        weights = self.model.state_dict()
        torch._foreach_lerp_(list(self.average.values()), list(weights.values()), 1 - past)

    def _stop(self, what: str, tokens: np.ndarray, rows: range) -> None:
        raise UserError(
            f"{what} at step {self.step}, streams {rows.start} to {rows.stop - 1}, which start "
            f"with the tokens {tokens[:, :8].tolist()}. No weight was changed and the last "
            "checkpoint is valid: lower the learning rates, or set bfloat16 = false, and resume"
        )

    def state(self) -> dict:
        """The content of a checkpoint. All processes must call this."""
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
        """Resumes from a checkpoint. Raises UserError if it belongs to another run."""
        saved = checkpoint.load(path)
        checkpoint.check_same_run(saved["config"], saved["step"], self.config, path)
        if saved["data"] != self.data_digest:
            raise UserError(f"{path} was trained on other data: use the --data folder of that run")
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
    validation = Documents(data, "valid").tokens(VALIDATION_TOKENS)
    run = _open_run(config, data, out, workers)
    log = Log(out / "log.jsonl", run.step, first)
    end = min(config.steps, until or config.steps)

    losses: list[float] = []
    begun = saved = time.monotonic()
    with stop_signals() as signals:
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
            stopping, due = (x > 0 for x in workers.sum(len(signals), first and due))
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
    model = LeapFormer(run.config.model).to(run.workers.device)
    result = {}
    for name, weights in (("valid", run.model.state_dict()), ("valid_average", run.average)):
        model.load_state_dict(weights)
        result[name] = round(quick_loss(model, tokens, run.config.bfloat16), 4)
    return result
