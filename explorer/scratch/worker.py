"""What the process runs that trains: one training, or two step by step in turn, as it is told."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from functools import partial

import torch

from ..errors import BadOption
from ..running.worker import Line
from .data import load
from .messages import (
    Change,
    Fetch,
    Fetched,
    Job,
    OneStep,
    Pause,
    Play,
    Ready,
    Refused,
    Rewind,
    Slow,
    Standing,
    ToProcess,
)
from .pane import Pane
from .presets import in_shape


def train(job: object, line: Line) -> None:
    """Train what a Job says until the host ends. Raises BadData, BadOption, BadImage."""
    assert isinstance(job, Job)
    torch.set_num_threads(1)
    line.when_alone = partial(shutil.rmtree, job.folder, ignore_errors=True)  # a host that was killed leaves it there
    _Session(job, line).run()


class _Session:
    """All panes of a run, and what the page wants of them."""

    def __init__(self, job: Job, line: Line) -> None:
        self._line = line
        sets = {}
        for plan in job.plans:
            asked = plan.data, in_shape(plan.network, plan.data), plan.n_train, plan.shifted
            if asked not in sets:
                sets[asked] = load(*asked)
        chosen = [sets[p.data, in_shape(p.network, p.data), p.n_train, p.shifted] for p in job.plans]
        self._panes = [
            Pane(i, plan, data, job, line) for i, (plan, data) in enumerate(zip(job.plans, chosen, strict=True))
        ]
        self._is_playing = False
        self._rate: float | None = None
        self._next = 0.0  # when the next step may be taken
        self._measuring: list[Iterator[None]] = []

    def run(self) -> None:
        """Do as the page says, and otherwise train where it plays."""
        self._line.send(
            Ready(tuple(pane.looker.layout for pane in self._panes), tuple(pane.picture for pane in self._panes))
        )
        for pane in self._panes:
            pane.begin()
        self._stand("done" if all(pane.is_done for pane in self._panes) else "paused")
        while True:
            message = self._line.receive(self._patience())
            if message is not None:
                self._obey(message)  # type: ignore[arg-type]  # the host sends nothing else
            elif self._is_playing:
                self._advance(must_look=self._rate is not None)
            else:
                self._measure_on()

    def _patience(self) -> float | None:
        """How long to wait for what the page says before going on."""
        if self._is_playing:
            return max(0.0, self._next - time.perf_counter()) if self._rate else 0
        return 0 if self._measuring else None

    def _obey(self, message: ToProcess) -> None:
        match message:
            case Play():
                self._play()
            case Pause(measure):
                self._rest("paused", measure)
            case OneStep():
                self._play()
                self._advance(must_look=True)
                if self._is_playing:
                    self._rest("paused", measure=False)
            case Slow(rate):
                self._rate = rate
            case Change(number, change):
                try:
                    self._panes[number].change(change)
                except BadOption as error:
                    settings = self._panes[number].course.training.settings
                    self._line.send(Refused(number, str(error), settings))
            case Rewind(step, has_frame):
                self._rewind(step, has_frame)
            case Fetch(number, pane, step):
                course = self._panes[pane].course
                self._line.send(Fetched(number, course.file_at(course.step if step is None else step, lambda *_: None)))

    def _play(self) -> None:
        self._is_playing, self._measuring = True, []
        for pane in self._panes:
            pane.is_stopped = False
        self._stand("playing")

    def _advance(self, must_look: bool) -> None:
        """One step of every pane that is not done."""
        self._next = time.perf_counter() + 1 / (self._rate or 1)
        for pane in self._panes:
            if not pane.is_done and not pane.is_stopped:
                pane.advance(must_look)
        if all(pane.is_done or pane.is_stopped for pane in self._panes):
            self._rest("stopped" if any(pane.is_stopped for pane in self._panes) else "done")

    def _rest(self, status: str, measure: bool = True) -> None:
        """Train no further, and see how far it has come."""
        self._is_playing = False
        if status == "paused" and all(pane.is_done for pane in self._panes):
            status = "done"
        for pane in self._panes:
            pane.settle()
        self._stand(status)
        self._measuring = [pane.measured() for pane in self._panes if pane.course.step] if measure else []

    def _measure_on(self) -> None:
        """Measure a few more of the held-out pictures."""
        if next(self._measuring[0], "done") == "done":
            del self._measuring[0]

    def _rewind(self, step: int, has_frame: tuple[bool, ...]) -> None:
        self._is_playing, self._measuring = False, []
        self._stand("starting")
        for pane, shown in zip(self._panes, has_frame, strict=True):
            if step < pane.course.step:
                pane.back_to(step, shown)
        self._rest("paused", measure=False)

    def _stand(self, status: str) -> None:
        self._line.send(Standing(status))
