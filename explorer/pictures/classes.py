"""Pictures of one's own to train on, class by class: what lies in the folder that EXPLORER_DATA_DIR names.

Each folder in it, and each .tar, that holds a folder for each class is a data set, called after itself. Folders above
those of the classes, such as `train` and `val`, make no difference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from ..errors import BadData
from ..wording import quoted
from .folders import PictureFile, find_pictures

VARIABLE = "EXPLORER_DATA_DIR"
_MOST = 5000  # pictures of a data set: of more, some of each class are taken
_MOST_CLASSES = 100
_MOST_SETS = 40
_MOST_FILES = 200_000  # that a folder is looked through for: more are somebody's disk, and no data set


def data_folder() -> Path | None:
    """The folder that EXPLORER_DATA_DIR names; None where it names none, or none that can be looked into."""
    return Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) and not data_problem() else None


def data_problem() -> str:
    """Why no data set is taken from the folder that EXPLORER_DATA_DIR names, in a sentence; empty where all is well, or
    none is named."""
    if not (own := os.environ.get(VARIABLE)):
        return ""
    try:
        os.scandir(own).close()
    except OSError as error:
        return (
            f"{VARIABLE} names the folder {quoted(own)}, which cannot be looked into: {error.strerror}. Put the folder "
            "there, or start again with another name or none."
        )
    return ""


def class_folders() -> Mapping[str, Path]:
    """The data sets in that folder, by name: folders and archives with two classes or more."""
    folder = data_folder()
    if folder is None:
        return MappingProxyType({})
    try:
        places = sorted(place for place in folder.iterdir() if not place.name.startswith("."))
    except OSError:  # it has gone since
        return MappingProxyType({})
    found = {place.name: place for place in places if place.is_dir() or place.suffix.lower() == ".tar"}
    sets = {name: place for name, place in found.items() if _is_set(place)}
    return MappingProxyType(dict([*sets.items()][:_MOST_SETS]))


def classes_in(place: Path) -> Mapping[str, tuple[PictureFile, ...]]:
    """The pictures in a folder or archive by the name of the folder that they lie in. Raises BadData."""
    try:
        return _classes(place, _stamp(place))
    except OSError as error:
        raise BadData(f"{quoted(str(place))} cannot be read: {error.strerror}. Look at its permissions.") from None


def some_of_each(classes: Mapping[str, Sequence[PictureFile]], n_each: int) -> dict[str, tuple[PictureFile, ...]]:
    """At most so many pictures of each class, at even steps through all of them."""
    found = {}
    for name, pictures in classes.items():
        n = min(n_each, len(pictures))
        found[name] = tuple(pictures[i * len(pictures) // n] for i in range(n))
    return found


def _is_set(place: Path) -> bool:
    try:
        return len(classes_in(place)) > 1
    except BadData:
        return False


@lru_cache(maxsize=2 * _MOST_SETS)
def _classes(place: Path, stamp: object) -> Mapping[str, tuple[PictureFile, ...]]:
    """Those of a place as it was at a moment: an archive of gigabytes is gone through once."""
    if place.is_dir() and next(islice(_files(place), _MOST_FILES, None), None) is not None:
        raise BadData(f"{quoted(place.name)} has more than {_MOST_FILES:,} files. Choose a folder with pictures alone.")
    found: dict[str, list[PictureFile]] = {}
    for picture in find_pictures([place], _MOST):
        if "/" in picture.name:  # else it lies beside the folders
            found.setdefault(picture.folder, []).append(picture)
    if not 2 <= len(found) <= _MOST_CLASSES:
        raise BadData(
            f"{quoted(place.name)} has {len(found) or 'no'} folder{'' if len(found) == 1 else 's'} with pictures. Put "
            f"those of each class into a folder of its own: 2 to {_MOST_CLASSES} classes."
        )
    return MappingProxyType({name: tuple(found[name]) for name in sorted(found)})


def _files(place: Path) -> Iterator[str]:
    for _, _, names in os.walk(place):
        yield from names


def _stamp(place: Path) -> object:
    """What changes when pictures are put into it or taken out: when the place and the folders in it last changed."""
    inside = [one for one in place.iterdir() if one.is_dir()] if place.is_dir() else []
    own = place.stat()
    return (*((one.name, one.stat().st_mtime_ns) for one in sorted(inside)), own.st_mtime_ns, own.st_size)
