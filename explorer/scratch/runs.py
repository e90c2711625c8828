"""Trainings that run beside the pages: begun, found again by their key, and ended when nobody looks any more."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Hashable, Sequence

from ..errors import BadData, BadOption, TooLarge
from ..networks.blocks import parse, shapes
from ..running.queue import Queue, trainings
from .data import find
from .presets import PRESETS, in_shape
from .run import Run
from .settings import Plan

_MOST = 40  # trainings that are known
_MOST_AT_REST = 4  # processes of trainings that rest
_LEFT = 60.0  # seconds after which one that nobody looks at gives way to another


class Runs:
    """All trainings of a server. For many threads."""

    def __init__(self, slots: Queue | None = None) -> None:
        self._slots = slots or trainings()
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def start(self, plans: Sequence[Plan], owner: Hashable = None) -> Run:
        """Begin to train one plan, or two beside each other: it plays as soon as its turn has come. `owner` is whose it
        is, for the queue serves owners in turn. Raises BadOption, BadData, TooLarge where there are too many."""
        if len(plans) not in (1, 2):
            raise BadOption(f"One plan is trained, or two beside each other, not {len(plans)}.")
        for plan in plans:
            _check(plan)
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._give_way()
            run = Run(key, tuple(plans), self._slots, key if owner is None else owner, self._forget, self._make_room)
            self._runs[key] = run
        run.begin()
        return run

    def find(self, key: str) -> Run | None:
        """The training of that key, if there is still one. To find it is to look at it."""
        with self._lock:
            run = self._runs.get(key)
        if run is not None:
            run.touch()
        return run

    def stop(self) -> None:
        """End all trainings, and wait until nothing is left of them."""
        with self._lock:
            runs = [*self._runs.values()]
        for run in runs:
            run.cancel()
        for run in runs:
            run.wait()

    def _give_way(self) -> None:
        """Have room for another, or raise TooLarge. Call with the lock held."""
        if len(self._runs) < _MOST:
            return
        oldest = min(self._runs.values(), key=lambda run: run.looked_at)
        if time.monotonic() - oldest.looked_at < _LEFT:
            raise TooLarge(f"{_MOST} trainings are being looked at here, and more would not fit. Try again later.")
        oldest.cancel()
        del self._runs[oldest.key]

    def _forget(self, key: str) -> None:
        with self._lock:
            self._runs.pop(key, None)

    def _make_room(self) -> None:
        """Let go of the processes that have rested longest, where there are many."""
        with self._lock:
            resting = sorted((run for run in self._runs.values() if run.is_resting), key=lambda run: run.rested_since)
        for run in resting[: max(0, len(resting) - _MOST_AT_REST)]:
            run.park()


def _check(plan: Plan) -> None:
    """Whether there is such a data set, and such a network for it; raises BadData."""
    n_classes, shape = len(find(plan.data).categories), in_shape(plan.network, plan.data)
    if plan.network not in PRESETS:
        _, mistake = shapes(parse(plan.network), shape, n_classes)
        if mistake is not None:
            raise BadData(mistake)
