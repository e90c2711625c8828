"""What is kept opens with its token alone, for a while, and never takes more room than it may."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from explorer.running.tokens import TokenStore


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def store(max_entries: int = 3, max_bytes: int = 100, max_size: int = 60) -> tuple[TokenStore[bytes], Clock]:
    clock = Clock()
    return TokenStore(max_entries, max_bytes, max_size, 50, len, clock), clock


def kept(tokens: TokenStore[bytes], value: bytes) -> str:
    token = tokens.keep(value)
    assert token is not None
    return token


def test_a_token_opens_its_own_value_and_nothing_else_does() -> None:
    tokens, _ = store()
    mine, yours = kept(tokens, b"mine"), kept(tokens, b"yours")
    assert (tokens.find(mine), tokens.find(yours)) == (b"mine", b"yours")
    for guess in ("", "none", "0", mine[:-1], mine.swapcase(), mine + "A", f"{mine}.0"):
        assert tokens.find(guess) is None


def test_equal_values_have_tokens_of_their_own_that_nobody_can_guess() -> None:
    tokens, _ = store(max_entries=500, max_bytes=5000)
    made = [kept(tokens, b"the same") for _ in range(500)]
    assert len(set(made)) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in made)  # 256 bits, six in each character
    for place in range(42):  # no part is the same in all, or counts up
        assert len({token[place] for token in made}) > 32
    tokens.drop(made[0])
    assert tokens.find(made[1]) == b"the same"  # whose was forgotten is nothing to the others


def test_the_oldest_go_where_there_are_too_many() -> None:
    tokens, _ = store(max_entries=3)
    made = [kept(tokens, b"x") for _ in range(3)]
    tokens.find(made[0])  # to be looked at makes nothing younger
    made.append(kept(tokens, b"x"))
    assert [tokens.find(token) is not None for token in made] == [False, True, True, True]
    assert (len(tokens), tokens.n_bytes) == (3, 3)


def test_the_oldest_go_where_they_are_too_large() -> None:
    tokens, _ = store()
    made = [kept(tokens, bytes(n)) for n in (40, 30, 30)]
    assert (len(tokens), tokens.n_bytes) == (3, 100)
    made.append(kept(tokens, bytes(31)))
    assert [tokens.find(token) is not None for token in made] == [False, True, True, True]
    assert tokens.n_bytes == 91
    made.append(kept(tokens, bytes(60)))
    assert [tokens.find(token) is not None for token in made] == [False, False, False, True, True]
    assert tokens.n_bytes == 91


def test_what_is_too_large_by_itself_is_not_kept_and_costs_nobody_anything() -> None:
    tokens, _ = store(max_size=60)
    token = kept(tokens, bytes(50))
    assert tokens.keep(bytes(61)) is None
    assert tokens.find(token) is not None
    assert store(max_bytes=10, max_size=60)[0].keep(bytes(11)) is None


def test_after_a_while_it_is_gone_whoever_asks() -> None:
    tokens, clock = store()
    early = kept(tokens, bytes(10))
    clock.now += 30
    late = kept(tokens, bytes(20))
    clock.now += 20
    assert tokens.find(early) is not None
    clock.now += 0.1
    assert tokens.find("somebody else's") is None  # and with that the bytes go
    assert tokens.n_bytes == 20
    assert (tokens.find(early), tokens.find(late)) == (None, bytes(20))


def test_what_is_dropped_is_gone_and_may_be_dropped_again() -> None:
    tokens, _ = store()
    token = kept(tokens, bytes(10))
    for _ in range(2):
        tokens.drop(token)
        assert (tokens.find(token), len(tokens), tokens.n_bytes) == (None, 0, 0)


def test_many_at_once_stay_within_the_bounds() -> None:
    tokens, _ = store(max_entries=20, max_bytes=100)

    def visit(n: int) -> int:
        token = kept(tokens, bytes(n % 50))
        tokens.find(token)
        if n % 3 == 0:
            tokens.drop(token)
        return tokens.n_bytes

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(visit, range(2000))) <= 150  # one that is being added is counted before the oldest go
    left = [found for token in list(tokens._values) if (found := tokens.find(token)) is not None]
    assert sum(map(len, left)) == tokens.n_bytes <= 100
    assert len(left) == len(tokens) <= 20
