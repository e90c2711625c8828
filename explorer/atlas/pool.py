"""Processes on this machine that work side by side, each in one thread and on jobs of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from ..errors import AtlasError, WorkLost
from ..running.worker import Worker
from .jobs import WORK_FUNCTION, Job
from .plan import Plan

_MOST_LOST = 3  # processes that may end over one job before it is thought to be at fault
_TICK = 0.2  # seconds between two looks at whether somebody has lost patience

Done: TypeAlias = "Callable[[Job], None]"  # told of each job when it is done; what it raises ends the work


class Pool:
    """So many processes. One that ends, whoever has ended it, is followed by another, which does its job again."""

    def __init__(self, plan: Plan, n_workers: int) -> None:
        self._plan, self._n_workers = plan, n_workers
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self.workers: list[Worker | None] = [None] * n_workers

    def work(self, jobs: Iterable[Job], done: Done) -> None:
        """Do all jobs, in whatever order. Raises what a job raises, and AtlasError where processes keep ending."""
        self._jobs: Iterator[Job] = iter(jobs)
        self._done = done
        threads = [threading.Thread(target=self._serve, args=(i,), daemon=True) for i in range(self._n_workers)]
        for thread in threads:
            thread.start()
        try:
            while self._error is None and any(thread.is_alive() for thread in threads):
                for thread in threads:
                    thread.join(_TICK)
        finally:
            with self._lock:
                self._jobs = iter(())
            if self._error is not None:
                self.stop()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End all processes."""
        for worker in self.workers:
            if worker is not None:
                worker.stop()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._jobs = iter(())
        self.stop()

    def _serve(self, place: int) -> None:
        try:
            while (job := self._next()) is not None:
                self._do(place, job)
                with self._lock:
                    self._done(job)
        except BaseException as error:
            self._error = self._error or error

    def _next(self) -> Job | None:
        with self._lock:
            return next(self._jobs, None)

    def _do(self, place: int, job: Job) -> None:
        for _ in range(_MOST_LOST):
            try:
                worker = self.workers[place]
                if worker is None:
                    worker = self.workers[place] = Worker(WORK_FUNCTION, self._plan)
                    worker.receive()  # it is ready
                worker.send(job)
                worker.receive()
                return
            except WorkLost:
                self.workers[place] = None
                if self._error is not None:
                    return
        raise AtlasError(
            f"{_MOST_LOST} processes have ended over '{job.result}', one after the other, as the system does where "
            "memory runs out. Ask for fewer layers or workers, and run the command again: what is done is kept."
        )
