"""Fine-tuning from beginning to end: here, or in a process of its own that is told what to do and tells how far it
is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..networks.preparation import Preparation
from ..running.progress import Progress
from ..running.worker import Line
from ..trace import FloatArray
from .examples import Source
from .files import Entries
from .head import Curve
from .learned import Learned, tuned
from .tuning import Point, Trainee, Training, Tuning, curve_of, trainee


@dataclass(frozen=True, eq=False)
class Job:
    """What such a process begins with. Its pictures come one by one."""

    given: Trainee
    preparation: Preparation
    tuning: Tuning
    labels: tuple[int, ...]
    is_held_out: tuple[bool, ...]


@dataclass(frozen=True)
class Reached:
    """How far it is: what it does, and how many pictures of how many it is done with."""

    what: str
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Tuned:
    """What it ends with: the weights that were trained, and the logits (N, K) of all pictures."""

    changed: Entries
    logits: FloatArray


WORK = f"{__name__}:serve"
LOOKING, TRAINING = "Looking at the pictures", "Training"


def job_of(found: Learned, tuning: Tuning) -> Job:
    """The job of training more of a network than its head. Raises Unsuited."""
    examples = found.examples.examples
    return Job(
        trainee(found.network, tuning.layers), found.base.preprocessing, tuning,
        tuple(one.label for one in examples), tuple(one.is_held_out for one in examples),
    )  # fmt: skip


def serve(job: object, line: Line) -> None:
    """The process: takes in its pictures, trains, and tells of it."""
    assert isinstance(job, Job)  # of `job_of`

    def sources() -> Iterator[Source]:
        for _ in job.labels:
            yield line.receive(None)  # type: ignore[misc]  # the host sends nothing else

    for told in _told(job, sources(), line.send):
        line.send(told)


def fine_tune(found: Learned, tuning: Tuning, progress: Progress | None = None) -> Learned:
    """Train the last block or all layers of a network with a new head on the same pictures, which `found` leaves as it
    is (Yosinski et al. 2014, arXiv:1411.1792). What `progress` raises cancels; it counts the pictures that are trained
    on. Raises Unsuited, BadImage, TooLarge."""
    job = job_of(found, tuning)
    own = Job(copy.deepcopy(job.given), job.preparation, tuning, job.labels, job.is_held_out)

    def tell(reached: Reached) -> None:
        if progress is not None and reached.what == TRAINING:
            progress(reached.done, reached.total)

    points: list[Point] = []
    for told in _told(own, (one.source for one in found.examples.examples), tell):
        if isinstance(told, Tuned):
            return finished(found, tuning, told, curve_of(points))
        points.append(told)
    raise AssertionError("it ends with what was trained")


def finished(found: Learned, tuning: Tuning, told: Tuned, curve: Curve) -> Learned:
    """What came of it, as a network."""
    return tuned(found, tuning, told.changed, told.logits, curve)


def _told(job: Job, sources: Iterator[Source], tell: Callable[[Reached], None]) -> Iterator[Point | Tuned]:
    training = Training(job.given, job.tuning, job.labels, job.is_held_out)
    n = len(job.labels)
    for done, source in enumerate(sources, start=1):
        training.see(job.preparation(source.read()).tensor)
        tell(Reached(LOOKING, done, n))
    yield from training.epochs(lambda done, total: tell(Reached(TRAINING, done, total)))
    yield Tuned(training.changed(), training.logits())
