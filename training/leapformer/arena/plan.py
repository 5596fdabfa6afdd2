"""The plan of the arena (arena.toml): parts, each with one task, and the runs that they need."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..config import build, read_toml
from ..files import UserError
from ..reweighting import REWEIGHTINGS
from . import field as others
from .arms import reweighted
from .linear import Attention
from .listops import ListOps
from .model import Shape
from .pathfinder import Pathfinder
from .tasks import Order, Recall, Task

ARMS: dict[str, type[Attention]] = {
    **{name: reweighted(name) for name in REWEIGHTINGS},
    "elu": others.Elu,
    "performer": others.Performer,
    "linformer": others.Linformer,
    "nystroem": others.Nystroem,
    "local": others.Local,
    "softmax": others.Softmax,
}
TASKS: dict[str, type[Task]] = {
    "recall": Recall,
    "order": Order,
    "listops": ListOps,
    "pathfinder": Pathfinder,
}


@dataclass(frozen=True)
class Part:
    """A comparison of arms on one task: a table [parts.NAME] of the plan.

    `task`: the name of a table [tasks.NAME]; `steps` of `batch` examples; `minutes`: the time that
    a run may take. With several `rates`, each arm has the best one for `rate_seed` at half length.
    `compile`: by torch.compile, for tasks whose batches have one size. `model`: keys of a Shape.
    """

    task: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    steps: int
    batch: int
    minutes: float
    rates: tuple[float, ...]
    rate_seed: int = 100
    compile: bool = False
    model: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One training run. `split`: the held-out examples that it is scored on."""

    part: str
    task: Task
    shape: Shape
    arm: str
    seed: int
    rate: float
    steps: int
    batch: int
    split: str
    minutes: float
    compile: bool

    @property
    def name(self) -> str:
        """The name of its files."""
        rate = f"-{self.rate:g}" if self.split == "valid" else ""
        return f"{self.part}-{self.arm}-{self.seed}{rate}"

    @property
    def settings(self) -> dict[str, Any]:
        """All that its result depends on, as JSON values."""
        kept = {
            key: getattr(self, key) for key in ("arm", "seed", "rate", "steps", "batch", "split")
        }
        task = {"kind": type(self.task).__name__} | asdict(self.task)
        return kept | {"task": task, "shape": asdict(self.shape)}


@dataclass(frozen=True)
class Plan:
    """The parts of an arena.toml, their tasks, and the pairs of arms that the tables compare."""

    parts: dict[str, Part]
    tasks: dict[str, Task]
    compare: list[tuple[str, str]]

    @staticmethod
    def read(
        path: Path, overrides: list[str] | None = None, only: list[str] | None = None
    ) -> "Plan":
        """`only`: names of parts. Raises UserError on unknown names and keys."""
        values = read_toml(path, overrides)
        tasks = {}
        for name, keys in values.get("tasks", {}).items():
            kind = keys.pop("kind", None)
            if kind not in TASKS:
                raise UserError(f"{path}: tasks.{name}: kind = {kind!r}: choose one of {[*TASKS]}")
            tasks[name] = build(TASKS[kind], keys, f"{path}: tasks.{name}")
        parts = {
            name: build(Part, keys, f"{path}: parts.{name}")
            for name, keys in values.get("parts", {}).items()
        }
        unknown = sorted(set(only or []) - set(parts))
        if unknown or not parts:
            known = ", ".join(parts) or "none: add [parts.NAME]"
            raise UserError(f"{path}: no part {', '.join(unknown)}; known are {known}")
        pairs = [(a, b) for a, b in values.get("compare", [])]
        for name, part in parts.items():
            if part.task not in tasks:
                raise UserError(f"{path}: parts.{name}: add a table [tasks.{part.task}]")
            for arm in part.arms:
                if arm not in ARMS:
                    raise UserError(f"{path}: no arm {arm!r}; known are {', '.join(ARMS)}")
        return Plan({name: parts[name] for name in only or parts}, tasks, pairs)

    def trials(self, name: str, arm: str) -> list[Run]:
        """The runs that choose the learning rate of an arm; none if there is only one rate."""
        part = self.parts[name]
        if len(part.rates) == 1:
            return []
        return [
            self._run(name, arm, part.rate_seed, rate, part.steps // 2, "valid")
            for rate in part.rates
        ]

    def runs(self, name: str, arm: str, rate: float) -> list[Run]:
        """The runs of an arm at a learning rate, one for each seed."""
        part = self.parts[name]
        return [self._run(name, arm, seed, rate, part.steps, "test") for seed in part.seeds]

    def _run(self, name: str, arm: str, seed: int, rate: float, steps: int, split: str) -> Run:
        part = self.parts[name]
        task = self.tasks[part.task]
        shape = build(
            Shape,
            {
                "symbols": task.symbols,
                "classes": task.classes,
                "longest": task.longest,
                "causal": task.causal,
                **part.model,
            },
            f"parts.{name}.model",
        )
        minutes = part.minutes * steps / part.steps
        return Run(
            name, task, shape, arm, seed, rate, steps, part.batch, split, minutes, part.compile
        )
