"""How the server is, in words."""

from __future__ import annotations

from collections.abc import Sequence

from ...wording import duration, megabytes, plural, seconds_phrase
from ..frame.teacher import HOW
from .status import CacheStatus, Status

FOR_TEACHERS = f"This page is for whoever started the server: open {HOW}."
NOTHING_YET = "Look at any page first: its link is then here."
WHAT_A_LINK_HOLDS = (
    "This is what you have chosen, as you last saw it: whoever opens the link sees the same. A picture or a file of "
    "your own is not in it."
)


def busy_sentence(status: Status, now: float) -> str:
    """Who is there, and what the server works on at the moment `now`, in seconds of the clock that the work goes by."""
    n = status.n_visitors
    return f"{plural(n, 'page')} {'is' if n == 1 else 'are'} open in browsers. {_work(status, now)}{_queue(status)}"


def _work(status: Status, now: float) -> str:
    if not status.running:
        return "A network is at work." if status.is_busy else "Nothing is being worked on."
    first, *others = status.running
    more = f", and {len(others)} more" if others else ""
    return f"Being worked on: {first.method} of {first.network}, for {seconds_phrase(now - first.since)}{more}."


def _queue(status: Status) -> str:
    kinds = (status.n_waiting, "for a turn"), (status.n_trainings_waiting, "to train a network")
    return "".join(f" {n} {'waits' if n == 1 else 'wait'} {what}." for n, what in kinds if n)


def memory_sentence(status: Status) -> str:
    """What the server holds of the machine's memory, and of what."""
    memory = status.memory
    held = "an unknown amount" if memory.taken is None else megabytes(memory.taken)
    return (
        f"The server, with the processes that it began, holds {held} of the {megabytes(memory.limit)} of memory that "
        f"it may take. Caches hold {megabytes(memory.kept)} of {megabytes(memory.room)}, uploads "
        f"{megabytes(memory.uploaded)}. It has been running for {duration(status.seconds)}."
    )


def warm_sentence(status: Status) -> str:
    """Which networks answer without being loaded first."""
    own = f"{plural(status.n_own, 'network')} of visitors’ own" if status.n_own else ""
    named = ", ".join([*status.warm, *([own] if own else [])])
    return f"Loaded: {named}." if named else "No network is loaded yet."


def caches_table(caches: Sequence[CacheStatus]) -> str:
    """The caches that are not empty, the largest first, as a table in Markdown."""
    rows = sorted(caches, key=lambda cache: (-cache.n_bytes, cache.name))
    body = "".join(f"| {row.name} | {row.n_entries} | {row.n_bytes / 1e6:.1f} |\n" for row in rows)
    return f"| cache | entries | MB |\n|:--|--:|--:|\n{body}"
