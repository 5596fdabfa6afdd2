"""The gradients of low-rank adapters, for the playground's fine-tuning: one file for each case.

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
from leapformer.weights import LAYER_MATRICES

RANK, SCALE, CUT = 2, 1.5, 30
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
    torch.manual_seed(0)
    model = read_model(folder).double().requires_grad_(False)
    if bias is not None:
        for layer in model.layers:
            layer.attention.query_proportion.output.bias.fill_(bias)
            layer.attention.key_proportion.output.bias.fill_(-bias)
    if floor is not None:
        object.__setattr__(model.config, "denominator_floor", floor)
    names = [f"layers.{n}.{name}" for n in range(len(model.layers)) for name in LAYER_MATRICES]
    weights = {name: model.get_parameter(name) for name in names}
    factors = {}
    for name, weight in weights.items():
        rows, columns = weight.shape
        for key, shape in (("A", (RANK, columns)), ("B", (rows, RANK))):
            random = torch.randn(shape, dtype=torch.float64) / shape[1] ** 0.5
            rounded = (32 * random).round() / 32  # few digits
            factors[name, key] = rounded.requires_grad_()
    merged = {
        name: weight + SCALE * factors[name, "B"] @ factors[name, "A"]
        for name, weight in weights.items()
    }
    tokens = torch.tensor([json.loads((folder / "golden.json").read_text())["tokens"]])
    losses, state = [], model.empty_state(1)
    with patch.object(attention, "linear_attention", wraps=attention.linear_attention) as attend:
        for start, end in ((0, CUT), (CUT, tokens.shape[1] - 1)):
            logits, state = functional_call(model, merged, (tokens[:, start:end], state))
            losses.append(F.cross_entropy(logits[0], tokens[0, start + 1 : end + 1]))
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
        "segments": [tokens[0, : CUT + 1].tolist(), tokens[0, CUT:].tolist()],
        "losses": [round(loss.item(), 10) for loss in losses],
        "adapter": flat(factors.values(), 6),
        "gradient": flat(gradients, 9),
    }


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
