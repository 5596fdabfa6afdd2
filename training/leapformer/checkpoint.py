"""Checkpoints hold everything needed to resume a run bit for bit; they are written atomically."""

import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from .config import RunConfig, build
from .crossed import make_model
from .files import UserError, atomic, require_space
from .model import LeapFormer

FORMAT = 1
KEEP = 2  # checkpoints of a run
# A run may be resumed with other values of these keys.
_FREE = {"tokens", "minutes", "average", "checkpoint_minutes", "validate_every", "log_every"}


def save(folder: Path, state: dict[str, Any]) -> Path:
    """Writes checkpoint-STEP.pt, then removes all but the last `KEEP`."""
    path = path_at(folder, state["step"])
    with atomic(path) as file:
        torch.save({"format": FORMAT, **state}, file)
    for old in sorted(folder.glob("checkpoint-*.pt"))[:-KEEP]:
        old.unlink()
    return path


def load(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Reads a checkpoint. Raises UserError if it is damaged or has another format."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(
            f"{path} cannot be read ({error}): delete it to resume from the checkpoint before"
        ) from error
    if state.get("format") != FORMAT:
        raise UserError(
            f"{path} has another format: train with the version of leapformer that wrote it"
        )
    state.setdefault("seconds", 0.0)  # older checkpoints have none
    return state


def path_at(folder: Path, step: int) -> Path:
    """The path of the checkpoint of a step."""
    return folder / f"checkpoint-{step:07}.pt"


def latest(folder: Path) -> Path | None:
    """The newest checkpoint of a run, or None."""
    found = sorted(folder.glob("checkpoint-*.pt"))
    return found[-1] if found else None


def finished(state: dict[str, Any], config: RunConfig) -> bool:
    """True if the run of this checkpoint has read all tokens or used all minutes of `config`."""
    return config.progress(state["step"], state["seconds"]) >= 1


def require_end(folder: Path, config: RunConfig) -> Path:
    """The last checkpoint of a finished run. Raises UserError if the run was stopped earlier."""
    path = latest(folder)
    if path is None or not finished(load(path), config):
        raise UserError(f"{folder} was stopped before its end: run the same command to resume it")
    return path


def write_weights(run: Path, out: Path, averaged: bool) -> Path:
    """Writes the weights of a run as a checkpoint in folder `out`, in float16.

    It is a sixth as large, and can be exported and measured, but not resumed. `averaged`: the
    averaged weights, not the last ones. Raises UserError if the run has no checkpoint.
    """
    model, state = load_model(run, averaged)
    weights = {name: value.half() for name, value in model.state_dict().items()}
    kept = {key: state[key] for key in ("config", "data", "step", "seconds")}
    return save(out, {**kept, "model": weights, "average": weights})


def check_same_run(saved: dict[str, Any], config: RunConfig, data: str, path: Path) -> None:
    """Raises UserError unless `config` can resume the run that wrote checkpoint `path`.

    `data`: the digest of its text.
    """
    if "optimizers" not in saved:
        raise UserError(
            f"{path} has only weights: set start to its folder, and choose another --out"
        )
    if saved["data"] != data:
        raise UserError(f"{path} was trained on other data: use the --data folder of that run")
    before, step = run_config(saved["config"]), saved["step"]
    current = asdict(before)
    if step > min(before.cooldown_start, config.cooldown_start) and before.tokens != config.tokens:
        raise UserError(
            f"{path} is at step {step}, after the cooldown of the learning rate began or would "
            f"have begun: tokens = {before.tokens} can no longer become {config.tokens}; "
            "restore tokens, or start a new run from this one"
        )
    for key, value in asdict(config).items():
        if key not in _FREE and current[key] != value:
            raise UserError(
                f"{path} belongs to a run with {key} = {current[key]!r}, not {value!r}: "
                "restore the configuration or choose another --out"
            )


def require_room(folder: Path, model: torch.nn.Module) -> None:
    """Raises UserError unless the disk has room for the checkpoints of a run."""
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    require_space(folder, (KEEP + 1) * 5 * weights)


def load_model(path: Path, averaged: bool) -> tuple[LeapFormer, dict[str, Any]]:
    """The model and the content of a checkpoint file, or of the newest one in a run folder.

    `averaged`: its averaged weights instead of the last ones. Raises UserError if there is none.
    """
    if path.is_dir():
        found = latest(path)
        if found is None:
            raise UserError(f"{path} holds no checkpoint: name a run folder or a checkpoint file")
        path = found
    state = load(path)
    model = make_model(run_config(state["config"]).model)
    model.load_state_dict(state["average"] if averaged else state["model"])
    return model.eval(), state


def run_config(saved: dict[str, Any]) -> RunConfig:
    """The configuration saved in a checkpoint; keys that it lacks have their defaults."""
    return build(RunConfig, saved, "checkpoint")
