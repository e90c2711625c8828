"""What a thread does for each training: its turn in the queue, its process, and what that is still to be told."""

from __future__ import annotations

import contextlib
import itertools
import queue
import shutil
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from pathlib import Path

from ..errors import ExplorerError, WorkLost
from ..running.queue import Queue, Ticket
from ..running.worker import Worker
from .messages import Change, Fetch, Fetched, Frame, Job, OneStep, Pause, Play, Rewind, Slow, Standing, ToProcess
from .record import Record
from .sentences import lost_sentence, unwatched_sentence
from .settings import Plan

UNWATCHED = 600.0  # seconds after which a training that nobody looks at is ended
_RESTING = 20.0  # seconds for which a training that was paused keeps its slot
_TURN = 60.0  # seconds after which a training that plays lets those have a turn who wait
_MOST_LOST = 3  # processes that may end in a row without a frame
_SOON, _LATER = 0.1, 1.0  # seconds until it looks around, where something is to be done and where nothing is
AT_REST = ("paused", "done", "stopped")
OVER = ("ended", "failed")


class Driven(Record):
    """A training with its process. What is asked of it is done in order."""

    def __init__(
        self, key: str, plans: tuple[Plan, ...], slots: Queue, owner: Hashable,
        forget: Callable[[str], None], make_room: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(plans)
        self.key = key
        self.rate: float | None = None  # steps a second at most; None for as many as it can
        self.looked_at = self.rested_since = self._playing_since = time.monotonic()
        self._slots, self._owner, self._forget, self._make_room = slots, owner, forget, make_room
        self._ticket: Ticket | None = None
        self._worker: Worker | None = None
        self._is_ready = False
        self._n_lost = 0  # processes, since the last frame
        self._standing = "starting"
        self._pending: deque[ToProcess] = deque([Play()])  # what the process is still to be told
        self._numbers, self._fetching = itertools.count(), dict[int, Future[bytes]]()
        self._inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._folder = Path(tempfile.mkdtemp(prefix="explorer-training-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)  # at the latest at exit
        self._thread = threading.Thread(target=self._live, daemon=True, name=f"run {key[:6]}")

    def begin(self) -> None:
        """Ask for a slot, and play when there is one."""
        self._ticket = self._slots.ask(self._owner)
        self._thread.start()

    @property
    def is_resting(self) -> bool:
        """Whether it has a process that does nothing."""
        return self._worker is not None and self._standing in AT_REST and not self._pending

    def _live(self) -> None:
        try:
            while self._standing not in OVER:
                with contextlib.suppress(queue.Empty):
                    self._take(self._inbox.get(timeout=_SOON if self._pending else _LATER))
                self._tend()
        finally:
            self._close()

    def _take(self, item: object) -> None:
        match item:
            case "cancel":
                self._standing = "ended"
            case "park":
                if self.is_resting:
                    self._end_process()
            case Pause():
                self._pending = deque(one for one in self._pending if not isinstance(one, Play | OneStep))
                if self._is_ready:
                    self._pending.append(item)
                else:
                    self._standing = "paused"
            case Play() | OneStep() | Slow() | Change() | Rewind() | Fetch():
                self._pending.append(item)
            case (worker, message) if worker is self._worker:
                self._hear(message)

    def _hear(self, message: object) -> None:
        """What the process says."""
        match message:
            case ExplorerError():
                self._lose(message)
            case Standing(status):
                self._is_ready, self._standing = self._is_ready or status in AT_REST, status
                self.rested_since, self.passing = time.monotonic(), None
            case Fetched(number, content):
                if (found := self._fetching.pop(number, None)) is not None:
                    found.set_result(content)
            case _:
                if isinstance(message, Frame):
                    self._n_lost = 0
                self.take(message)

    def _tend(self) -> None:
        """Do what it is time for."""
        now = time.monotonic()
        if now - self.looked_at > UNWATCHED:
            self.lasting, self._standing = unwatched_sentence(), "ended"
        if self._standing in OVER:
            return
        if self._pending:
            if self._worker is None and all(map(self._may_go, self._pending)):
                self._begin_process()
            while self._is_ready and self._worker is not None and self._pending and self._may_go(self._pending[0]):
                self._tell(self._pending.popleft())
        elif self._ticket is not None and self._standing in AT_REST:
            has_just_paused = self._standing == "paused" and now - self.rested_since <= _RESTING
            if not (has_just_paused and self._worker is not None and self._ticket.has_slot):
                self._give_back()
        elif self._standing == "playing" and now - self._playing_since > _TURN and self._slots.n_waiting:
            self._let_others()

    def _let_others(self) -> None:
        """Go to the end of the queue, with all that there is: others wait, and this one had its turn."""
        self._pending.append(Play())
        self._tell(Pause(measure=False))
        self._give_back()
        self._ticket = self._slots.ask(self._owner)

    def _may_go(self, message: ToProcess) -> bool:
        """Only what trains has to wait for its turn."""
        return not isinstance(message, Play | OneStep) or self._has_slot()

    def _tell(self, message: ToProcess) -> None:
        assert self._worker is not None
        self._worker.send(message)
        if isinstance(message, Play):
            self._standing, self._playing_since = "playing", time.monotonic()

    def _has_slot(self) -> bool:
        if self._ticket is None:
            self._ticket = self._slots.ask(self._owner)
        return self._ticket.has_slot

    def _give_back(self) -> None:
        if self._ticket is not None:
            self._ticket.give_back()
            self._ticket = None

    def _begin_process(self) -> None:
        self._make_room()
        self._standing, self._is_ready = "starting", False
        if self.rate is not None:
            self._pending.appendleft(Slow(self.rate))
        job = Job(self.plans, self._folder, self.made(), self.steps)
        self._worker = Worker("explorer.scratch.worker:train", job)
        threading.Thread(target=_listen, args=(self._worker, self._inbox), daemon=True).start()

    def _end_process(self) -> None:
        worker, self._worker, self._is_ready = self._worker, None, False
        if worker is not None:
            worker.stop()

    def _lose(self, error: ExplorerError) -> None:
        """The process has ended, or refuses: say it, and go on with another where that can help."""
        was_playing = self._standing == "playing"
        self._end_process()
        self._n_lost += 1
        for found in self._fetching.values():
            found.set_exception(error)
        self._fetching.clear()
        self._pending = deque(one for one in self._pending if not isinstance(one, Fetch))
        if not isinstance(error, WorkLost) or self._n_lost > _MOST_LOST:
            self.lasting, self._standing = str(error), "failed"
            return
        self.correct()
        self.lasting = lost_sentence(str(error), max((step or 0 for step in self.steps), default=0))
        self._standing = "paused"
        if was_playing:
            self._pending.appendleft(Play())

    def _close(self) -> None:
        self._end_process()
        self._give_back()
        self._remove()
        for found in self._fetching.values():
            found.set_exception(WorkLost("The training was ended before it could hand over its weights."))
        self._forget(self.key)


def _listen(worker: Worker, inbox: queue.SimpleQueue[object]) -> None:
    """Hand on what a process says, and how it ends."""
    try:
        for message in worker:
            inbox.put((worker, message))
    except ExplorerError as error:
        inbox.put((worker, error))
