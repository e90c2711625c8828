"""A file that is there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def written_whole(path: str | os.PathLike[str], write: Callable[[Path], object]) -> Path:
    """Have a file written beside its place, and move it there when it is whole; returns the place. Raises OSError,
    which names the place."""
    place = Path(path)
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        write(beside)
        beside.replace(place)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(place)) from error
    finally:
        beside.unlink(missing_ok=True)
    return place
