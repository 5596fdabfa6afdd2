"""One run of the arena: trains an arm on a task and scores it on held-out examples."""

import json
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..files import UserError, atomic, read_json, write_text
from .memory import PeakMemory
from .model import Classifier
from .plan import ARMS, Run
from .tasks import Batch

CHECKPOINT_SECONDS = 60
LOG_STEPS = 100  # training loss is averaged over so many steps
TIMED_STEPS = 20  # steps before the first estimate of the time


def schedule(step: int, steps: int) -> float:
    """The share of the learning rate at a step: up over the first tenth, then down to zero."""
    warm = max(1, steps // 10)
    return min((step + 1) / warm, (steps - step) / max(1, steps - warm))


@torch.no_grad()
def score(model: nn.Module, batches: Iterator[Batch]) -> dict[str, float]:
    """Share of right answers, and loss in nats per answer, of batches on the model's device."""
    right = answers = loss = 0.0
    for batch in batches:
        logits, labels = model(batch).flatten(0, 1), batch.labels.flatten()
        right += float((logits.argmax(-1) == labels).sum())
        loss += float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
        answers += len(labels)
    return {"accuracy": right / answers, "loss": loss / answers, "answers": int(answers)}


class Training:
    """The model, the optimizer and the counters of a run."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run = run
        self.source = run.task.source(folder)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # on a busy machine, processor time says more than the time of day
        self.clock = time.perf_counter if self.device.type == "cuda" else time.process_time
        self.model = Classifier(run.shape, ARMS[run.arm])
        self.model.initialize(run.seed)
        self.model.to(self.device)
        self.loss = torch.compile(self.model.loss) if run.compile else self.model.loss
        self.timed = not run.compile  # the first step compiles
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(trained, lr=run.rate, weight_decay=0.01)
        self.counters: dict[str, Any] = {
            "step": 0,
            "tokens": 0,
            "seconds": 0.0,
            "peak_bytes": 0,
            "diverged": False,
            "losses": [],  # of training, each the mean over LOG_STEPS steps
            "recent": 0.0,
        }

    def measure_memory(self) -> None:
        """The peak of the tensors of the first step, beyond the weights."""
        batch = self.source.batch(self.run.seed, 0, self.run.batch).to(self.device)
        with PeakMemory() as memory:
            self.model.loss(batch).backward()
        self.optimizer.zero_grad()
        self.counters["peak_bytes"] = memory.peak

    def advance(self) -> None:
        """One step. A gradient that is not finite changes nothing but "diverged"."""
        run, counters, begun = self.run, self.counters, self.clock()
        step = counters["step"]
        for group in self.optimizer.param_groups:
            group["lr"] = run.rate * schedule(step, run.steps)
        batch = self.source.batch(run.seed, step, run.batch)
        loss = self.loss(batch.to(self.device))
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        if not norm.isfinite():
            counters["diverged"] = True
            return
        self.optimizer.step()
        self.optimizer.zero_grad()
        counters["recent"] += loss.item() / LOG_STEPS
        counters["step"] = step + 1
        if counters["step"] % LOG_STEPS == 0:
            counters["losses"].append(round(counters["recent"], 4))
            counters["recent"] = 0.0
        if self.timed:
            counters["tokens"] += int(batch.seen.sum())
            counters["seconds"] += self.clock() - begun
        self.timed = True

    def score(self) -> dict[str, float]:
        """Share of right answers and loss in nats per answer, over the held-out examples."""
        batches = self.source.held_out(self.run.split)
        return score(self.model, (batch.to(self.device) for batch in batches))

    def save(self, path: Path) -> None:
        state = {
            "settings": self.run.settings,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "counters": self.counters,
        }
        with atomic(path) as file:
            torch.save(state, file)

    def restore(self, path: Path) -> None:
        """Raises UserError if the checkpoint is damaged or belongs to another run."""
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise UserError(f"{path} cannot be read ({error}): delete it") from error
        _require_same(state["settings"], self.run, path)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.counters = state["counters"]


def _require_same(settings: dict, run: Run, path: Path) -> None:
    """Raises UserError unless `settings`, read from `path`, are those of the run."""
    wanted = json.loads(json.dumps(run.settings))
    if json.loads(json.dumps(settings)) != wanted:
        raise UserError(
            f"{path} belongs to a run with other settings: delete it, or choose another --out"
        )


def finished(run: Run, out: Path) -> dict | None:
    """The result of a run that has ended, or None."""
    path = out / "runs" / f"{run.name}.json"
    if not path.exists():
        return None
    result = read_json(path)
    _require_same(result["settings"], run, path)
    return result


def train(run: Run, out: Path) -> dict:
    """Starts or resumes a run; returns its result, which it also writes to runs/NAME.json.

    A killed run is resumed from its last checkpoint and ends with the same weights. A run whose
    gradient is not finite ends at that step; it is scored with the weights before. Raises
    UserError if the files of the run have other settings.
    """
    done = finished(run, out)
    if done:
        return done
    path = out / "runs" / f"{run.name}.pt"
    training = Training(run, out / "data")
    if path.exists():
        training.restore(path)
    else:
        training.measure_memory()
    counters, model = training.counters, training.model
    saved = time.monotonic()
    while counters["step"] < run.steps and not counters["diverged"]:
        training.advance()
        if counters["step"] == TIMED_STEPS:
            _report_time(run, counters["seconds"] / TIMED_STEPS)
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            training.save(path)
            saved = time.monotonic()
    del counters["recent"]
    scores = training.score()
    state_size = sum(layer.attention.state_size(run.shape.longest) for layer in model.layers)
    result = {
        "settings": run.settings,
        **{key: round(value, 4) for key, value in scores.items()},
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "state_bytes": 4 * state_size,
        **counters,
        "device": training.device.type,
        "threads": torch.get_num_threads(),
    }
    write_text(out / "runs" / f"{run.name}.json", json.dumps(result) + "\n")
    path.unlink(missing_ok=True)
    print(
        f"{run.name}: accuracy {result['accuracy']:.4f}, loss {result['loss']:.4f}, "
        f"{counters['seconds'] / 60:.1f} minutes",
        flush=True,
    )
    return result


def _report_time(run: Run, step_seconds: float) -> None:
    minutes = run.steps * step_seconds / 60
    line = f"{run.name}: {1000 * step_seconds:.0f} ms per step, {minutes:.1f} minutes in all"
    if minutes > run.minutes:
        line += f"; the plan allows {run.minutes:g}: lower steps in [parts.{run.part}]"
    print(line, flush=True)
