"""The list of the pictures, on the disk: however many there are, what is in memory is one shard's.

A line holds a picture's name, where its bytes are, and, of what is no picture but ought to be one, why. The order is
that of the names in a folder, and that of the archive in an archive.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import BadData
from ..pictures.folders import PictureFile, is_picture, plain_name
from ..wording import quoted

_DEEPEST = 8  # archives within archives
_MOST_CLASSES = 5000  # of more folders each hardly stands for a class
_PACKED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip")


@dataclass(frozen=True)
class Entry:
    """A picture of the list; `problem` says why there is nothing to read."""

    file: PictureFile
    problem: str = ""

    @property
    def label(self) -> str:
        """The folder right above it, or the archive within an archive; "" of what lies in none."""
        return PurePosixPath(self.file.name).parent.name


@dataclass(frozen=True)
class Listed:
    """A finished list: `starts` are the bytes at which its shards begin, `digest` is that of names and sizes, `stamp`
    also of the places and times of the files; `classes` are the folders, sorted."""

    path: Path
    n: int
    shard_size: int
    starts: tuple[int, ...]
    digest: str
    stamp: str
    classes: tuple[str, ...]

    @property
    def n_shards(self) -> int:
        """How many parts it is worked on in."""
        return len(self.starts)

    def shard(self, index: int) -> list[Entry]:
        """Its pictures."""
        return self.entries(index * self.shard_size, self.shard_size)

    def entries(self, first: int, n: int) -> list[Entry]:
        """So many from the place of the first."""
        found: list[Entry] = []
        with self.path.open("rb") as file:
            file.seek(self.starts[first // self.shard_size])
            for _ in range(first % self.shard_size):
                file.readline()
            while len(found) < n and (line := file.readline()):
                name, path, start, n_bytes, problem = json.loads(line)
                found.append(Entry(PictureFile(name, Path(path), start, n_bytes), problem))
        return found


def listed(places: Sequence[Path], path: Path, left_out: Path) -> Listed:
    """Write the list of the pictures in folders, archives and files; what lies in `left_out` is not among them. Raises
    BadData: no such place, or no picture there."""
    names, stamps = hashlib.sha256(), hashlib.sha256()
    classes: set[str] = set()
    offsets: list[int] = []  # of every 32nd line: shards begin at some of these
    n = at = 0
    with path.open("wb") as file:
        for place in places:
            prefix = f"{place.stem}/" if len(places) > 1 else ""
            for entry, stamp in _of_place(place, prefix, left_out.resolve()):
                one = entry.file
                line = json.dumps([one.name, str(one.path), one.start, one.n_bytes, entry.problem]).encode() + b"\n"
                if n % 32 == 0:
                    offsets.append(at)
                n, at = n + 1, at + file.write(line)
                names.update(json.dumps([one.name, one.n_bytes or stamp[0]]).encode())
                stamps.update(line + repr(stamp).encode())
                if len(classes) <= _MOST_CLASSES:
                    classes.add(entry.label)
    if not n:
        raise BadData(f"There is no picture in {', '.join(map(str, places)) or 'no folder at all'}. Choose another.")
    classes.discard("")
    step = max(1, min(16, n // 2048))  # of 32 pictures each: 512 in a shard at the most
    kept = tuple(sorted(classes)) if len(classes) <= _MOST_CLASSES else ()
    return Listed(path, n, 32 * step, tuple(offsets[::step]), names.hexdigest(), stamps.hexdigest(), kept)


Found = Iterator[tuple[Entry, tuple[int, int]]]


def _of_place(place: Path, prefix: str, left_out: Path) -> Found:
    if place.is_dir():
        yield from _of_folder(place.absolute(), prefix, left_out)
    elif place.is_file():
        at = place.absolute()
        stamp = _stamp(at)
        if _is_archive(place.name):
            for entry in _of_archive(at, 0, stamp[0], prefix, place.name, 0):
                yield entry, stamp
        elif place.name.lower().endswith(_PACKED):
            raise BadData(f"{quoted(place.name)} is compressed. Unpack it, or give a plain .tar.")
        else:
            yield Entry(PictureFile(prefix + place.name, at)), stamp
    else:
        raise BadData(f"There is no file or folder {quoted(str(place))}. Check the path.")


def _of_folder(folder: Path, prefix: str, left_out: Path) -> Found:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  # names take less than paths
    except OSError as error:
        problem = f"The folder {quoted(folder.name)} cannot be looked into: {error.strerror}."
        yield Entry(PictureFile(prefix.rstrip("/"), folder), problem), (0, 0)
        return
    for name in names:
        path = folder / name
        if path.is_dir():
            if not path.is_symlink() and path.resolve() != left_out:  # which may lead around in a circle
                yield from _of_folder(path, f"{prefix}{name}/", left_out)
        elif is_picture(name) and path.is_file():
            yield Entry(PictureFile(prefix + name, path)), _stamp(path)
        elif path.is_file() and not name.startswith(".") and (_is_archive(name) or name.lower().endswith(_PACKED)):
            stamp = _stamp(path)
            for entry in _of_archive(path, 0, stamp[0], f"{prefix}{path.stem}/", name, 0):
                yield entry, stamp


def _of_archive(path: Path, start: int, n_bytes: int, prefix: str, name: str, depth: int) -> Iterator[Entry]:
    """The pictures in an archive that lies in a file at some place, and in the archives in it."""
    broken = PictureFile(prefix.rstrip("/") or name, path, start, n_bytes)
    if name.lower().endswith(_PACKED):
        yield Entry(
            broken, f"{quoted(name)} is compressed, and is not looked into. Unpack it, or put a plain .tar there."
        )
        return
    if depth == _DEEPEST:
        yield Entry(broken, f"{quoted(name)} lies in {_DEEPEST} archives, one in the other; deeper is not looked.")
        return
    end = start + n_bytes
    try:
        with path.open("rb") as file:
            file.seek(start)
            with tarfile.open(fileobj=file, mode="r:") as tar:
                while (member := tar.next()) is not None and member.offset_data < end:
                    tar.__dict__["members"] = []  # those that were gone through: there may be a million
                    yield from _of_member(path, member, prefix, depth)
                file.seek(tar.offset)
                if member is None and tar.offset < end and any(file.read(512)):  # else zeros are its end
                    raise tarfile.ReadError
    except (tarfile.TarError, OSError, EOFError, ValueError):
        yield Entry(broken, f"{quoted(name)} is no archive that can be read to its end.")


def _of_member(path: Path, member: tarfile.TarInfo, prefix: str, depth: int) -> Iterator[Entry]:
    if not member.isreg() or member.issparse():
        return
    name = prefix + plain_name(member.name)
    last = PurePosixPath(name).name
    if is_picture(name):
        yield Entry(PictureFile(name, path, member.offset_data, member.size))
    elif _is_archive(last) or last.lower().endswith(_PACKED):
        inner = f"{name.rpartition('.')[0]}/"
        yield from _of_archive(path, member.offset_data, member.size, inner, last, depth + 1)


def _is_archive(name: str) -> bool:
    return name.lower().endswith(".tar")


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
