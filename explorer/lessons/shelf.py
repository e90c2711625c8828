"""The lessons that there are: those that come with the program, and those of the folder that a teacher names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..errors import BadLesson
from ..wording import quoted
from .lesson import Lesson
from .reading import read_lesson

FOLDER_VARIABLE = "EXPLORER_LESSONS_DIR"
SHIPPED = Path(__file__).with_name("files")
_MOST = 100  # files of a folder


@dataclass(frozen=True)
class Shelf:
    """Lessons by name, in the order of their files, and a sentence for each file that is none."""

    lessons: Mapping[str, Lesson]
    problems: tuple[str, ...]


def shelf() -> Shelf:
    """All lessons: a file of the teacher's with the name of one that comes along takes its place. A file that has
    changed is read again."""
    lessons: dict[str, Lesson] = {}
    problems: list[str] = []
    for path in (*sorted(SHIPPED.glob("*.toml")), *_own(problems)):
        try:
            stamp = path.stat()
            lessons[path.stem] = _read(path, stamp.st_mtime_ns, stamp.st_size)
        except OSError as error:
            problems.append(f"{path.name} cannot be read: {error.strerror}.")
        except BadLesson as error:
            problems.append(str(error))
    return Shelf(lessons, tuple(problems))


def _own(problems: list[str]) -> list[Path]:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return []
    try:
        found = sorted(path for path in Path(folder).iterdir() if path.suffix == ".toml")
    except OSError as error:
        problems.append(
            f"{FOLDER_VARIABLE} names the folder {quoted(folder)}, which cannot be looked into: {error.strerror}."
        )
        return []
    if len(found) > _MOST:
        problems.append(f"{quoted(folder)} has {len(found)} lessons; the first {_MOST} are shown.")
    return found[:_MOST]


@lru_cache(maxsize=4 * _MOST)
def _read(path: Path, modified: int, size: int) -> Lesson:
    """A file as it was at a moment."""
    return read_lesson(path)
