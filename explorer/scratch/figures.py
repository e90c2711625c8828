"""How a training goes, as charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce

import numpy as np

from ..drawing.color import Scale
from ..drawing.series import Axis, Line, Lines, round_high
from ..filters.figures import Sheet
from ..trace import FloatArray
from .film import Layout
from .run import Run
from .sending import changes

_STRAYS = 2  # of the first loss: how many times that the axis reaches at most; what is higher leaves it


def loss_lines(run: Run) -> Lines:
    """The mean cross entropy of what is trained on since the frame before, and of held-out pictures."""
    steps, values = _columns(run, "loss", "held_out_loss")
    return Lines(
        "Cross entropy by step", steps, _lines(run, values), _steps_axis(steps),
        Axis("cross entropy, in nats", 0, round_high(highest_loss(values))), changes(run), f"{run.key} loss",
    )  # fmt: skip


def accuracy_lines(run: Run) -> Lines:
    """The share of right answers among what is trained on since the frame before, and of held-out pictures."""
    steps, values = _columns(run, "accuracy", "held_out")
    return Lines(
        "Right answers by step", steps, _lines(run, [100 * one for one in values]), _steps_axis(steps),
        Axis("right answers", 0, 100, " %"), changes(run), f"{run.key} accuracy",
    )  # fmt: skip


def kernel_sheet(layout: Layout, kernels: FloatArray) -> bytes:
    """The kernels of a frame, (n, C, kH, kW), as tiles on one scale, as PNG: of three colours as colours."""
    is_colored = kernels.shape[1] == 3
    limit = float(np.abs(kernels[np.isfinite(kernels)]).max(initial=0))
    names = tuple(f"Kernel {i} of {layout.kernels}" for i in range(len(kernels)))
    tiles = kernels if is_colored else kernels[:, 0]
    scale = Scale(-limit, limit, "signed")
    columns = math.ceil(math.sqrt(len(kernels)))
    return Sheet("colour" if is_colored else "signed", tiles, None, names, names, columns, scale, "").png


def highest_loss(values: Sequence[FloatArray]) -> float:
    """Where the axis of losses ends: beyond all of them, unless some are many times what they were at first."""
    finite = [one[np.isfinite(one)] for one in values]
    most = max((float(one.max()) for one in finite if one.size), default=1.0)
    firsts = [float(one[0]) for one in finite if one.size]
    return min(most, _STRAYS * max(firsts, default=most)) or 1.0


def _columns(run: Run, trained: str, held_out: str) -> tuple[list[float], list[FloatArray]]:
    """All steps of which a network has a frame, and network by network what its frames say of what is trained on and
    of what is held out: NaN where there is no frame, or none for which that was looked at."""
    own = [run.series(i, "step") for i in range(len(run.plans))]
    steps = reduce(np.union1d, own)
    values = []
    for i, at in enumerate(own):
        measured = run.series(i, "held_out_step") == at
        for found in (run.series(i, trained), np.where(measured, run.series(i, held_out), np.nan)):
            column = np.full(len(steps), np.nan, np.float32)
            column[np.searchsorted(steps, at)] = found
            values.append(column)
    return steps.tolist(), values


def _lines(run: Run, values: Sequence[FloatArray]) -> list[Line]:
    """Of each network what is held out, and what it is trained on."""
    if len(run.plans) == 1:
        return [Line("held out", values[1], None, sparse=True), Line("trained on", values[0], 0, sparse=True)]
    kinds = ("trained on", "held out")
    return [
        Line(f"{plan.title}, {kinds[kind]}", values[2 * i + kind], 2 * i + kind, sparse=True)
        for i, plan in enumerate(run.plans)
        for kind in (1, 0)
    ]


def _steps_axis(steps: Sequence[float]) -> Axis:
    return Axis("step", 0, max(1.0, *steps), is_whole=True)
