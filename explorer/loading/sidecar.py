"""`<file>.sha256` beside a file of weights: what the file should be, in the form that sha256sum writes and checks."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from ..errors import WeightsUnavailable

_LINE = re.compile(r"\\?([0-9a-fA-F]{64})(\s.*)?", re.DOTALL)
_MAX_BYTES = 10_000  # of a line with the name of a file in it


def check_sidecar(path: Path) -> None:
    """Compare the file with what is beside it; nothing, if nothing is there. Raises WeightsUnavailable.

    A file is read once for that, and again when it has changed.
    """
    beside = _sidecar(path)
    if not beside.is_file():
        return
    try:
        with beside.open("rb") as file:
            written = _LINE.fullmatch(file.read(_MAX_BYTES).decode("ascii", "replace").strip())
        stamp = path.stat()
        found = _digest(path, stamp.st_size, stamp.st_mtime_ns)
    except OSError as error:
        raise WeightsUnavailable(
            f"The weights '{path.name}' cannot be compared with '{beside.name}' beside them: {error.strerror}. Look at "
            f"both in {path.parent}, or delete the second."
        ) from None
    if written is None:
        raise WeightsUnavailable(
            f"'{beside.name}' beside the weights '{path.name}' holds no sha256, which is 64 digits from 0 to f. Write "
            f"it again with sha256sum in {path.parent}, or delete it."
        )
    if written[1].lower() != found:
        raise WeightsUnavailable(
            f"The weights '{path.name}' in {path.parent} are not those that '{beside.name}' was written for: their "
            f"sha256 begins with {found[:8]} and not with {written[1][:8].lower()}. Copy both again, or delete "
            f"'{beside.name}' if these weights are meant."
        )


def write_sidecar(path: Path) -> Path:
    """Write down what the file is now, for whoever copies it. Raises WeightsUnavailable."""
    beside = _sidecar(path)
    try:
        stamp = path.stat()
        beside.write_text(f"{_digest(path, stamp.st_size, stamp.st_mtime_ns)}  {path.name}\n", encoding="utf-8")
    except OSError as error:
        raise WeightsUnavailable(
            f"'{beside.name}' cannot be written beside the weights in {path.parent}: {error.strerror}. Make room "
            "there, or choose another folder."
        ) from None
    return beside


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


@lru_cache(maxsize=256)
def _digest(path: Path, size: int, changed_ns: int) -> str:
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            sha256.update(chunk)
    return sha256.hexdigest()
