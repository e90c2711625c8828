"""How work is run: one at a time, and so that it can be followed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
import torch

import explorer
from explorer.errors import TooLarge
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.running.alone import alone
from explorer.running.lock import LOCK, FairLock, work
from explorer.running.size import arrays_in
from explorer.running.waiting import TOLD
from tests.tiny import noise_image


def test_while_one_works_nobody_else_does() -> None:
    with work("The work"):
        assert LOCK.is_held
        with work("Its part"):  # by the same thread: work may consist of other work
            assert LOCK.is_held
        assert LOCK.is_held
    assert not LOCK.is_held


def test_what_is_raised_within_ends_it_and_memory_that_runs_out_is_a_sentence() -> None:
    with pytest.raises(KeyError, match="inside"), work("The work"):
        raise KeyError("inside")
    assert not LOCK.is_held
    with pytest.raises(TooLarge, match=r"^The work needs more memory; on this machine too little"), work("The work"):
        raise MemoryError
    assert not LOCK.is_held


@dataclass(frozen=True)
class Found:
    """A result as topics have them."""

    title: str
    values: object


def test_memory_is_counted_once_wherever_it_lies() -> None:
    values, png = np.zeros((10, 10), np.float32), b"x" * 30
    tensor = torch.zeros(25)
    assert sum(arrays_in(values).values()) == 400
    assert sum(arrays_in(values[::2, :3]).values()) == 400  # a part keeps the whole
    assert sum(arrays_in(Found("a title", {"a": [values, (png, values.T)], "b": {"c": tensor[:5]}})).values()) == 530
    assert arrays_in(tensor.numpy()) == arrays_in(tensor) == {tensor.data_ptr(): 100}
    assert arrays_in([Found("no array", 3.0), None, len]) == {}
    circle: list[object] = [values]
    circle.append(circle)
    assert sum(arrays_in(circle).values()) == 400


def wait_for(lock: FairLock, n: int) -> None:
    """Until so many threads wait for it."""
    end = time.monotonic() + 30
    while lock.n_waiting != n:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_who_waits_has_it_before_who_had_it_last() -> None:
    lock, order = FairLock(), list[str]()

    def visitor(name: str) -> None:
        with lock:
            order.append(name)

    with ThreadPoolExecutor(3) as pool:
        with lock:
            for n, name in enumerate("abc", start=1):
                pool.submit(visitor, name)
                wait_for(lock, n)
        with lock:  # the next batch of the one that has just let go
            order.append("again")
    assert order == ["a", "b", "c", "again"]


def test_many_threads_are_never_in_it_together() -> None:
    lock, n_inside, most, n_done = FairLock(), 0, 0, 0

    def visitor() -> None:
        nonlocal n_inside, most, n_done
        for _ in range(50):
            with lock, lock:
                n_inside += 1
                most = max(most, n_inside)
                time.sleep(0)
                n_inside -= 1
                n_done += 1

    threads = [threading.Thread(target=visitor) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (most, n_done, lock.is_held, lock.n_waiting) == (1, 400, False, 0)


class Gone(Exception):
    """Raised by a visitor who leaves."""


def impatient(lock: FairLock, told: list[int]) -> None:
    """Leaves as soon as it hears how many are before it, itself among them."""

    def leave(before: int) -> None:
        told.append(before)
        raise Gone

    TOLD.set(leave)
    with pytest.raises(Gone), lock:
        pass


def test_who_waits_is_told_how_many_are_before_it_and_may_go() -> None:
    lock, told = FairLock(), list[int]()

    def patient() -> None:
        with lock:
            told.append(0)

    with ThreadPoolExecutor(2) as pool:
        with lock:
            last = pool.submit(patient)
            wait_for(lock, 1)
            pool.submit(impatient, lock, told).result(30)
            assert told == [2]
            wait_for(lock, 1)  # the one that stays is still there
        last.result(30)
    assert told == [2, 0]
    assert not lock.is_held


def test_who_goes_when_it_is_its_turn_hands_it_on() -> None:
    """The turn may come while who waits is being told, and goes."""
    lock = FairLock()
    asked, answer = threading.Event(), threading.Event()

    def leave(before: int) -> None:
        asked.set()
        answer.wait(30)
        raise KeyError

    def impatient() -> None:
        TOLD.set(leave)
        with pytest.raises(KeyError), lock:
            pass

    with ThreadPoolExecutor(1) as pool:
        with lock:
            gone = pool.submit(impatient)
            assert asked.wait(30)
        answer.set()
        gone.result(30)
    assert not lock.is_held


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "2000"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None"), ({"GOMP_SPINCOUNT": "7"}, "7")],
)
def test_the_threads_of_a_server_soon_sleep_where_they_wait_unless_told_otherwise_and_soon_hand_over(
    given: dict[str, str], expected: str
) -> None:
    script = (
        "import os, sys, explorer.ui.serve as server\n"
        "server.serve = lambda *_: print(os.environ.get('GOMP_SPINCOUNT'), 'torch' in sys.modules, "
        "sys.getswitchinterval())\n"
        "from explorer.cli import main\n"
        "main(['app'])\n"
    )
    said = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    environment = {name: value for name, value in os.environ.items() if name not in said} | given
    found = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.split() == [expected, "False", "0.0005"]


def test_what_runs_alone_runs_on_one_core_and_nothing_else_does() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert alone(torch.get_num_threads) == alone(torch.get_num_threads) == 1
        with ThreadPoolExecutor(1) as other:
            assert (torch.get_num_threads(), other.submit(torch.get_num_threads).result()) == (3, 3)
        with pytest.raises(ZeroDivisionError):
            alone(lambda: 1 / 0)
    finally:
        torch.set_num_threads(before)


def test_a_small_network_gives_the_same_bits_on_any_number_of_cores(image: ImageInput) -> None:
    network, before, found = explorer.load_network("efficientnet_lite0"), torch.get_num_threads(), []
    try:
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            trace = explorer.run(network, image, "top")
            found.append({**trace.activations} | {f"d {name}": value for name, value in trace.gradients.items()})
    finally:
        torch.set_num_threads(before)
    one, two = found
    assert all(torch.equal(value, two[name]) for name, value in one.items())


def test_those_that_want_no_more_hold_it_together_in_the_order_in_which_they_came() -> None:
    lock, events = FairLock(2), list[str]()
    go_on = {name: threading.Event() for name in "abcde"}

    def visitor(name: str, is_beside: bool) -> None:
        with lock.beside(name) if is_beside else lock:
            events.append(f"{name} in")
            go_on[name].wait(30)
            events.append(f"{name} out")

    def until(*expected: str) -> None:
        end = time.monotonic() + 30
        while sorted(events) != sorted(expected):
            assert time.monotonic() < end, events
            time.sleep(0.001)
        events.clear()

    with ThreadPoolExecutor(5) as pool:
        for name in "ab":
            pool.submit(visitor, name, True)
        until("a in", "b in")
        for n, (name, is_beside) in enumerate((("c", True), ("d", False), ("e", True)), start=1):
            pool.submit(visitor, name, is_beside)
            wait_for(lock, n)
        go_on["a"].set()
        until("a out", "c in")  # a third has to wait for a place
        go_on["b"].set()
        until("b out")  # a place is free, and e waits all the same: d was there before, and wants it for itself
        assert lock.n_waiting == 2
        go_on["c"].set()
        until("c out", "d in")
        assert lock.n_waiting == 1
        go_on["d"].set()
        until("d out", "e in")
        go_on["e"].set()
    assert not lock.is_held


def test_no_order_of_events_has_more_beside_each_other_or_anybody_beside_one_that_wants_it_alone() -> None:
    lock, inside, faults, n_done = FairLock(3), list[bool](), list[str](), 0
    books = threading.Lock()

    def visitor(seed: int) -> None:
        nonlocal n_done
        chance = random.Random(seed)
        for _ in range(60):
            is_beside = chance.random() < 0.7
            with lock.beside(object()) if is_beside else lock, lock:  # once more, which it holds already
                with books:
                    inside.append(is_beside)
                    if len(inside) > (3 if all(inside) else 1):
                        faults.append(str(inside))
                time.sleep(0)
                with books:
                    inside.remove(is_beside)
                    n_done += 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visitor, range(8)))
    assert (faults, n_done, lock.is_held, lock.n_waiting) == ([], 480, False, 0)


def test_when_one_that_wants_it_alone_leaves_the_queue_those_behind_go_on() -> None:
    lock, done = FairLock(2), threading.Event()

    def patient() -> None:
        with lock.beside("one"):
            done.set()

    with ThreadPoolExecutor(2) as pool, lock.beside("other"):
        leaving = pool.submit(impatient, lock, [])
        wait_for(lock, 1)
        pool.submit(patient)
        leaving.result(30)
        assert done.wait(30)  # while the first still has it
    assert not lock.is_held


def test_what_one_makes_another_does_not_make_beside_it() -> None:
    lock, made, n_made = FairLock(4), set[str](), list[str]()

    def visitor(thing: str) -> None:
        with lock.beside(thing):
            if thing not in made:
                time.sleep(0.001)
                n_made.append(thing)
                made.add(thing)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visitor, "aabbcabca" * 20))
    assert sorted(n_made) == ["a", "b", "c"]
    assert not lock.is_held


def test_short_passes_run_beside_each_other_and_give_the_same_bits(tiny: Network) -> None:
    images = [noise_image(seed=seed) for seed in range(6)]
    expected = [explorer.run(tiny, image, "top") for image in images]
    layer = next(iter(tiny.layers))
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda image: explorer.run(tiny, image, "top"), images))
    for one, other in zip(expected, found, strict=True):
        assert np.array_equal(one.logits, other.logits)
        assert np.array_equal(one.gradient(layer), other.gradient(layer))
