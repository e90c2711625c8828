"""The cache stays within its bounds and makes nothing twice, however many ask."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer.running.cache import BoundedCache, Room, Shelf


def cache(max_entries: int = 3, max_bytes: int = 100) -> BoundedCache[bytes]:
    return BoundedCache(max_entries, max_bytes, size=len)


def refuse() -> bytes:
    raise AssertionError("this should have been kept")


def is_kept(values: BoundedCache[bytes], key: str) -> bool:
    """Whether the key is there; it counts as a use where it is."""
    return values.find(key) is not None


def test_a_value_is_made_once() -> None:
    values, made = cache(), list[str]()

    def make() -> bytes:
        made.append("once")
        return b"value"

    first = values.get("key", make)
    assert values.get("key", make) is first
    assert made == ["once"]


def test_what_was_used_last_stays() -> None:
    values = cache(max_entries=3)
    for key in "abc":
        values.get(key, key.encode)
    assert values.get("a", refuse) == b"a"
    values.get("d", b"d".upper)
    assert [is_kept(values, key) for key in "abcd"] == [True, False, True, True]


def test_bytes_are_bounded_too() -> None:
    values = cache(max_entries=10, max_bytes=100)
    for key in "abc":
        values.get(key, lambda: bytes(40))
        assert values.n_bytes <= 100
    assert [is_kept(values, key) for key in "abc"] == [False, True, True]
    values.get("d", lambda: bytes(100))
    assert values.n_bytes == 100
    assert [is_kept(values, key) for key in "abcd"] == [False, False, False, True]


def test_the_newest_stays_however_large_it_is() -> None:
    values = cache(max_bytes=100)
    values.get("small", lambda: bytes(10))
    large = values.get("large", lambda: bytes(1000))
    assert values.get("large", refuse) is large
    assert not is_kept(values, "small")
    values.get("next", lambda: bytes(10))
    assert values.n_bytes == 10


@pytest.mark.parametrize("asked", ["find", "get"])
def test_what_has_grown_since_is_counted_when_it_is_used_and_the_oldest_go(asked: str) -> None:
    values: BoundedCache[list[int]] = BoundedCache(9, 100, size=len)
    for key in "abc":
        values.get(key, lambda: [0] * 20)
    grown = values.get("b", lambda: pytest.fail("this should have been kept"))
    grown += [0] * 50
    assert values.n_bytes == 60  # nobody has used it since
    assert (values.find("b") if asked == "find" else values.get("b", lambda: [])) is grown
    assert values.n_bytes == 90
    assert values.find("a") is None  # 70 and twice 20 are too many
    assert values.find("c") is not None


def test_none_and_empty_values_are_values() -> None:
    values: BoundedCache[bytes | None] = BoundedCache(3, 100, size=lambda value: 0)
    assert values.get("key", lambda: None) is None
    assert values.get("key", refuse) is None


def test_an_error_is_the_callers_and_is_not_kept() -> None:
    values = cache()

    def fail() -> bytes:
        raise KeyError("no luck")

    for _ in range(2):
        with pytest.raises(KeyError, match="no luck"):
            values.get("key", fail)
    assert values.get("key", lambda: b"now") == b"now"


def at_once(n: int, work: Callable[[int], bytes]) -> list[bytes | BaseException]:
    """work(0) to work(n - 1), all started at the same moment; what each returned or raised."""
    start = threading.Barrier(n, timeout=10)

    def begin(i: int) -> bytes:
        start.wait()
        return work(i)

    with ThreadPoolExecutor(n) as pool:
        futures = [pool.submit(begin, i) for i in range(n)]
        return [future.exception(timeout=10) or future.result() for future in futures]


def test_eight_threads_that_ask_at_once_share_one_value() -> None:
    values, made, busy = cache(), list[bytes](), threading.Event()

    def make() -> bytes:
        busy.wait(0.2)  # long enough for the others to come and ask
        made.append(b"value")
        return b"value" * len(made)

    found = at_once(8, lambda i: values.get("key", make))
    assert found == [b"value"] * 8
    assert len(made) == 1


def test_different_values_are_made_side_by_side() -> None:
    """Each maker waits until both are being made: one after the other would never end."""
    values, together = cache(), threading.Barrier(2, timeout=10)

    def make() -> bytes:
        together.wait()
        return b"value"

    assert at_once(2, lambda i: values.get(i, make)) == [b"value"] * 2


def test_when_the_first_of_many_fails_another_makes_it() -> None:
    values, tries = cache(), list[int]()

    def make() -> bytes:
        tries.append(len(tries))
        threading.Event().wait(0.1)
        if len(tries) == 1:
            raise KeyError("no luck")
        return b"value"

    found = at_once(4, lambda i: values.get("key", make))
    assert sum(isinstance(value, KeyError) for value in found) == 1
    assert [value for value in found if not isinstance(value, KeyError)] == [b"value"] * 3


def test_bounds_hold_with_many_threads() -> None:
    values = cache(max_entries=5, max_bytes=60)

    def ask(i: int) -> bytes:
        return b"".join(values.get((i + n) % 12, lambda: bytes(10)) for n in range(200))

    found = at_once(8, ask)
    assert not [value for value in found if isinstance(value, BaseException)]
    assert values.n_bytes <= 50


def test_who_comes_while_others_wait_for_one_that_failed_waits_with_them() -> None:
    values, busy, most, made = cache(), list[int](), list[int](), list[int]()
    failing, late = threading.Event(), threading.Event()

    def make() -> bytes:
        busy.append(1)
        most.append(len(busy))
        made.append(1)
        try:
            if len(made) == 1:
                failing.wait(5)
                raise KeyError("no luck")
            late.set()
            threading.Event().wait(0.1)  # long enough for the last to come
            return b"value"
        finally:
            busy.pop()

    def work(i: int) -> bytes:
        if i == 2:
            late.wait(5)
        elif i == 1:
            threading.Timer(0.1, failing.set).start()
        return values.get("key", make)

    found = at_once(3, work)
    assert [type(one) for one in found if isinstance(one, Exception)] == [KeyError]
    assert [one for one in found if isinstance(one, bytes)] == [b"value"] * 2
    assert max(most) == 1
    assert len(made) == 2


def test_what_is_found_counts_as_used() -> None:
    values = cache(max_entries=2)
    for key in "ab":
        values.get(key, key.encode)
    assert values.find("a") == b"a"
    values.get("c", b"c".upper)
    assert (values.find("a"), values.find("b"), values.find("c")) == (b"a", None, b"C")


def test_shelves_of_one_cache_do_not_see_each_other() -> None:
    values = cache()
    mine, yours = Shelf(values, ("picture", "me")), Shelf(values, ("picture", "you"))
    assert mine.get("map", b"mine".lower) == b"mine"
    assert yours.find("map") is None
    assert yours.get("map", b"yours".lower) == b"yours"
    assert mine.get("map", refuse) == mine.find("map") == b"mine"


def test_caches_of_one_room_let_go_of_what_was_used_longest_ago_in_any() -> None:
    room = Room(100)
    first, second = (BoundedCache[bytes](9, 1000, size=len, shared=room) for _ in range(2))
    first.get("a", lambda: bytes(40))
    second.get("b", lambda: bytes(40))
    first.get("a", refuse)  # used since b was
    first.get("c", lambda: bytes(40))
    assert (is_kept(first, "a"), is_kept(second, "b"), is_kept(first, "c")) == (True, False, True)
    assert room.n_bytes == first.n_bytes + second.n_bytes == 80


def test_of_a_room_many_small_things_outlive_a_large_one_that_was_used_since() -> None:
    room = Room(1000)
    small, large = (BoundedCache[bytes](99, 10_000, size=len, shared=room) for _ in range(2))
    for i in range(9):
        small.get(i, lambda: bytes(10))
    for key in "abcdef":
        large.get(key, lambda: bytes(300))
    assert len(small) == 9
    assert [is_kept(large, key) for key in "abcdef"] == [False, False, False, True, True, True]
    for i in range(200):
        assert len(large.get("f", refuse)) == 300, i
    large.get("g", lambda: bytes(300))  # the small ones have taken 10 x 200 for nothing each, the others 300 x 200
    assert (len(small), is_kept(large, "f"), is_kept(large, "g")) == (9, True, True)
    for i in range(9):
        large.get(i, lambda: bytes(450))
        for _ in range(1000):
            large.get(i, refuse)
    assert len(small) < 9, "what nobody comes back to goes in the end"


def test_what_is_dear_stays_for_so_much_longer() -> None:
    room = Room(100)
    cheap, dear = (BoundedCache[bytes](9, 1000, size=len, shared=room, dear=dear) for dear in (1, 3))
    dear.get("network", lambda: bytes(40))
    cheap.get("first", lambda: bytes(40))
    cheap.get("second", lambda: bytes(40))
    assert (is_kept(dear, "network"), is_kept(cheap, "first"), is_kept(cheap, "second")) == (True, False, True)


def test_the_newest_of_a_room_stays_alone_if_need_be() -> None:
    room = Room(100)
    first, second = (BoundedCache[bytes](9, 1000, size=len, shared=room) for _ in range(2))
    second.get("none", bytes)
    first.get("a", lambda: bytes(40))
    first.get("b", bytes)
    second.get("large", lambda: bytes(500))
    assert (is_kept(first, "a"), is_kept(second, "large"), room.n_bytes) == (False, True, 500)


def test_a_room_frees_as_much_as_is_asked_for_and_all_at_most() -> None:
    room = Room(1000)
    values = BoundedCache[bytes](9, 1000, size=len, shared=room)
    for key in "abc":
        values.get(key, lambda: bytes(40))
    assert room.free(50) == 80
    assert is_kept(values, "c")
    assert room.free(1000) == 40
    assert (len(values), room.n_bytes) == (0, 0)


def test_rooms_hold_with_many_threads() -> None:
    room = Room(100)
    caches = [BoundedCache[bytes](5, 1000, size=len, shared=room) for _ in range(4)]

    def ask(i: int) -> bytes:
        return b"".join(caches[n % 4].get((i + n) % 12, lambda: bytes(10)) for n in range(200))

    assert not [value for value in at_once(8, ask) if isinstance(value, BaseException)]
    assert room.n_bytes == sum(cache.n_bytes for cache in caches) <= 100
    assert all(len(cache) <= 5 for cache in caches)
