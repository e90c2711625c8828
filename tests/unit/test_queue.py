"""Who works when there is not room for all: against a queue that is worked out by hand."""

from __future__ import annotations

import random
import threading

import pytest

from explorer.running.queue import Queue, Ticket, trainings


def test_first_come_first_served() -> None:
    queue = Queue(2)
    tickets = [queue.ask(owner) for owner in "abcd"]
    assert [ticket.has_slot for ticket in tickets] == [True, True, False, False]
    assert [ticket.place for ticket in tickets] == [None, None, 1, 2]
    tickets[1].give_back()
    assert [ticket.has_slot for ticket in tickets] == [True, False, True, False]
    assert [ticket.place for ticket in tickets] == [None, None, None, 1]


def test_a_second_run_of_one_waits_behind_the_first_of_another() -> None:
    queue = Queue(1)
    running, again, third = (queue.ask("ann") for _ in range(3))
    other = queue.ask("bob")
    late = queue.ask("cem")
    assert [ticket.place for ticket in (other, late, again, third)] == [1, 2, 3, 4]
    running.give_back()
    assert other.has_slot
    assert [ticket.place for ticket in (late, again, third)] == [1, 2, 3]
    other.give_back()
    late.give_back()
    assert again.has_slot
    assert [queue.ask("bob").place, third.place] == [1, 2]  # each in turn, also in the next round


def test_who_left_the_queue_has_not_had_a_turn() -> None:
    queue = Queue(1)
    queue.ask("cem")
    for _ in range(3):
        queue.ask("ann").give_back()
    ann, bob = queue.ask("ann"), queue.ask("bob")
    assert [ann.place, bob.place] == [1, 2]


def test_no_order_of_events_gives_away_more_slots_or_leaves_one_free() -> None:
    chance = random.Random(0)
    queue = Queue(3)
    held: list[Ticket] = []
    for _ in range(500):
        if held and chance.random() < 0.5:
            held.pop(chance.randrange(len(held))).give_back()
        else:
            held.append(queue.ask(chance.randrange(5)))
        assert sum(ticket.has_slot for ticket in held) == min(3, len(held))
        places = sorted(ticket.place for ticket in held if ticket.place is not None)
        assert places == list(range(1, len(held) - 3 + 1))


def test_who_waits_can_leave_and_nothing_is_given_back_twice() -> None:
    queue = Queue(1)
    first, second, third = (queue.ask(i) for i in range(3))
    second.give_back()
    assert third.place == 1
    first.give_back()
    first.give_back()
    assert third.has_slot
    assert not second.wait(0)
    assert queue.ask("next").place == 1


def test_a_slot_comes_back_from_work_that_fails() -> None:
    queue = Queue(1)
    with pytest.raises(KeyError), queue.ask("a"):
        {}["it fails"]
    assert queue.ask("b").has_slot


def test_whoever_waits_wakes_when_its_turn_comes_or_it_is_sent_away() -> None:
    queue = Queue(1)
    first, second, third = (queue.ask(i) for i in range(3))
    assert not second.wait(0.01)
    found: dict[str, bool] = {}
    threads = [
        threading.Thread(target=lambda name=name, ticket=ticket: found.update({name: ticket.wait(30)}))
        for name, ticket in (("second", second), ("third", third))
    ]
    for thread in threads:
        thread.start()
    third.give_back()
    first.give_back()
    for thread in threads:
        thread.join(30)
    assert found == {"second": True, "third": False}


def test_trainings_leave_cores_to_the_pages() -> None:
    assert trainings() is trainings()
    assert trainings().n_slots >= 1
