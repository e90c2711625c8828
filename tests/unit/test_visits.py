"""Who is here, and that what was kept for them goes when they have left."""

from __future__ import annotations

import threading

from explorer.ui.frame.visits import Visits


def test_those_are_counted_that_are_still_here() -> None:
    here = {"a", "b", "c"}
    visits = Visits(here.__contains__)
    for one in ("a", "b", "a", "c"):
        visits.note(one)
    assert len(visits) == 3
    here.discard("b")
    assert len(visits) == 2
    visits.note("b")  # a run that ends after its visit
    assert len(visits) == 2


def test_what_is_kept_goes_once_when_all_have_left_for_a_while() -> None:
    here, emptied, n = {"a"}, threading.Event(), list[int]()

    def empty() -> None:
        assert not here, "somebody is still here"
        n.append(1)
        emptied.set()

    visits = Visits(here.__contains__)
    visits.start(empty, patience=0.06)
    assert not emptied.wait(0.3), "nobody has come yet"
    visits.note("a")
    assert not emptied.wait(0.3)
    here.clear()
    assert emptied.wait(30)
    emptied.clear()
    assert not emptied.wait(0.3), "nothing has been kept since"
    here.add("b")
    visits.note("b")
    here.clear()
    assert emptied.wait(30)
    assert n == [1, 1]
