"""The code that makes what a figure shows: a few lines for a notebook, each ending with the numbers in `array`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NUMPY = "import numpy as np"
SAMPLES = "from explorer.pictures import load_sample"


@dataclass(frozen=True)
class Setting:
    """What was run, as code has to name it: `picture` is an expression (see `sample_picture`, `own_picture`),
    `weights` and `preparation` what `load_network` is given, the latter where it is not a published set's, `target` a
    class index or "top". `made_by` is the code for a network of no catalogue."""

    network: str
    weights: str
    picture: str
    target: int | str
    preparation: str = ""
    made_by: str = ""

    def begin(self, *imports: str) -> str:
        """From nothing to a recorded pass, called `trace`; `imports` are lines that are needed besides."""
        return self.load(*imports) + f"trace = explorer.run(network, image, target={self.target!r})\n"

    def load(self, *imports: str) -> str:
        """From nothing to `image` and `network`."""
        ours = {"import explorer", *(line for line in imports if line != NUMPY)}
        if self.picture.startswith("load_sample"):
            ours.add(SAMPLES)
        lines = [NUMPY, "", *sorted(ours, key=_as_sorted)] if NUMPY in imports else sorted(ours, key=_as_sorted)
        return "\n".join(lines) + f"\n\nimage = {self.picture}\nnetwork = {self.loaded}\n"

    @property
    def loaded(self) -> str:
        """The expression for the network."""
        how = f", preparation={self.preparation!r}" if self.preparation else ""
        return self.made_by or f"explorer.load_network({self.network!r}, {self.weights!r}{how})"


def _as_sorted(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def sample_picture(name: str) -> str:
    """The expression for a sample picture."""
    return f"load_sample({name!r})"


def own_picture() -> str:
    """The expression for an uploaded picture: where it lies, only its owner knows."""
    return 'explorer.read_image("your-picture.jpg")'


def listed(steps: Sequence[tuple[int, int]]) -> str:
    return ", ".join(map(repr, steps))
