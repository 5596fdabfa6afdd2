"""Muon for the large matrices, AdamW for all other parameters, one schedule for both."""

from collections import defaultdict

import torch
from torch import Tensor, nn

from .config import OptimizerConfig, RunConfig

_MATRICES = ("attention.qkv.weight", "attention.output.weight", "mlp.up.weight", "mlp.down.weight")


def orthogonalize(matrices: Tensor, steps: int = 5) -> Tensor:
    """Approximates the nearest semi-orthogonal matrices of [n, rows, columns].

    The singular values of the result are between 0.7 and 1.2.

    Newton-Schulz iteration X <- a X + (b XX^T + c (XX^T)^2) X in bfloat16, with the coefficients of
    Muon (Keller Jordan et al., 2024).
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.transpose(-1, -2).contiguous()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.transpose(-1, -2)
        x = a * x + (b * square + c * square @ square) @ x
    return (x.transpose(-1, -2) if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, then `orthogonalize`: equal step sizes in all directions of a matrix.

    A parameter that stacks several matrices (qkv: three) is orthogonalized block by block; the step
    is scaled by sqrt(max(1, rows / columns)) of a block.
    """

    def __init__(self, groups: list[dict], lr: float, momentum: float, weight_decay: float) -> None:
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        same_shape = defaultdict(list)  # one batched product is faster than many small ones
        for group in self.param_groups:
            for parameter in group["params"]:
                buffer = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                buffer.mul_(group["momentum"]).add_(parameter.grad)
                update = parameter.grad.add(buffer, alpha=group["momentum"])
                update = update.unflatten(0, (group["blocks"], -1))
                same_shape[update.shape[1:]].append((parameter, update, group))
        for (rows, columns), members in same_shape.items():
            updates = orthogonalize(torch.cat([update for _, update, _ in members]))
            parts = updates.split([len(update) for _, update, _ in members])
            for (parameter, _, group), part in zip(members, parts, strict=True):
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                scale = max(1.0, rows / columns) ** 0.5
                parameter.add_(part.reshape(parameter.shape), alpha=-group["lr"] * scale)


def make_optimizers(model: nn.Module, config: OptimizerConfig) -> list[torch.optim.Optimizer]:
    """[Muon, AdamW]; each parameter is in exactly one group."""
    named = dict(model.named_parameters())
    matrices = {n: p for n, p in named.items() if n.endswith(_MATRICES)}
    proportions = {n: p for n, p in named.items() if "_proportion." in n}
    rest = [p for n, p in named.items() if n not in matrices and n not in proportions]
    stacked = [p for n, p in matrices.items() if "qkv" in n]
    single = [p for n, p in matrices.items() if "qkv" not in n]
    muon = Muon(
        [{"params": stacked, "blocks": 3}, {"params": single, "blocks": 1}],
        lr=config.matrix_lr,
        momentum=config.momentum,
        weight_decay=config.weight_decay,
    )
    groups = [{"params": rest, "lr": config.rest_lr}]
    if proportions:
        groups.append({"params": list(proportions.values()), "lr": config.proportion_lr})
    adam = torch.optim.AdamW(groups, betas=config.betas, weight_decay=0.0, fused=True)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return [muon, adam]


def schedule(config: RunConfig, step: int) -> float:
    """Factor on the peak learning rates at a step: warm-up, constant, linear cooldown to zero."""
    warm = min(1.0, (step + 1) / max(1, config.optimizer.warmup_steps))
    if step < config.cooldown_start:
        return warm
    return warm * (config.steps - step) / (config.steps - config.cooldown_start)
