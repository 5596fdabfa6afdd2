"""Teaches a model a text through a low-rank adapter (docs/finetuning.md).

W of the four matrices of a layer becomes W + scale B A. The loop, the start of A and the files are
those of the playground (src/model/finetuning), so both give the same adapter but for rounding.
"""

import copy
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F

from .files import UserError, atomic, read_json, write_text
from .folder import read_model
from .model import LeapFormer
from .reweighting import State
from .tokenizer import load_tokenizer

SEGMENT = 512
WARMUP_STEPS = 5
NORM_LIMIT = 1.0
CONTEXT = 2048  # tokens that are read before a place in the text, to begin there
LEAST_TOKENS = 20
CONFIG_FILE, WEIGHTS_FILE = "adapter_config.json", "adapter_model.safetensors"
TARGETS = ("attention.qkv", "attention.output", "mlp.up", "mlp.down")
TARGET_MODULES = r"layers\.\d+\.(attention\.(qkv|output)|mlp\.(up|down))"


@dataclass(frozen=True)
class Settings:
    rank: int = 8
    rate: float = 0.003  # the highest learning rate
    rounds: int = 2
    seed: int = 0


class LowRank(nn.Module):
    """A matrix and its change: x -> W x + scale B (A x)."""

    def __init__(self, base: nn.Linear, A: Tensor, B: Tensor, scale: float) -> None:
        super().__init__()
        self.base, self.scale = base, scale
        self.A, self.B = nn.Parameter(A), nn.Parameter(B)

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.scale * F.linear(F.linear(x, self.A), self.B)


def start(model: LeapFormer, rank: int, seed: int) -> dict[str, Tensor]:
    """The factors of an untrained adapter, by their names in the file: B is 0."""
    factors = {}
    for number, (name, linear) in enumerate(_targets(model).items()):
        rows, columns = linear.weight.shape
        bits = _hash(seed, number, np.arange(rank * columns, dtype=np.uint64))
        A = math.sqrt(3 / columns) * (bits / 2**31 - 1)
        factors[f"{name}.lora_A.weight"] = torch.from_numpy(A.astype(np.float32)).view(rank, -1)
        factors[f"{name}.lora_B.weight"] = torch.zeros(rows, rank)
    return factors


def adapted(model: LeapFormer, factors: dict[str, Tensor], scale: float) -> LeapFormer:
    """A copy of the model with an adapter whose factors are its only trainable parameters."""
    model = copy.deepcopy(model).requires_grad_(False)
    for name, linear in _targets(model).items():
        A, B = (factors[f"{name}.lora_{key}.weight"].clone() for key in "AB")
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, LowRank(linear, A, B, scale))
    return model


def factors_of(model: LeapFormer) -> dict[str, Tensor]:
    """Copies of the factors of an adapted model."""
    return {
        f"{name}.lora_{key}.weight": getattr(module, key).detach().clone()
        for name, module in model.named_modules()
        if isinstance(module, LowRank)
        for key in "AB"
    }


def write_adapter(
    out: Path, factors: dict[str, Tensor], scale: float, base: dict[str, str]
) -> None:
    """Writes the files of PEFT. `base` is the manifest of the model."""
    rank = next(iter(factors.values())).shape[0]
    about = {
        "peft_type": "LORA",
        "base_model_name_or_path": base["id"],
        "r": rank,
        "lora_alpha": scale * rank,
        "target_modules": TARGET_MODULES,
        "lora_dropout": 0,
        "bias": "none",
        "inference_mode": True,
    }
    tensors = {f"base_model.model.{name}": value.contiguous() for name, value in factors.items()}
    metadata = {"format": "pt", "base_digest": base["digest"]}
    with atomic(out / WEIGHTS_FILE) as file:
        file.write(save(tensors, metadata))
    write_text(out / CONFIG_FILE, json.dumps(about, indent=2) + "\n")


def read_adapter(folder: Path, digest: str) -> tuple[dict[str, Tensor], float]:
    """The factors and the scale. Raises UserError if they belong to another model."""
    about = read_json(folder / CONFIG_FILE)
    try:
        with safe_open(folder / WEIGHTS_FILE, "pt") as file:
            base = (file.metadata() or {}).get("base_digest", digest)
            names = {name.removeprefix("base_model.model."): name for name in file.keys()}  # noqa: SIM118
            factors = {short: file.get_tensor(name) for short, name in names.items()}
    except (OSError, SafetensorError) as error:
        raise UserError(f"cannot read {folder / WEIGHTS_FILE}: {error}") from error
    if base != digest:
        raise UserError(
            f"{folder} belongs to the model with the digest {base[:8]}, not to {digest[:8]}: "
            "name the model that it was made from"
        )
    return factors, about["lora_alpha"] / about["r"]


def adapt(folder: Path, text: Path, out: Path, settings: Settings) -> dict:
    """Teaches the model of a folder a text, writes the adapter to `out`, and returns the losses."""
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        if (out / name).exists():
            raise UserError(f"{out / name} exists: choose another --out")
    model, manifest = read_model(folder), read_json(folder / "manifest.json")
    content = text.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    tokens = torch.tensor([model.config.bos_token_id, *encode(folder, content)])
    started = time.perf_counter()
    factors, base, taught = teach(model, tokens, settings)
    seconds = time.perf_counter() - started
    write_adapter(out, factors, 1.0, manifest)
    facts = {"model": manifest["id"], "tokens": len(tokens)} | asdict(settings)
    return facts | {"base": base, "taught": taught, "seconds": seconds}


def encode(folder: Path, content: str) -> list[int]:
    """The ids of a text."""
    return load_tokenizer(folder / "tokenizer.json").encode(content).ids


Losses = dict[str, float]


def teach(
    model: LeapFormer, tokens: Tensor, settings: Settings
) -> tuple[dict[str, Tensor], Losses, Losses]:
    """The factors that are best on the deciding part, and the losses before and after.

    The first 70% of the tokens are learned from, the next 15% decide, the rest is unseen.
    """
    if len(tokens) < LEAST_TOKENS:
        raise UserError(f"the text has {len(tokens)} tokens: teach with at least {LEAST_TOKENS}")
    learned = int(0.7 * len(tokens))
    factors = best = start(model, settings.rank, settings.seed)
    taught = adapted(model, factors, 1.0)
    parameters = [p for p in taught.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, betas=(0.9, 0.99), weight_decay=0.0)
    base = measure(taught, tokens)
    smallest, step = base["deciding"], 0
    steps = settings.rounds * math.ceil(learned / SEGMENT)
    for _ in range(settings.rounds):
        state = taught.empty_state(1)
        for at in range(0, learned, SEGMENT):
            end = min(at + SEGMENT, learned)
            rate = settings.rate * min(1, (step + 1) / WARMUP_STEPS) * (1 - step / steps)
            optimizer.param_groups[0]["lr"] = rate
            loss, state = taught(tokens[None, at:end], state, tokens[None, at + 1 : end + 1])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, NORM_LIMIT)
            optimizer.step()
            step += 1
        deciding = measure(taught, tokens)["deciding"]
        if deciding < smallest:
            smallest, best = deciding, factors_of(taught)
    return best, base, measure(adapted(model, best, 1.0), tokens)


@torch.no_grad()
def measure(model: LeapFormer, tokens: Tensor) -> Losses:
    """Nats per token of the parts that the model does not learn from."""
    n = len(tokens)
    deciding, unseen = int(0.7 * n), int(0.85 * n)
    state = model.empty_state(1)
    _, state = _score(model, tokens, max(0, deciding - CONTEXT), deciding, state)
    first, state = _score(model, tokens, deciding, unseen, state)
    return {"deciding": first, "unseen": _score(model, tokens, unseen, n - 1, state)[0]}


def _score(
    model: LeapFormer, tokens: Tensor, begin: int, end: int, state: list[State]
) -> tuple[float, list[State]]:
    nats = 0.0
    for at in range(begin, end, SEGMENT):
        to = min(at + SEGMENT, end)
        loss, state = model(tokens[None, at:to], state, tokens[None, at + 1 : to + 1])
        nats += loss.item() * (to - at)
    return nats / (end - begin), state


def _targets(model: LeapFormer) -> dict[str, nn.Linear]:
    names = [f"layers.{n}.{target}" for n in range(len(model.layers)) for target in TARGETS]
    return {name: model.get_submodule(name) for name in names}


def _mix(x: np.ndarray | int) -> np.ndarray | int:
    """The mixing function of src/model/sampling/random.ts, modulo 2^32."""
    mask = 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x21F0AAAD) & mask
    x = ((x ^ (x >> 15)) * 0xD35A2D97) & mask
    return x ^ (x >> 15)


def _hash(seed: int, draw: int, index: np.ndarray) -> np.ndarray:
    mask = 0xFFFFFFFF
    first = _mix((_mix((seed + 0x9E3779B9) & mask) + draw) & mask)
    return _mix((index + np.uint64(first)) & np.uint64(mask))
