"""One training of a run: when it is looked at, when its state is kept, and what becomes of a loss that is no number."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption
from ..running.worker import Line
from .course import Course
from .data import Data
from .looking import Looker
from .messages import Frame, Happened, Job, Measured, Rewound, Said
from .sentences import changed_sentence, diverged_sentence, edited_sentence, full_sentence, repeated_sentence
from .settings import Edit, Plan, Settings
from .training import Taken

_FRAMES, _MEASURES, _STATES = 0.035, 0.02, 0.015  # shares of the time that looking and keeping take, of all panes
_FASTEST = 0.1  # seconds between frames
_BYTES = 1_000_000  # of frames a second that a page should have to fetch
_EARLY = 1024  # up to here every power of two has its frame
_FRAMES_AT_LEAST = 120  # of a training that takes all its steps
_KEEP = 2.0  # seconds between states, at least
_FEWEST, _MOST = 64, 500  # held-out pictures that are measured on the way
_MEASURING = 0.05  # seconds that it may take, unless they are too few
_HIGH = 10  # times the first loss: from there on a training has gone astray
_AT_ONCE = 100  # held-out pictures between two looks at what the page says
_REPORTS = 0.5  # seconds


@dataclass
class Cost:
    """What something takes, and when it was done last: so that it takes no more than its share of the time."""

    share: float
    at_least: float = 0.0  # seconds between two times
    seconds: float = 0.0
    last: float = -math.inf

    def is_due(self, now: float) -> bool:
        return now - self.last >= max(self.at_least, self.seconds / self.share)

    def spend(self, what: Callable[[], None]) -> None:
        begun = time.perf_counter()
        what()
        self.last = time.perf_counter()
        taken = self.last - begun
        # smoothed: on a busy machine one time takes several times as long as another
        self.seconds = taken if not self.seconds else 0.7 * self.seconds + 0.3 * taken


class Pane:
    """One training, and when it is looked at."""

    def __init__(self, number: int, plan: Plan, data: Data, job: Job, line: Line) -> None:
        if plan.watched >= len(data.test):
            raise BadOption(
                f"watched is below {len(data.test):,}, the number of held-out pictures, not {plan.watched}."
            )
        self.number, self.plan, self._line = number, plan, line
        self._n_before = job.steps[number]
        self.course = Course(plan, data, job.folder, number, job.events[number])
        self.looker = Looker(self.course.training, _n_looked_at(self.course))
        n_panes = len(job.plans)
        self._frames = Cost(_FRAMES / n_panes, max(_FASTEST, n_panes * 4 * self.looker.layout.n_floats / _BYTES))
        self._measures, self._states = Cost(_MEASURES / n_panes), Cost(_STATES / n_panes, _KEEP)
        self.is_stopped = self._is_full = False
        self._shown = -1  # the step of the last frame
        self._limit = math.inf  # what a loss must not exceed for its step to be good
        self._good, self._reported = 0, 0.0

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to train."""
        return self.course.step >= self.plan.n_steps

    @property
    def picture(self) -> tuple[NDArray[np.uint8], int]:
        """What is watched, (H, W, C), and its class."""
        return self.course.training.data.test[self.plan.watched].transpose(1, 2, 0), self.looker.target

    def advance(self, must_look: bool) -> None:
        """Take a step, and look where it is time to."""
        step = self.course.step
        taken = self.course.advance()
        if not math.isfinite(taken.loss):
            return self._go_back(step)
        self._judge(taken, step)
        self.looker.tally.add(taken)
        now, step = time.perf_counter(), self.course.step
        if must_look or self._is_landmark(step) or self._frames.is_due(now):
            self.look()
        if self._states.is_due(now):
            self.keep()
        return None

    def _is_landmark(self, step: int) -> bool:
        """Whether a step has a frame whatever that costs: the early ones, in which most happens, the last, and so many
        between that it is a film."""
        is_early = step <= _EARLY and step & (step - 1) == 0
        return is_early or self.is_done or step - self._shown >= self.plan.n_steps / _FRAMES_AT_LEAST

    def look(self) -> None:
        """Send the frame of this step."""
        if self._measures.is_due(time.perf_counter()):
            self._measures.spend(self.looker.measure)
        self._frames.spend(self._send_frame)
        self._shown = self.course.step

    def settle(self) -> None:
        """Have a frame and a state of where it stands."""
        if self._shown != self.course.step:
            self.look()
        self.keep()

    def keep(self) -> None:
        """Keep the state, as long as there is room."""
        if self._is_full:
            return
        try:
            self._states.spend(self.course.keep)
        except OSError as error:
            self._is_full = True
            self._line.send(Said(full_sentence(error.strerror or type(error).__name__)))

    def change(self, change: Settings | Edit) -> None:
        """Change something from here on, and tell it. Raises BadOption."""
        training = self.course.training
        if isinstance(change, Edit):
            said = edited_sentence(change, training.weight(change))
        else:
            said = changed_sentence(training.settings, change, training.dropout is not None)
        event = self.course.change(change)
        self._line.send(Happened(self.number, event.step, said, event))
        if isinstance(change, Edit):
            self.look()

    def measured(self) -> Iterator[None]:
        """See how all the held-out pictures do, a part at a time, and tell it."""
        n_right, n, step = 0, len(self.course.training.data.test), self.course.step
        for first in range(0, n, _AT_ONCE):
            n_right += self.course.training.answers(range(first, min(n, first + _AT_ONCE)))[1]
            yield
        self._line.send(Measured(self.number, step, n_right, n))

    def begin(self) -> None:
        """Be where it was when its process ended; a new one shows how it begins."""
        if self._n_before is None:
            self.look()
        else:
            self.course.go_on_from(self._n_before, self.report)
            self._shown = self.course.step

    def report(self, n_done: int, n_all: int) -> None:
        """Say how far it is on the way to where it was."""
        if time.perf_counter() - self._reported > _REPORTS:
            self._reported = time.perf_counter()
            self._line.send(Said(repeated_sentence(n_done, n_all), passes=True))

    def back_to(self, step: int, has_frame: bool) -> None:
        """Go back to a step."""
        self.course.back_to(step, self.report)
        self._line.send(Rewound(self.number, step, self.course.training.settings))
        self.looker.forget()
        self._measures.last = -math.inf
        self._good, self._shown = min(self._good, step), step if has_frame else -1

    def _send_frame(self) -> None:
        self._line.send(Frame(self.number, self.looker.frame()))

    def _judge(self, taken: Taken, step: int) -> None:
        if not math.isfinite(self._limit):
            self._limit = _HIGH * max(taken.loss, 0.1)
        if taken.loss <= self._limit:
            self._good = step

    def _go_back(self, step: int) -> None:
        """The loss is no number: go back to where it was a good one, and stop there."""
        rate = self.course.training.settings.learning_rate
        good = min(self._good, step)
        self.back_to(good, has_frame=False)
        self._line.send(Happened(self.number, good, diverged_sentence(step, good, self._limit, rate)))
        self.is_stopped = True


def _n_looked_at(course: Course) -> int:
    """How many held-out pictures can be looked at without keeping the training waiting."""
    n = len(course.training.data.test)
    begun = time.perf_counter()
    course.training.answers(range(min(n, _FEWEST)))
    each = (time.perf_counter() - begun) / min(n, _FEWEST)
    return min(n, max(_FEWEST, min(_MOST, int(_MEASURING / each))))
