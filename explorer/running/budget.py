"""How many pictures run at once."""

from __future__ import annotations

from .memory import ensure_room

_EXTRA_BYTES = 256 << 20  # that a batch may take
_MOST_AT_ONCE = 64


def batch_size(n_bytes: int, what: str) -> int:
    """How many pictures, or maps, to run at once where each takes `n_bytes`. Raises TooLarge if not even one fits."""
    batch = max(1, min(_MOST_AT_ONCE, _EXTRA_BYTES // max(1, n_bytes)))
    ensure_room(batch * n_bytes, what)
    return batch
