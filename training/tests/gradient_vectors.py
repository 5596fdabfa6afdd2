"""Gradients of low-rank adapters and ten steps, for the playground's fine-tuning.

.venv/bin/python tests/gradient_vectors.py ../tests/golden
"""

import json
import sys
from pathlib import Path
from unittest.mock import patch

import torch
from torch.func import functional_call
from torch.nn import functional as F

from leapformer import attention
from leapformer.folder import read_model
from leapformer.model import LeapFormer
from leapformer.weights import LAYER_MATRICES

RANK, SCALE, CUT = 2, 1.5, 30
RATE, WARMUP, CLIP = 0.01, 3, 1.0
# the bias of the logits of the query and key proportions: 9.5 puts them within 1e-4 of 0 and 1
CASES = {
    "leap-rms-decay-conv": {},
    "leap-denominator": {"floor": 8},
    "leap-denominator-decay-conv": {"floor": 8},
    "leap-denominator-sinusoidal": {"floor": 8},
    "none-rms-decay-conv": {},
    "static-denominator": {"floor": 8},
    "odd-heads": {},
    "int4-odd-heads": {},
    "leap-rms-decay-conv, proportions at the ends": {"bias": 9.5},
}


def vectors(folder: Path, floor: float | None = None, bias: float | None = None) -> dict:
    """The losses of two segments of the golden text, and the gradient of their sum.

    The second segment continues the state of the first and has a document's start inside.
    """
    model = read_model(folder).double().requires_grad_(False)
    if bias is not None:
        for layer in model.layers:
            layer.attention.query_proportion.output.bias.fill_(bias)
            layer.attention.key_proportion.output.bias.fill_(-bias)
    if floor is not None:
        object.__setattr__(model.config, "denominator_floor", floor)
    factors, segments = random_factors(model), read_segments(folder)
    with patch.object(attention, "linear_attention", wraps=attention.linear_attention) as attend:
        losses = segment_losses(model, factors, segments)
    if floor is not None:
        below = torch.cat([sums(*call.args).flatten() < floor for call in attend.call_args_list])
        assert 0.05 < below.double().mean() < 0.95, below.double().mean()
    gradients = torch.autograd.grad(sum(losses), list(factors.values()))
    return {
        "model": folder.name,
        "denominatorFloor": floor,
        "proportionBias": bias,
        "rank": RANK,
        "scale": SCALE,
        "segments": segments,
        "losses": [round(loss.item(), 10) for loss in losses],
        "adapter": flat(factors.values(), 6),
        "gradient": flat(gradients, 9),
    }


def ten_steps(folder: Path) -> dict:
    """Ten steps of AdamW with clipping: the loss before each step, and the adapter after them."""
    model = read_model(folder).double().requires_grad_(False)
    factors, segments = random_factors(model), read_segments(folder)
    optimizer = torch.optim.AdamW(factors.values(), betas=(0.9, 0.99), weight_decay=0.0)
    losses = []
    for step in range(10):
        optimizer.param_groups[0]["lr"] = RATE * min(1, (step + 1) / WARMUP) * (1 - step / 10)
        loss = sum(segment_losses(model, factors, segments))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(factors.values(), CLIP)
        optimizer.step()
        losses.append(round(loss.item(), 10))
    settings = {"rate": RATE, "warmup": WARMUP, "clip": CLIP}
    return {
        "model": folder.name,
        **settings,
        "losses": losses,
        "adapter": flat(factors.values(), 9),
    }


Factors = dict[tuple[str, str], torch.Tensor]


def random_factors(model: LeapFormer) -> Factors:
    """A [rank, in] and B [out, rank] of every target, by the name of its weight; few digits."""
    torch.manual_seed(0)
    names = [f"layers.{n}.{name}" for n in range(len(model.layers)) for name in LAYER_MATRICES]
    factors = {}
    for name in names:
        rows, columns = model.get_parameter(name).shape
        for key, shape in (("A", (RANK, columns)), ("B", (rows, RANK))):
            random = torch.randn(shape, dtype=torch.float64) / shape[1] ** 0.5
            factors[name, key] = ((32 * random).round() / 32).requires_grad_()
    return factors


def read_segments(folder: Path) -> list[list[int]]:
    """The golden text in two segments; the last token of each is only a target."""
    tokens = json.loads((folder / "golden.json").read_text())["tokens"]
    return [tokens[: CUT + 1], tokens[CUT:]]


def segment_losses(
    model: LeapFormer, factors: Factors, segments: list[list[int]]
) -> list[torch.Tensor]:
    merged = {
        name: model.get_parameter(name) + SCALE * factors[name, "B"] @ factors[name, "A"]
        for name, _ in factors
    }
    losses, state = [], model.empty_state(1)
    for segment in segments:
        tokens = torch.tensor(segment)
        logits, state = functional_call(model, merged, (tokens[None, :-1], state))
        losses.append(F.cross_entropy(logits[0], tokens[1:]))
    return losses


def sums(*arguments: torch.Tensor) -> torch.Tensor:
    """q~ . z of every token, which the floor limits."""
    return attention.linear_attention(*arguments)[1].detach()


def flat(tensors: object, digits: int) -> list[float]:
    """All numbers, with this many significant digits."""
    return [float(f"{x:.{digits}g}") for tensor in tensors for x in tensor.flatten().tolist()]


if __name__ == "__main__":
    golden = Path(sys.argv[1])
    (golden / "gradients").mkdir(exist_ok=True)
    for case, options in CASES.items():
        content = {"case": case} | vectors(golden / "models" / case.split(",")[0], **options)
        name = case.replace(", ", "-").replace(" ", "-")
        (golden / "gradients" / f"{name}.json").write_text(json.dumps(content) + "\n")
    steps = ten_steps(golden / "models/leap-rms-decay-conv")
    (golden / "ten-steps.json").write_text(json.dumps(steps) + "\n")
