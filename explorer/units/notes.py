"""What a teacher has noted about units: plain text in one file. Every visitor reads it, the teacher alone writes it."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from ..errors import BadNote
from ..wording import quoted

VARIABLE = "EXPLORER_NOTES_FILE"
MOST_CHARACTERS = 1000  # of a note
MOST_NOTES = 10_000
_MOST_BYTES = 64 << 20
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Note:
    """A note about one channel of one layer of a network with just these weights, known by their `key`."""

    network: str
    key: str
    layer: str
    channel: int
    text: str

    @property
    def place(self) -> tuple[str, str, int]:
        """What it is about."""
        return self.key, self.layer, self.channel


def notes_file() -> Path:
    """Where notes are kept: the file that EXPLORER_NOTES_FILE names, else one in the folder for this user's data."""
    if given := os.environ.get(VARIABLE):
        return Path(given).expanduser()
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "cnn-explorer" / "notes.json"


def note_of(path: Path, key: str, layer: str, channel: int) -> str:
    """What is noted about a unit; "" where nothing is. Raises BadNote for a file that holds no notes."""
    return next((one.text for one in notes(path) if one.place == (key, layer, channel)), "")


def notes(path: Path) -> tuple[Note, ...]:
    """All notes of a file, none where there is no file; one that has changed is read again. Raises BadNote."""
    try:
        stamp = path.stat()
    except OSError:
        return ()
    return _read(path, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=2)
def _read(path: Path, changed: int, size: int) -> tuple[Note, ...]:
    problem = f"{quoted(path.name)} holds no notes. Name another file in {VARIABLE}, or move this one away."
    if size > _MOST_BYTES:
        raise BadNote(problem)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["notes"]
        read = tuple(Note(**one) for one in found)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise BadNote(problem) from None
    texts = all(isinstance(text, str) for one in read for text in (one.network, one.key, one.layer, one.text))
    if not texts or not all(type(one.channel) is int for one in read):
        raise BadNote(problem)
    return read


def keep(path: Path, note: Note) -> None:
    """Write a note down, in the place of the one about the same unit; an empty text takes that away. The file is
    written beside its place and moved there: whoever reads finds the old one or the new one. Raises BadNote for a text
    that is too long, a file that is full, or one that cannot be written."""
    text = _plain(note.text)
    with _LOCK:
        kept = [one for one in notes(path) if one.place != note.place]
        if text:
            kept.append(Note(note.network, note.key, note.layer, note.channel, text))
        if len(kept) > MOST_NOTES:
            raise BadNote(f"{quoted(path.name)} holds {MOST_NOTES:,} notes, and no more. Take some away first.")
        beside = path.with_name(f"{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            shown = json.dumps({"notes": [asdict(one) for one in kept]}, ensure_ascii=False, indent=1)
            beside.write_text(shown, encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise BadNote(
                f"The note could not be written to {quoted(path.name)}: {error.strerror}. Name another file in "
                f"{VARIABLE}."
            ) from None


def _plain(text: str) -> str:
    """Printable characters and line breaks, without those at the ends."""
    found = "".join(one if one.isprintable() or one == "\n" else " " for one in text.replace("\r\n", "\n")).strip()
    if len(found) > MOST_CHARACTERS:
        raise BadNote(f"A note has {MOST_CHARACTERS:,} characters at most; this one has {len(found):,}. Shorten it.")
    return found
