"""Muon for the large matrices, AdamW for all other parameters, one schedule for both."""

from collections import defaultdict

import torch
from torch import Tensor, nn

from . import compiler
from .config import OptimizerConfig, RunConfig
from .precision import product_dtype

# The matrices that Muon steps, and the number of matrices that each parameter stacks.
_BLOCKS = {
    "attention.qkv.weight": 3,
    "attention.more.weight": 2,
    "attention.key_value.weight": 2,
    "attention.query.weight": 1,
    "attention.output.weight": 1,
    "mlp.up.weight": 1,
    "mlp.down.weight": 1,
}


def orthogonalize(matrices: Tensor, steps: int = 5) -> Tensor:
    """Approximates the nearest semi-orthogonal matrices of [n, rows, columns].

    The singular values of the result are between 0.7 and 1.2.

    Newton-Schulz iteration X <- a X + (b XX^T + c (XX^T)^2) X in `product_dtype`, with the
    coefficients of Muon (Keller Jordan et al., 2024).
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.to(product_dtype(matrices.device))
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.transpose(-1, -2).contiguous()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.transpose(-1, -2)
        polynomial = torch.baddbmm(square, square, square, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return (x.transpose(-1, -2) if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, then `orthogonalize`: equal step sizes in all directions of a matrix.

    A parameter that stacks several matrices (qkv: three) is orthogonalized block by block; the step
    is scaled by sqrt(max(1, rows / columns)) of a block. `compiled`: run as one compiled program.
    """

    def __init__(
        self, groups: list[dict], lr: float, momentum: float, weight_decay: float, compiled: bool
    ) -> None:
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._apply = compiler.compiled(_apply) if compiled else _apply

    @torch.no_grad()
    def step(self) -> None:
        members = []
        for group in self.param_groups:
            # as a tensor, a new rate is no new program
            lr = torch.full((), group["lr"], device=group["params"][0].device)
            for parameter in group["params"]:
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                settings = (group["blocks"], group["momentum"], group["weight_decay"])
                members.append((parameter, parameter.grad, state["momentum"], lr, *settings))
        self._apply(members)


def _apply(members: list[tuple[Tensor, Tensor, Tensor, Tensor, int, float, float]]) -> None:
    """Steps of Muon: (parameter, gradient, momentum buffer, rate, blocks, momentum, decay)."""
    same_shape = defaultdict(list)  # one batched product is faster than many small ones
    for parameter, gradient, buffer, lr, blocks, momentum, weight_decay in members:
        buffer.mul_(momentum).add_(gradient)
        update = gradient.add(buffer, alpha=momentum).unflatten(0, (blocks, -1))
        same_shape[update.shape[1:]].append((update, parameter, lr, weight_decay))
    for (rows, columns), group in same_shape.items():
        updates = orthogonalize(torch.cat([update for update, *_ in group]))
        parts = updates.split([len(update) for update, *_ in group])
        scale = max(1.0, rows / columns) ** 0.5
        for (_, parameter, lr, weight_decay), part in zip(group, parts, strict=True):
            parameter.mul_(1 - lr * weight_decay)
            parameter.sub_(part.reshape(parameter.shape) * (lr * scale))


def make_optimizers(
    model: nn.Module, config: OptimizerConfig, compiled: bool = False
) -> list[torch.optim.Optimizer]:
    """[Muon, AdamW]; each parameter is in exactly one group.

    Only Muon is compiled: fused AdamW is a few kernels, however many parameters there are.
    """
    named = {n: p for n, p in model.named_parameters() if p.requires_grad}
    matrices = {n: p for n, p in named.items() if n.endswith(tuple(_BLOCKS))}
    proportions = {n: p for n, p in named.items() if "_proportion." in n}
    rest = [p for n, p in named.items() if n not in matrices and n not in proportions]
    by_blocks = defaultdict(list)
    for name, parameter in matrices.items():
        blocks = next(blocks for end, blocks in _BLOCKS.items() if name.endswith(end))
        by_blocks[blocks].append(parameter)
    muon = Muon(
        [{"params": params, "blocks": blocks} for blocks, params in by_blocks.items()],
        lr=config.matrix_lr,
        momentum=config.momentum,
        weight_decay=config.weight_decay,
        compiled=compiled,
    )
    groups = [{"params": rest, "lr": config.rest_lr}]
    if proportions:
        groups.append({"params": list(proportions.values()), "lr": config.proportion_lr})
    adam = torch.optim.AdamW(groups, betas=config.betas, weight_decay=0.0, fused=True)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return [muon, adam]


def schedule(config: RunConfig, step: int, seconds: float) -> float:
    """Factor on the peak learning rates at a step, after `seconds` of training.

    Warm-up, constant, linear cooldown to zero.
    """
    warm = min(1.0, (step + 1) / max(1, config.optimizer.warmup_steps))
    left = 1 - config.progress(step, seconds)
    cooldown = config.optimizer.cooldown_fraction
    return warm * (left / cooldown if left < cooldown else 1.0)
