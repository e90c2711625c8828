"""How the server is: numbers, of this moment, and nothing of whom."""

from __future__ import annotations

from dataclasses import dataclass, fields

from streamlit import runtime
from streamlit.runtime.stats import ACTIVE_SESSIONS_FAMILY, GaugeStat

from ...running.processes import begun_here, resident_bytes
from ..frame.caches import caches
from ..frame.log import Running, is_own, running, uptime, warm
from ..uploads import stored


@dataclass(frozen=True)
class CacheStatus:
    """One of the caches that all visitors share: how many entries, and how many bytes."""

    name: str
    n_entries: int
    n_bytes: int


@dataclass(frozen=True)
class Status:
    """The server at one moment; `n_bytes` is None where the system does not say."""

    n_visitors: int
    running: tuple[Running, ...]
    n_bytes: int | None
    n_bytes_of_others: tuple[int, ...]
    n_bytes_uploaded: int
    seconds: float
    warm: tuple[str, ...]
    n_own: int
    caches: tuple[CacheStatus, ...]


def status() -> Status:
    """The server now."""
    networks = warm()
    kept = caches()
    return Status(
        n_visitors=_n_visitors(),
        running=running(),
        n_bytes=resident_bytes(),
        n_bytes_of_others=tuple(n for n in map(resident_bytes, begun_here()) if n is not None),
        n_bytes_uploaded=sum(stored().values()),
        seconds=uptime(),
        warm=tuple(sorted({network.title for network in networks if not is_own(network)})),
        n_own=sum(map(is_own, networks)),
        caches=tuple(
            CacheStatus(field.name, len(cache), cache.n_bytes)
            for field in fields(kept)
            if len(cache := getattr(kept, field.name))
        ),
    )


def _n_visitors() -> int:
    """The pages that are open in browsers, this one included."""
    if not runtime.exists():  # a page alone, as in a test
        return 0
    found = runtime.get_instance().stats_mgr.get_stats([ACTIVE_SESSIONS_FAMILY]).get(ACTIVE_SESSIONS_FAMILY, ())
    return sum(stat.value for stat in found if isinstance(stat, GaugeStat))
