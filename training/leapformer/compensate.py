"""Rounds a matrix to int4 so that its products with typical inputs change little.

A row w that is rounded to v changes its products with inputs x by (w - v)^T H (w - v) on average,
where H is the mean of x x^T. This error is reduced in two steps:

1. GPTQ (arXiv 2210.17323): column by column, and the columns after a column compensate for its
   error. Each group has that scale, of several, whose group then has the smallest error.
2. In turns: the scales of a row by least squares, and its integers one after the other, each to the
   best value while everything else is fixed.
"""

import numpy as np

from .weights import CLIPS, GROUP, Groups, round_int4, scale_groups, to_scales

DAMPING = 0.01  # added to the diagonal of H, as a share of its mean
TURNS = 3  # of step 2


def error(matrix: np.ndarray, rounded: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """The mean squared change of each row's products: [rows]."""
    difference = matrix - rounded
    return ((difference @ moment) * difference).sum(1)


def damped(moment: np.ndarray) -> np.ndarray:
    """A moment with `DAMPING`, so that it has an inverse."""
    return moment + DAMPING * np.diag(moment).mean() * np.eye(len(moment))


def round_compensated(matrix: np.ndarray, moment: np.ndarray, span: int) -> Groups:
    """A matrix [rows, columns] as int4, for inputs with the moment H [columns, columns].

    Groups end with each `span` columns.
    """
    moment = damped(moment)
    integers, scales = _round_in_order(matrix, moment, span)
    for _ in range(TURNS):
        scales = _fit_scales(matrix, moment, span, integers, scales)
        integers = _descend(matrix, moment, span, integers, scales)
    return integers.astype(np.int8), scales


def _groups(columns: int, span: int) -> list[slice]:
    """The columns of each group."""
    return [
        slice(first, min(first + GROUP, start + span))
        for start in range(0, columns, span)
        for first in range(start, start + span, GROUP)
    ]


def _round_in_order(matrix: np.ndarray, moment: np.ndarray, span: int) -> Groups:
    """Step 1. Row i of `factor` holds how the columns after i compensate for the error of i."""
    columns = matrix.shape[1]
    factor = np.linalg.cholesky(np.linalg.inv(moment)).T.astype(np.float32)
    left = matrix.astype(np.float32)
    integers, scales = np.empty_like(left), []
    for group in _groups(columns, span):
        values, within = left[:, group], factor[group, group]
        tried = to_scales(np.abs(values).max(1) * CLIPS[:, None])  # [scales to try, rows]
        rounded, errors = _round_group(values, tried, within)
        best = np.square(errors).sum(-1).argmin(0), np.arange(len(left))
        integers[:, group] = rounded[best]
        scales.append(tried[best])
        left[:, group.stop :] -= errors[best] @ factor[group, group.stop :]
    return integers, np.stack(scales, 1)


def _round_group(
    values: np.ndarray, scales: np.ndarray, factor: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Integers and errors [scales to try, rows, columns] of a group [rows, columns]."""
    wide = scales.astype(np.float32)
    left = np.repeat(values[None], len(scales), 0)
    integers, errors = np.empty_like(left), np.empty_like(left)
    for i in range(values.shape[1]):
        integers[..., i] = round_int4(left[..., i], wide)
        errors[..., i] = (left[..., i] - integers[..., i] * wide) / factor[i, i]
        left[..., i + 1 :] -= errors[..., i, None] * factor[i, i + 1 :]
    return integers, errors


def _fit_scales(
    matrix: np.ndarray, moment: np.ndarray, span: int, integers: np.ndarray, scales: np.ndarray
) -> np.ndarray:
    """The scales of each row with the smallest error; the old ones if float16 makes it larger."""
    groups = _groups(matrix.shape[1], span)
    starts = [group.start for group in groups]
    wanted = np.add.reduceat((matrix @ moment) * integers, starts, axis=1)
    products = np.stack(
        [
            np.add.reduceat((integers[:, group] @ moment[group]) * integers, starts, axis=1)
            for group in groups
        ],
        1,
    )
    diagonal = np.einsum("rgg->rg", products)
    diagonal += 1e-6 * diagonal.mean(1, keepdims=True) + 1e-30  # for groups of zeros
    fitted = np.linalg.solve(products, wanted[..., None])[..., 0].astype(np.float16)
    fitted[fitted == 0] = 1
    before, after = (
        error(matrix, scale_groups(integers, s, span), moment)[:, None] for s in (scales, fitted)
    )
    return np.where(after < before, fitted, scales)


def _descend(
    matrix: np.ndarray, moment: np.ndarray, span: int, integers: np.ndarray, scales: np.ndarray
) -> np.ndarray:
    """Changes each column of integers to the best ones, in order, with fixed scales."""
    integers = integers.copy()
    gradient = ((matrix - scale_groups(integers, scales, span)) @ moment).astype(np.float32)
    moment = moment.astype(np.float32)
    for index, group in enumerate(_groups(matrix.shape[1], span)):
        scale = scales[:, index].astype(np.float32)
        for i in range(group.start, group.stop):
            wanted = integers[:, i] * scale + gradient[:, i] / moment[i, i]
            best = round_int4(wanted, scale)
            gradient -= np.outer((best - integers[:, i]) * scale, moment[i])
            integers[:, i] = best
    return integers
