"""One training as a page has it: what it sees of it, and what it asks."""

from __future__ import annotations

import time
from concurrent.futures import Future

from ..errors import BadOption, WorkLost
from .driving import OVER, Driven
from .messages import Change, Fetch, OneStep, Pause, Play, Rewind, Slow
from .settings import Edit, Settings

_FETCHING = 180.0  # seconds


class Run(Driven):
    """A training, found again by its `key`; `plans` are trained, one in each pane.

    What is asked of it is done in order by a thread of its own; nothing here waits, except `weights`.
    """

    @property
    def status(self) -> str:
        """What it does: "waiting", "starting", "playing", "paused", "done", "stopped" (a loss was no number, or it was
        ended) or "failed"."""
        if self._standing in OVER:
            return "failed" if self._standing == "failed" else "stopped"
        ticket, is_to_train = self._ticket, any(isinstance(one, Play | OneStep) for one in tuple(self._pending))
        if is_to_train and (ticket is None or not ticket.has_slot):
            return "waiting"
        if self._pending and not self._is_ready:
            return "starting"
        return "playing" if is_to_train else self._standing

    @property
    def place(self) -> int | None:
        """Which one it is in the queue, from 1; None where it does not wait."""
        ticket = self._ticket
        return None if ticket is None else ticket.place

    @property
    def pid(self) -> int | None:
        """The number of its process, if there is one."""
        worker = self._worker
        return None if worker is None else worker.pid

    def touch(self) -> None:
        """Somebody looks at it."""
        self.looked_at = time.monotonic()

    def play(self) -> None:
        """Train until all steps are done."""
        self._inbox.put(Play())

    def pause(self) -> None:
        """Train no further."""
        self._inbox.put(Pause())

    def one_step(self) -> None:
        """Take one step."""
        self._inbox.put(OneStep())

    def slow(self, rate: float | None) -> None:
        """Take at most so many steps a second, and make each a frame; None for as fast as it goes. Raises BadOption."""
        if rate is not None and not 0.1 <= rate <= 1000:
            raise BadOption(f"Steps a second are a number from 0.1 to 1000, or None, not {rate!r}.")
        self.rate = rate
        self._inbox.put(Slow(rate))

    def set(self, settings: Settings) -> None:
        """Change in every pane what differs from the first one's settings; the rest stays as it is in each."""
        before = self.settings
        for pane, wanted in enumerate(self.wish(settings)):
            if wanted != before[pane]:
                self._inbox.put(Change(pane, wanted))

    def edit(self, pane: int, layer: str, index: tuple[int, ...], value: float) -> None:
        """Set one weight of a layer by hand."""
        self._inbox.put(Change(pane, Edit(layer, tuple(index), float(value))))

    def rewind(self, step: int) -> None:
        """Go back to a step: what came after it is cut from the film, and training goes on from that very state."""
        self._inbox.put(Rewind(max(0, step), self.framed(step)))

    def weights(self, pane: int = 0, step: int | None = None) -> bytes:
        """The network of a pane as it is, or was after so many steps: safetensors, which open as a network of one's
        own. Waits for the process. Raises BadOption for a step that is not done yet, WorkLost."""
        last = self.steps[pane]
        if last is None or (step is not None and not 0 <= step <= last):
            raise BadOption(f"There is no step {step or 0:,} yet. Let it train, and try again.")
        if self._standing in OVER:
            raise WorkLost("The training is over and its process has gone. Begin it again.")
        number, found = next(self._numbers), Future[bytes]()
        self._fetching[number] = found
        self._inbox.put(Fetch(number, pane, step))
        try:
            return found.result(_FETCHING)
        except TimeoutError:
            raise WorkLost("The training did not hand over its weights in time. Pause it, and try again.") from None

    def park(self) -> None:
        """Let go of its process while it rests; the next thing that is asked for begins another."""
        self._inbox.put("park")

    def cancel(self) -> None:
        """End it; the film stays."""
        self._inbox.put("cancel")

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it is over and nothing is left of it but the film."""
        self._thread.join(timeout)
