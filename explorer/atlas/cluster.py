"""The same jobs on a cluster, by Ray: an actor for each worker, with one thread of torch, and our own list of jobs.

The pictures, the program and the folder of the atlas must lie under the same names on all machines.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from ..errors import AtlasError, ExplorerError, LibraryMissing
from .jobs import Job, said_of_disk
from .plan import Plan
from .pool import Done

_MOST_LOST = 3  # actors that may end over one job


class Hand:
    """What an actor runs."""

    def __init__(self, plan: Plan) -> None:
        from .shard import Eye

        self._plan = plan
        self._hold_to_one_thread()
        self._eye = Eye(plan)

    def do(self, job: Job) -> ExplorerError | None:
        """Do a job; what is wrong with it is handed back as it is, for what an actor raises is wrapped in its name."""
        self._hold_to_one_thread()
        try:
            with said_of_disk(self._plan.folder):
                job.work(self._eye)
        except ExplorerError as error:
            return error
        return None

    @staticmethod
    def _hold_to_one_thread() -> None:
        """In each task: a process of Ray that is used again keeps the threads of whoever was in it before."""
        import torch

        torch.set_num_threads(1)


class Cluster:
    """So many actors, on the cluster that RAY_ADDRESS names, or on this machine."""

    def __init__(self, plan: Plan, n_workers: int) -> None:
        """Raises LibraryMissing."""
        self._ray = ray = _ray()
        address = os.environ.get("RAY_ADDRESS", "local")
        ray.init(address=address, include_dashboard=False, log_to_driver=False, configure_logging=False)
        self._plan = ray.put(plan)
        options = {"num_cpus": 1, "runtime_env": {"env_vars": {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}}}
        self._actor = ray.remote(**options)(Hand)
        self._n_workers = n_workers

    def work(self, jobs: Iterable[Job], done: Done) -> None:
        """Do all jobs, in whatever order. Raises what a job raises, and AtlasError where actors keep ending."""
        waiting = iter(jobs)
        pending: dict[Any, tuple[Any, Job, int]] = {}  # what is awaited: the actor, its job, and how many ended over it
        for _ in range(self._n_workers):
            if (job := next(waiting, None)) is not None:
                self._hand(pending, self._actor.remote(self._plan), job, 0)
        while pending:
            (found,), _ = self._ray.wait([*pending])
            actor, job, n_lost = pending.pop(found)
            try:
                if (error := self._ray.get(found)) is not None:
                    raise error
            except self._ray.exceptions.RayActorError:
                if n_lost + 1 == _MOST_LOST:
                    raise AtlasError(
                        f"{_MOST_LOST} actors have ended over '{job.result}'. Run the command again: what is done is "
                        "kept."
                    ) from None
                self._hand(pending, self._actor.remote(self._plan), job, n_lost + 1)
                continue
            done(job)
            if (following := next(waiting, None)) is not None:
                self._hand(pending, actor, following, 0)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    @staticmethod
    def _hand(pending: dict[Any, tuple[Any, Job, int]], actor: Any, job: Job, n_lost: int) -> None:
        pending[actor.do.remote(job)] = actor, job, n_lost


def _ray() -> ModuleType:
    try:
        import ray
    except ImportError:
        raise LibraryMissing(
            "The engine 'ray' needs the library Ray. Install it (pip install 'cnn-explorer[ray]'), or choose the "
            "engine 'pool', which needs none."
        ) from None
    found: ModuleType = ray
    return found
