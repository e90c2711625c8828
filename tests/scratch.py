"""Trainings that are over in no time: a few pictures of noise, and networks of a few weights."""

from __future__ import annotations

import numpy as np

from explorer.scratch.data import Data, find, preparation_of
from explorer.scratch.export import weights_file
from explorer.scratch.film import Layout
from explorer.scratch.messages import Frame, Ready
from explorer.scratch.presets import in_shape, module_of
from explorer.scratch.preview import preview
from explorer.scratch.record import Record
from explorer.scratch.settings import Plan, Settings

SMALL = "conv 3 5 stride 2, tanh, max 2, flatten, dense"  # of digits, 1 x 32 x 32
FULL = "conv 4 3 stride 2, norm, relu, max 2, dropout 0.4, conv 6 3, relu, max 2, flatten, dense 8, tanh, dense"
DENSE = "flatten, dense 40, relu, dense"


def noise_data(n: int = 50, n_held_out: int = 20, side: int = 32, channels: int = 1, n_classes: int = 10) -> Data:
    """Blots whose place and colour hang on their class, under noise."""
    rng = np.random.default_rng(7)
    labels = np.arange(n + n_held_out) % n_classes
    pictures = rng.integers(0, 120, (n + n_held_out, channels, side, side), dtype=np.uint8)
    for picture, label in zip(pictures, labels, strict=True):
        at = 2 + label * (side - 8) // n_classes
        picture[label % channels, at : at + 6, side - at - 6 : side - at] = 250
    return Data(
        pictures[:n], labels[:n], pictures[n:], labels[n:], tuple(f"class {i}" for i in range(n_classes)), "Noise",
        "noise", preparation_of((channels, side, side)),
    )  # fmt: skip


def plan(network: str = SMALL, n_steps: int = 30, **settings: object) -> Plan:
    """A plan for these."""
    return Plan(network, "digits", settings=Settings(**{"batch": 8, **settings}), n_steps=n_steps)


class FakeRun(Record):
    """What is known of a training whose process has said all this; what a page asks of it is kept in `asked`."""

    def __init__(self, *plans: Plan) -> None:
        super().__init__(plans)
        self.key, self.status, self.rate = "a-key", "playing", None
        self.place: int | None = None
        self.asked: list[object] = []
        previews = [preview(plan) for plan in plans]
        self.take(Ready(tuple(one.layout for one in previews), tuple((one.picture, one.category) for one in previews)))

    def frame(self, pane: int, step: int, **values: float) -> None:
        layout: Layout = self.layouts[pane]
        (found,) = layout.unpacked(np.zeros(layout.n_floats, "<f4").tobytes())
        given = {"held_out_step": step, **values}
        self.take(Frame(pane, layout.packed({**found, "step": step, **given})))

    def set(self, settings: Settings) -> None:
        self.asked.append(settings)

    def cancel(self) -> None:
        self.asked.append("cancel")

    def weights(self, pane: int = 0, step: int | None = None) -> bytes:
        self.asked.append("weights")
        plan = self.plans[pane]
        shape = in_shape(plan.network, plan.data)
        return weights_file(module_of(plan.network, shape, len(find(plan.data).categories)), plan.network, plan.data)
