"""A run as a page has it: what its process does, told step by step, and real processes from beginning to end."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.errors import BadData, BadOption, TooLarge, WorkLost
from explorer.running.queue import Queue
from explorer.scratch import driving, worker
from explorer.scratch import runs as runs_module
from explorer.scratch.data import Data, load
from explorer.scratch.export import weights_file
from explorer.scratch.messages import (
    Change,
    Fetch,
    Fetched,
    Frame,
    Happened,
    Job,
    Measured,
    OneStep,
    Pause,
    Play,
    Ready,
    Refused,
    Rewind,
    Rewound,
    Said,
    Slow,
    Standing,
)
from explorer.scratch.record import Record
from explorer.scratch.run import Run
from explorer.scratch.runs import Runs
from explorer.scratch.settings import Edit, Plan, Settings
from explorer.scratch.training import Training
from tests.scratch import DENSE, FULL, SMALL, noise_data, plan


class Hung(Exception):
    """The page has gone."""


class Script:
    """A page that says one thing after the other, each when nothing more is to be done, and keeps what it hears."""

    def __init__(self, *messages: object) -> None:
        self.to_say, self.heard = deque(messages), list[object]()

    def receive(self, timeout: float | None = 0) -> object | None:
        if timeout is not None:
            return None
        if not self.to_say:
            raise Hung
        return self.to_say.popleft()

    def send(self, message: object) -> None:
        self.heard.append(message)

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.heard if isinstance(message, kind)]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Script]:
    """The process's work in this one, on pictures of noise."""
    monkeypatch.setattr(worker, "load", lambda *asked: noise_data(n=40 if asked[2] is None else asked[2]))

    def run(
        plans: tuple[Plan, ...],
        *said: object,
        events: tuple[Any, ...] = (),
        steps: tuple[int | None, ...] = (None, None),
    ) -> Script:
        line = Script(*said)
        job = Job(plans, tmp_path, events or tuple(() for _ in plans), steps)
        with pytest.raises(Hung):
            worker._Session(job, line).run()
        return line

    return run


def recorded(plans: tuple[Plan, ...], line: Script) -> Record:
    record = Record(plans)
    for message in line.heard:
        record.take(message)
    return record


def expected(said: Plan, n: int, changes: dict[int, object] | None = None) -> bytes:
    """The weights of an undisturbed training, as a file."""
    training = Training(said, noise_data(n=40))
    while training.step < n:
        if (change := (changes or {}).get(training.step)) is not None:
            training.change(change)
        training.advance()
    return weights_file(training.module, said.network, said.data)


def test_a_training_plays_to_its_end_and_is_measured(session: Callable[..., Script]) -> None:
    plans = (plan(FULL, 40),)
    line = session(plans, Play(), Fetch(7, 0, None), Fetch(8, 0, 11))
    record = recorded(plans, line)
    assert [one.status for one in line.of(Standing)] == ["paused", "playing", "done"]
    assert record.series(0, "step").astype(int).tolist() == [*range(41)]  # so few that each has its frame
    (measured,) = line.of(Measured)
    assert (measured.step, measured.n) == (40, 20)
    assert record.measured(0) == (40, measured.n_right / 20)
    assert record.said == f"{100 * measured.n_right / 20:.1f}\u00a0% of all 20 held-out pictures right after 40 steps."
    files = {one.number: one.content for one in line.of(Fetched)}
    assert files == {7: expected(plans[0], 40), 8: expected(plans[0], 11)}
    picture, label = record.picture(0)
    assert (picture.shape, label) == ((32, 32, 1), 0)


def test_two_panes_take_their_steps_in_turn(session: Callable[..., Script]) -> None:
    plans = (plan(SMALL, 6), plan(DENSE, 9, learning_rate=0.3))
    line = session(plans, Slow(1000), Play(), Fetch(0, 0, None), Fetch(1, 1, None))
    order = [(one.pane, int(np.frombuffer(one.content[:4], "<f4")[0])) for one in line.of(Frame)]
    assert order == [*((p, s) for s in range(7) for p in (0, 1)), (1, 7), (1, 8), (1, 9)]
    assert [one.content for one in line.of(Fetched)] == [expected(plans[0], 6), expected(plans[1], 9)]


def test_one_step_at_a_time_and_changes_on_the_way(session: Callable[..., Script]) -> None:
    plans = (plan(SMALL, 12),)
    slower, edit = Settings(batch=8, learning_rate=0.01, augment=True), Edit("conv1", (0, 0, 1, 2), 0.5)
    line = session(
        plans, OneStep(), OneStep(), Change(0, slower), OneStep(), Change(0, edit), Change(0, Edit("conv7", (0,), 1.0)),
        OneStep(), Fetch(0, 0, None), Rewind(2, (True,)), Fetch(1, 0, None), Play(), Fetch(2, 0, None),
    )  # fmt: skip
    steps = [int(np.frombuffer(one.content[:4], "<f4")[0]) for one in line.of(Frame)]
    assert steps[:6] == [0, 1, 2, 3, 3, 4]  # of the edited weight at once
    changes = {2: slower, 3: edit}
    files = [one.content for one in line.of(Fetched)]
    assert files[0] == expected(plans[0], 4, changes)
    assert files[1] == expected(plans[0], 2)
    assert files[2] == expected(plans[0], 12, {2: slower})  # for the edit came after the step that it went back to
    assert line.of(Rewound) == [Rewound(0, 2, slower)]
    record = recorded(plans, line)
    assert record.events(0) == [
        (2, "From here on: learning rate 0.01 instead of 0.05; pictures moved at random."),
    ]
    assert record.settings == (slower,)
    assert record.series(0, "step").astype(int).tolist()[:3] == [0, 1, 2]
    (refused,) = line.of(Refused)
    assert refused.said == "There is no layer 'conv7' with weights. There are conv1, dense1."


def test_what_is_refused_does_not_hold(session: Callable[..., Script]) -> None:
    plans = (plan(FULL, 4),)
    record = Record(plans)
    wanted = record.wish(Settings(batch=1))
    for message in session(plans, Change(0, wanted[0]), Play()).heard:
        record.take(message)
    assert record.settings == (plans[0].settings,)
    assert record.steps == (4,)
    assert record.events(0) == []


def test_a_loss_that_is_no_number_stops_and_goes_back_to_a_good_step(session: Callable[..., Script]) -> None:
    plans = (plan("flatten, dense 30, dense", 60, learning_rate=20), plan(SMALL, 20))
    line = session(plans, Play(), Fetch(0, 0, None), Change(0, Settings(batch=8, learning_rate=0.001)), Play())
    assert [one.status for one in line.of(Standing)] == ["paused", "playing", "stopped", "playing", "done"]
    record = recorded(plans, line)
    (good, said), (changed, _) = record.events(0)
    assert said.startswith("At step ")
    assert f"The training is back at step {good:,}, the last with a loss below" in said
    assert changed == good
    assert record.steps == (60, 20)  # the other went on meanwhile
    steps = record.series(0, "step").astype(int).tolist()
    assert steps == sorted({*steps})
    assert line.of(Fetched)[0].content == expected(plans[0], good)
    assert np.isfinite(record.series(0, "loss")).all()


def test_a_full_disk_is_said_once_and_the_training_goes_on(
    session: Callable[..., Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    plans = (plan(SMALL, 15),)
    line = session(plans, OneStep(), Play(), Rewind(5, (False,)), Fetch(0, 0, None))
    (said,) = [one.sentence for one in line.of(Said) if not one.passes]
    assert said.startswith("States of the training can no longer be kept on the disk (No space left on device).")
    assert line.of(Fetched)[0].content == expected(plans[0], 5)
    assert recorded(plans, line).steps == (5,)


def test_another_process_goes_on_where_one_was_killed(session: Callable[..., Script]) -> None:
    plans = (plan(FULL, 16, augment=True),)
    edit = Edit("conv1", (1, 0, 0, 0), -0.25)
    before = session(plans, OneStep(), OneStep(), OneStep(), Change(0, edit), OneStep(), OneStep())
    record = recorded(plans, before)
    assert record.steps == (5,)
    after = session(plans, Play(), Fetch(0, 0, None), events=record.made(), steps=record.steps)
    assert after.of(Fetched)[0].content == expected(plans[0], 16, {3: edit})
    assert int(np.frombuffer(after.of(Frame)[0].content[:4], "<f4")[0]) > 5  # the film goes on, and does not begin anew


def test_a_pause_ends_what_is_measured_and_play_goes_on(session: Callable[..., Script]) -> None:
    plans = (plan(SMALL, 5),)
    line = session(plans, Pause(), Play(), Play(), Pause())
    assert [one.status for one in line.of(Standing)] == [
        "paused",
        "paused",
        "playing",
        "done",
        "playing",
        "done",
        "done",
    ]
    assert len(line.of(Ready)) == 1


def test_what_differs_is_changed_in_both_panes_and_the_rest_stays() -> None:
    plans = (plan(augment=True), plan(learning_rate=0.5))
    record = Record(plans)
    wanted = record.wish(Settings(batch=8, augment=True, momentum=0.5))
    assert wanted == (Settings(batch=8, augment=True, momentum=0.5), Settings(batch=8, learning_rate=0.5, momentum=0.5))
    record.take(Happened(0, 3, "said", None))
    record.correct()  # the process ended before it heard of it
    assert record.settings == (plans[0].settings, plans[1].settings)


# With real processes.

TINY = Plan(SMALL, "digits", n_train=100, settings=Settings(batch=10), n_steps=60)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    monkeypatch.setattr(driving, "_LATER", 0.1)
    found = Runs(Queue(1))
    yield found
    found.stop()


def until(run: Run, what: Callable[[], object]) -> None:
    """Wait for something to become true."""
    for _ in range(1200):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError(f"{run.status}: {run.said}")


@lru_cache(maxsize=1)
def digits() -> Data:
    return load("digits", (1, 32, 32), 100)


def tiny(n: int, change: Settings | None = None, at: int = 0) -> bytes:
    training = Training(TINY, digits())
    while training.step < n:
        if training.step == at and change is not None:
            training.change(change)
        training.advance()
    return weights_file(training.module, TINY.network, TINY.data)


@pytest.mark.slow  # it starts processes that import torch
def test_runs_from_their_places_in_the_queue_to_their_ends(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "_TURN", 0.3)
    first, second = runs.start([TINY]), runs.start([TINY], owner="somebody")
    assert (second.status, second.place) == ("waiting", 1)
    assert runs.find(first.key) is first
    assert runs.find("unknown") is None
    for run in (first, second):
        run.slow(25)
    seen: list[tuple[Run, str]] = []
    until(first, lambda: watched(seen, first, second) == ["done", "done"])
    for run in (first, second):
        assert run.weights() == tiny(60)
        until(run, lambda run=run: run.measured(0) is not None)
    for run in (first, second):  # each let the other have its turn
        assert "playing, waiting, playing" in ", ".join(status for one, status in seen if one is run)

    assert first.n_frames[0] == 61
    assert len(first.packed(0)) == 4 * first.layouts[0].n_floats * 16
    pids = [run.pid for run in (first, second)]  # what is done has given its slot back, and keeps its process
    first.park()
    until(first, lambda: first.pid is None)
    assert first.status == "done"
    second.cancel()
    second.wait(30)
    assert second.status == "stopped"
    assert runs.find(second.key) is None
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    assert first.weights(step=7) == tiny(7)  # by another process
    until(first, lambda: first.status == "done")
    first.looked_at -= driving.UNWATCHED + 1
    first.wait(30)
    assert first.status == "stopped"
    assert "for ten minutes" in (first.said or "")
    assert runs.find(first.key) is None
    assert not first._folder.exists()
    with pytest.raises(WorkLost):
        first.weights()


def watched(seen: list[tuple[Run, str]], *runs: Run) -> list[str]:
    """What runs do now; what each has done is noted when it changes."""
    now = [run.status for run in runs]
    for run, status in zip(runs, now, strict=True):
        if [one for one in seen if one[0] is run][-1:] != [(run, status)]:
            seen.append((run, status))
    return now


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals as of POSIX")
def test_a_run_whose_process_is_killed_goes_on_with_the_same_weights(runs: Runs) -> None:
    run = runs.start([TINY])
    run.slow(20)
    until(run, lambda: (run.steps[0] or 0) >= 5)
    slower = Settings(batch=10, learning_rate=0.01)
    run.set(slower)
    until(run, lambda: run.events(0))
    at = run.events(0)[0][0]
    until(run, lambda: run.steps[0] > at + 1)
    os.kill(run.pid, signal.SIGKILL)
    until(run, lambda: "Another one goes on after step" in (run.said or ""))
    assert "SIGKILL" in run.said
    run.slow(None)
    until(run, lambda: run.status == "done")
    steps = run.series(0, "step").astype(int).tolist()
    assert steps == sorted({*steps})
    assert run.weights() == tiny(60, slower, at)
    assert run.events(0) == [(at, "From here on: learning rate 0.01 instead of 0.05.")]


@pytest.mark.slow
def test_what_cannot_be_trained_is_said(runs: Runs) -> None:
    with pytest.raises(BadData, match="There is no data set 'digit'"):
        runs.start([Plan(data="digit")])
    with pytest.raises(BadData, match="Block 2, 'dense',"):
        runs.start([Plan("conv 3 3, dense")])
    with pytest.raises(BadOption, match=r"^One plan is trained, or two beside each other, not 3\.$"):
        runs.start([TINY] * 3)
    run = runs.start([Plan(SMALL, "digits", n_train=100, watched=5000)])
    with pytest.raises(BadOption, match="no step 3 yet"):
        run.weights(step=3)
    with pytest.raises(BadOption, match="Steps a second"):
        run.slow(0)
    run.wait(60)
    assert run.status == "failed"
    assert run.said == "watched is below 1,000, the number of held-out pictures, not 5000."


def test_one_that_nobody_looks_at_gives_way_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "_MOST", 2)
    full = Queue(1)
    full.ask("somebody else")  # so that no process is begun
    found = Runs(full)
    first, second = found.start([TINY]), found.start([TINY])
    with pytest.raises(
        TooLarge, match=r"^2 trainings are being looked at here, and more would not fit\. Try again later"
    ):
        found.start([TINY])
    first.looked_at -= 61
    third = found.start([TINY])
    assert [found.find(run.key) for run in (first, second, third)] == [None, second, third]
    first.wait(30)
    assert (second.place, third.place) == (1, 2)  # the queue has forgotten it too
    second.pause()
    until(second, lambda: second.status == "paused")
    assert third.place == 1
    second.play()
    until(second, lambda: second.place == 2)
    found.stop()
    assert third.status == "stopped"


HOST = """
import os, signal, sys, time
from explorer.scratch import Runs
from tests.unit.test_scratch_runs import TINY

if __name__ == "__main__":
    runs = Runs()
    run = runs.start([TINY])
    run.slow(5)
    while not run.steps[0]:
        time.sleep(0.05)
    print(run.pid, run._folder, flush=True)
    if sys.argv[1] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals as of POSIX")
@pytest.mark.parametrize("how", ["exit", "kill"])
def test_nothing_is_left_when_the_program_ends(how: str) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", HOST, how], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == (-signal.SIGKILL if how == "kill" else 0)
    pid, folder = done.stdout.split()
    for _ in range(600):  # a process whose host was killed sees it a moment later
        if not Path(folder).exists() and not is_there(int(pid)):
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} or {folder} is still there")


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
