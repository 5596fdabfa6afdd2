"""Checkpoints: everything that decides the rest of a run, written whole or not at all."""

import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from .config import RunConfig, build
from .files import UserError, atomic, require_space
from .model import LeapFormer

FORMAT = 1
KEEP = 2
# A run may be resumed with other values of these: they change no number, or only the future.
_FREE = {"tokens", "average", "checkpoint_minutes", "validate_every", "log_every"}


def save(folder: Path, state: dict[str, Any]) -> Path:
    """Writes checkpoint-STEP.pt and then removes all but the last two."""
    path = path_at(folder, state["step"])
    with atomic(path) as file:
        torch.save({"format": FORMAT, **state}, file)
    for old in sorted(folder.glob("checkpoint-*.pt"))[:-KEEP]:
        old.unlink()
    return path


def load(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Reads a checkpoint. Raises UserError where it is damaged or of another format."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(
            f"{path} cannot be read ({error}): delete it, the run resumes from the one before"
        ) from error
    if state.get("format") != FORMAT:
        raise UserError(f"{path} is of another format: train with the version that wrote it")
    return state


def path_at(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step is or will be."""
    return folder / f"checkpoint-{step:07}.pt"


def latest(folder: Path) -> Path | None:
    """The newest checkpoint of a run, if there is one."""
    found = sorted(folder.glob("checkpoint-*.pt"))
    return found[-1] if found else None


def require_end(folder: Path, steps: int) -> Path:
    """The checkpoint of a run's last step. Raises UserError where the run was stopped before."""
    path = path_at(folder, steps)
    if not path.exists():
        raise UserError(f"{folder} was stopped before its end: the same command goes on")
    return path


def check_same_run(saved: dict[str, Any], step: int, config: RunConfig, path: Path) -> None:
    """Raises UserError where `config` is not the run that the checkpoint of a step belongs to."""
    before = run_config(saved)
    current = asdict(before)
    if step > min(before.cooldown_start, config.cooldown_start) and before.tokens != config.tokens:
        raise UserError(
            f"{path} stands at step {step}, where the learning rate falls or would "
            f"have fallen: tokens = {before.tokens} cannot become {config.tokens} any more"
        )
    for key, value in asdict(config).items():
        if key not in _FREE and current[key] != value:
            raise UserError(
                f"{path} belongs to a run with {key} = {current[key]!r}, not {value!r}: "
                "restore the configuration or choose another --out"
            )


def require_room(folder: Path, model: torch.nn.Module) -> None:
    """Raises UserError unless the checkpoints of a run will fit on the disk."""
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    require_space(folder, (KEEP + 1) * 5 * weights)


def load_model(path: Path, averaged: bool) -> tuple[LeapFormer, dict[str, Any]]:
    """The model of a checkpoint file or run folder (newest), averaged weights or the last ones."""
    if path.is_dir():
        found = latest(path)
        if found is None:
            raise UserError(f"{path} holds no checkpoint")
        path = found
    state = load(path)
    model = LeapFormer(run_config(state["config"]).model)
    model.load_state_dict(state["average"] if averaged else state["model"])
    return model.eval(), state


def run_config(saved: dict[str, Any]) -> RunConfig:
    """The configuration that a checkpoint was written under (keys newer than it: defaults)."""
    return build(RunConfig, saved, "checkpoint")
