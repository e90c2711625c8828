"""Downloads of weights in the background, for many visitors of one process.

A page asks, goes on, and looks once or twice a second at how far it has come. However many visitors ask for a file, it
is fetched once; it stops when the last of them withdraws. One that nobody looks at any more simply finishes.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from ..errors import WeightsUnavailable
from ..running.progress import Progress
from . import download

Fetch = Callable[[str, Path, Progress], Path]
State = Literal["waiting", "running", "done", "failed", "cancelled"]

_KEPT = 100  # records of what has ended
_WINDOW = 5.0  # seconds over which the speed is taken
_SHORTEST = 0.5  # seconds after which there is a speed at all

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Download:
    """How one download stood at one moment. Sizes are in bytes.

    One that runs with no askers left is about to stop.
    """

    url: str
    name: str  # of the file
    state: State
    received: int
    total: int | None  # None where the server does not say, or has not answered yet
    bytes_per_second: float | None  # over the last seconds; None until known, and when it has ended
    seconds_left: float | None  # None until known, and when it has ended
    message: str  # why it failed and what to do, else empty
    askers: int

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")


class Downloads:
    """Fetches one file after another, in the order in which they were asked for: they share one line to the internet.

    `fetch` is download.fetch or does what that does; `clock` counts seconds.
    """

    def __init__(self, fetch: Fetch = download.fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._lock = threading.Lock()  # guards everything below
        self._line: OrderedDict[str, _Job] = OrderedDict()  # the first is the one that runs
        self._ended: OrderedDict[str, Download] = OrderedDict()  # oldest first
        self._is_working = False

    def ask(self, url: str, folder: Path, asker: str) -> None:
        """Put the file at `url` into the line, or join those who wait for it already (then their folder counts).

        `asker` stands for one visitor and is never shown. What has ended, however it did, begins anew.
        """
        with self._lock:
            self._ended.pop(url, None)
            self._line.setdefault(url, _Job(url, folder)).askers.add(asker)
            if not self._is_working:
                # a daemon: the process may end at any time, and the next download tidies up
                threading.Thread(target=self._work, name="downloads", daemon=True).start()
                self._is_working = True

    def cancel(self, url: str, asker: str) -> None:
        """Withdraw one asker. Without askers it leaves the line at once, or stops within a second if it runs."""
        with self._lock:
            job = self._line.get(url)
            if job is None:
                return
            job.askers.discard(asker)
            if not job.askers and job.state == "waiting":
                self._end(job, "cancelled")

    def get(self, url: str) -> Download | None:
        """The download of `url` that is in the line, or the last one that has ended."""
        with self._lock:
            job = self._line.get(url)
            return self._ended.get(url) if job is None else job.snapshot()

    def active(self) -> tuple[Download, ...]:
        """What runs, then what waits, in order."""
        with self._lock:
            return tuple(job.snapshot() for job in self._line.values())

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._line:
                    self._is_working = False
                    return
                job = next(iter(self._line.values()))
                job.restart()
            try:
                path = self._fetch(job.url, job.folder, partial(self._note, job))
            except _Cancelled:
                with self._lock:
                    if not job.askers:  # else somebody asked again in between: then it is still first in the line
                        self._end(job, "cancelled")
            except WeightsUnavailable as error:
                with self._lock:
                    self._end(job, "failed", str(error))
            except Exception:  # a fault of the program must not keep those behind it in the line
                logger.exception("%s was not fetched", job.url)
                with self._lock:
                    self._end(job, "failed", f"The download of {job.name} failed; the log says why. Try it again.")
            else:
                with self._lock:
                    with contextlib.suppress(OSError):  # it may have been there before, or been fetched by another
                        job.received = job.total = path.stat().st_size
                    self._end(job, "done")

    def _note(self, job: _Job, received: int, total: int | None) -> None:
        """What the fetch says of its progress; raising stops it."""
        with self._lock:
            if not job.askers:
                raise _Cancelled
            job.received, job.total = received, total
            if received:  # waiting for an answer is no speed
                job.steps.append((self._clock(), received))
            while job.steps and job.steps[-1][0] - job.steps[0][0] > _WINDOW:
                job.steps.popleft()

    def _end(self, job: _Job, state: State, message: str = "") -> None:
        """Take it out of the line and keep how it ended. Call with the lock held."""
        job.state, job.message = state, message
        job.steps.clear()
        del self._line[job.url]
        self._ended[job.url] = job.snapshot()
        while len(self._ended) > _KEPT:
            self._ended.popitem(last=False)


class _Cancelled(Exception):
    """Nobody wants the file any more."""


@dataclass
class _Job:
    """A download in the line."""

    url: str
    folder: Path
    state: State = "waiting"
    received: int = 0
    total: int | None = None
    message: str = ""
    askers: set[str] = field(default_factory=set)
    steps: deque[tuple[float, int]] = field(default_factory=deque)  # (seconds, bytes received) of the last seconds

    @property
    def name(self) -> str:
        return download.file_name(self.url)

    def restart(self) -> None:
        self.state, self.received, self.total = "running", 0, None
        self.steps.clear()

    def snapshot(self) -> Download:
        speed = left = None
        if self.steps and (seconds := self.steps[-1][0] - self.steps[0][0]) >= _SHORTEST:
            speed = (self.steps[-1][1] - self.steps[0][1]) / seconds
            if speed and self.total is not None:
                left = (self.total - self.received) / speed
        return Download(
            self.url, self.name, self.state, self.received, self.total, speed, left, self.message, len(self.askers)
        )
