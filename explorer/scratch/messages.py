"""What a page and the process that trains say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .film import Layout
from .settings import Edit, Event, Plan, Settings

# To the process.


@dataclass(frozen=True)
class Job:
    """What to train, a plan for each pane; where states are kept; what was changed in each, and after how many steps it
    goes on: None where it begins."""

    plans: tuple[Plan, ...]
    folder: Path
    events: tuple[tuple[Event, ...], ...]
    steps: tuple[int | None, ...]


@dataclass(frozen=True)
class Play:
    """Train until all is done."""


@dataclass(frozen=True)
class Pause:
    """Train no further, and measure all held-out pictures, unless it is only for a while."""

    measure: bool = True


@dataclass(frozen=True)
class OneStep:
    """Take one step."""


@dataclass(frozen=True)
class Slow:
    """At most so many steps a second, each a frame; None for as fast as it goes."""

    rate: float | None


@dataclass(frozen=True)
class Change:
    """Change something in a pane."""

    pane: int
    change: Settings | Edit


@dataclass(frozen=True)
class Rewind:
    """Go back to a step, in each pane that is further; which of them have a frame of it."""

    step: int
    has_frame: tuple[bool, ...]


@dataclass(frozen=True)
class Fetch:
    """Send the file of a pane's weights after so many steps, or as they are."""

    number: int
    pane: int
    step: int | None


ToProcess = Play | Pause | OneStep | Slow | Change | Rewind | Fetch

# From the process.


@dataclass(frozen=True, eq=False)
class Ready:
    """The films that are to come, and each pane's watched picture (H, W, C) uint8 with the number of its class."""

    layouts: tuple[Layout, ...]
    pictures: tuple[tuple[NDArray[np.uint8], int], ...]


@dataclass(frozen=True)
class Frame:
    """The next frame of a pane; what it had of this step and later ones goes."""

    pane: int
    content: bytes


@dataclass(frozen=True)
class Happened:
    """What is to be known of a pane at a step, and the event where it was one."""

    pane: int
    step: int
    said: str
    event: Event | None = None


@dataclass(frozen=True)
class Refused:
    """Why something was not changed in a pane, and which settings go on to hold there."""

    pane: int
    said: str
    settings: Settings


@dataclass(frozen=True)
class Rewound:
    """A pane went back to a step; what came after it is no more. Which settings hold there."""

    pane: int
    step: int
    settings: Settings


@dataclass(frozen=True)
class Measured:
    """How many of all held-out pictures a pane has right after so many steps."""

    pane: int
    step: int
    n_right: int
    n: int


@dataclass(frozen=True)
class Standing:
    """What the process does now: "starting", "playing", "paused", "done", or "stopped" where a loss was no number."""

    status: str


@dataclass(frozen=True)
class Said:
    """A sentence to show; one that `passes` until the process stands otherwise."""

    sentence: str
    passes: bool = False


@dataclass(frozen=True)
class Fetched:
    """The file that was asked for by that number."""

    number: int
    content: bytes
