"""A training with all that was changed on the way: it can go back to any step, and come there again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from .data import Data
from .export import weights_file
from .settings import Edit, Event, Plan, Settings
from .states import States
from .training import Taken, Training

Report = Callable[[int, int], None]  # how many steps are repeated, of how many


class Course:
    """A training, its events in order, and the states that it can go on from.

    Going back is the nearest state before, and the same steps and changes again: everything random is drawn from the
    seed and the step, so it comes to the very same weights.
    """

    def __init__(self, plan: Plan, data: Data, folder: Path, pane: int, events: Sequence[Event] = ()) -> None:
        """Raises BadData, BadOption."""
        self.training = Training(plan, data)
        self.events = [*events]
        self._n_made = 0  # of the events
        self._states = States(folder, pane)

    @property
    def step(self) -> int:
        """How many steps are done."""
        return self.training.step

    def change(self, change: Settings | Edit) -> Event:
        """Change something now, and remember it. Raises BadOption."""
        self.training.change(change)
        self.events.append(Event(self.step, change))
        self._n_made = len(self.events)
        return self.events[-1]

    def advance(self) -> Taken:
        """Take a step."""
        return self.training.advance()

    def keep(self) -> None:
        """Keep this state on the disk; raises OSError."""
        self._states.keep(self.training.state(), self.step, self._n_made)

    def back_to(self, step: int, report: Report) -> None:
        """Go back to a step, and forget what came after it."""
        self.events = [event for event in self.events if event.step <= step]
        self._states.cut(step, len(self.events))
        self.go_on_from(step, report)

    def go_on_from(self, step: int, report: Report) -> None:
        """Be after so many steps, by whatever state is nearest."""
        found = self._states.nearest(step, len(self.events))
        state, self._n_made = found if found is not None else (None, 0)
        self.training.restore(state)
        settings = [event.change for event in self.events[: self._n_made] if isinstance(event.change, Settings)]
        self.training.change(settings[-1] if settings else self.training.plan.settings)
        first = self.step
        while True:
            while self._n_made < len(self.events) and self.events[self._n_made].step == self.step:
                self.training.change(self.events[self._n_made].change)
                self._n_made += 1
            if self.step >= step or not math.isfinite(self.advance().loss):
                return
            report(self.step - first, step - first)

    def file_at(self, step: int, report: Report) -> bytes:
        """The network after so many steps as a file of weights; the training stays where it is."""
        training, plan = self.training, self.training.plan
        if step == self.step:
            return weights_file(training.module, plan.network, plan.data)
        here = {name: tensor.clone() for name, tensor in training.state().items()}
        n_made, settings = self._n_made, training.settings
        self.go_on_from(step, report)
        found = weights_file(training.module, plan.network, plan.data)
        training.restore(here)
        training.change(settings)
        self._n_made = n_made
        return found
