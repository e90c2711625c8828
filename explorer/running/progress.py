"""How whoever works says how far it is."""

from __future__ import annotations

from collections.abc import Callable

# (done, of how many, or None where nobody knows), in passes, maps, bytes: what the work counts. What it
# raises cancels the work and leaves nothing behind.
Progress = Callable[[int, int | None], None]
