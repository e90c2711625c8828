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
    visitors = f"{plural(status.n_visitors, 'page')} {'is' if status.n_visitors == 1 else 'are'} open in browsers."
    if not status.running:
        return f"{visitors} Nothing is being worked on."
    first, *waiting = status.running
    waits = f" {plural(len(waiting), 'piece')} of work {'waits' if len(waiting) == 1 else 'wait'}." if waiting else ""
    work = f"{first.method} of {first.network}, for {seconds_phrase(now - first.since)}."
    return f"{visitors} Being worked on: {work}{waits}"


def memory_sentence(status: Status) -> str:
    """What the server holds of the machine's memory."""
    held = "an unknown amount of memory" if status.n_bytes is None else megabytes(status.n_bytes)
    others = status.n_bytes_of_others
    beside = (
        f", and {plural(len(others), 'process', 'processes')} that it began {megabytes(sum(others))}" if others else ""
    )
    return (
        f"The server holds {held}{beside}. Of that, {megabytes(status.n_bytes_uploaded)} are uploads. It has been "
        f"running for {duration(status.seconds)}."
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
