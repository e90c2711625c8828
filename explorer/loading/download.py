"""Fetching one file of pretrained weights, once, whatever happens on the way.

Nothing is fetched unless a person asked for pretrained weights. A file is right when its sha256 begins as its name
says, or, from Hugging Face's hub, whose names have no checksum, when it is one whole file of safetensors. That is
looked at on arrival and when this process first uses a file that was already there.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import math
import os
import re
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import torch

from ..errors import WeightsUnavailable
from ..running.progress import Progress
from .transfer import Reason, received
from .whole import is_whole

_GONE = "it is not there. Somebody may have deleted it before"
_MAX_BYTES = 4 << 30  # of one file; the largest of torchvision has 2.6 GB
_HASHED = re.compile(r"[\w.-]+-([0-9a-f]{8,64})\.pth", re.ASCII)  # torchvision's names: resnet18-f37072fd.pth
_ON_HUB = re.compile(r"/[\w.-]+/(\w[\w-]*\.\w[\w-]*)/resolve/main/model\.safetensors", re.ASCII)  # timm's repositories
_OF_HUB = re.compile(r"\w[\w-]*\.\w[\w-]*\.safetensors", re.ASCII)  # what is made of their names

logger = logging.getLogger(__name__)

_state = threading.Lock()  # guards the two dictionaries
_known: dict[Path, tuple[int, int]] = {}  # files found right by this process, with their size and time of change
_failed: dict[Path, tuple[float, str]] = {}  # when and why a file could last not be fetched


def default_folder() -> Path:
    """Where torchvision keeps its weights too, so that what it has fetched is used."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def file_name(url: str) -> str:
    """What the file at `url` is called here: as there, or, from the hub, as its repository."""
    path = urlsplit(url).path
    on_hub = _ON_HUB.fullmatch(path)
    return f"{on_hub[1]}.safetensors" if on_hub else path.rpartition("/")[2]


def fetch(url: str, folder: Path, progress: Progress | None = None) -> Path:
    """The file at `url`, from `folder` if it is there, else fetched into it.

    However many threads and processes ask at once, one fetches and the others wait. `progress(received, total)` is
    called a few times a second, also while nothing comes; what it raises cancels and leaves nothing behind.
    Raises WeightsUnavailable with what was asked, why it failed and what to do.
    """
    name = file_name(url)
    path = folder / name
    hashed = _HASHED.fullmatch(name)
    digest = hashed[1] if hashed else None
    begun, damaged = time.monotonic(), False
    try:
        if not (hashed or _OF_HUB.fullmatch(name)) or urlsplit(url).scheme not in ("http", "https"):
            raise Reason("this is not an address of checked weights")
        if _is_right(path, digest):
            return path
        damaged = path.exists()
        with _on_disk():
            folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / f"{name}.lock", progress):
            # The one who held the lock has done it by now, or has failed a moment ago: then so would this one.
            if _is_right(path, digest):
                return path
            with _state:
                failed_at, why = _failed.get(path, (-1.0, ""))
            if failed_at >= begun:
                raise Reason(why)
            try:
                _download(url, path, digest, progress)
            except Reason as reason:
                with _state:
                    _failed[path] = (time.monotonic(), str(reason))
                raise
            return path
    except Reason as reason:
        logger.warning("%s was not fetched: %s (%r)", url, reason, reason.__cause__)
        raise WeightsUnavailable(
            f"The pretrained weights '{name}' {'are there but damaged, and' if damaged else 'are not here yet, and'} "
            f"could not be fetched from {urlsplit(url).netloc}: {reason}. Place the file {name} in {folder}, choose a "
            'network that is ready, or use weights="random".'
        ) from None


def delete(path: Path) -> None:
    """Remove a file of weights that was fetched. Raises WeightsUnavailable where it is not there, is being fetched at
    this moment, or may not be removed.
    """

    def busy(received: int, total: int | None) -> None:
        raise Reason("it is being fetched at this moment. Wait for that, or cancel it")

    try:
        if not (_HASHED.fullmatch(path.name) or _OF_HUB.fullmatch(path.name)):  # nothing else is ever removed
            raise Reason("its name is not that of fetched weights. Choose one of the listed files")
        lock = path.with_name(f"{path.name}.lock")
        if not path.exists() and not lock.exists():
            raise Reason(_GONE)
        with _locked(lock, busy), _on_disk():
            try:
                path.unlink()
            except FileNotFoundError:
                raise Reason(_GONE) from None
        with _state:
            _known.pop(path, None)
    except Reason as reason:
        logger.warning("%s was not deleted: %s (%r)", path, reason, reason.__cause__)
        raise WeightsUnavailable(f"The weights '{path.name}' in {path.parent} were not deleted: {reason}.") from None


@contextlib.contextmanager
def _on_disk() -> Iterator[None]:
    """Whatever the file system refuses in here is a Reason."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise Reason("the disk is full" if full else "its folder cannot be read or written") from error


def _is_right(path: Path, digest: str | None) -> bool:
    """Whether the file is there and its sha256 begins with `digest`, or, without one, whether it is whole; read once
    per process and change of the file."""
    with _on_disk():
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        with file:
            found = os.fstat(file.fileno())
            stamp = (found.st_size, found.st_mtime_ns)
            with _state:
                if _known.get(path) == stamp:
                    return True
            if digest is None:
                is_right = is_whole(file)
            else:
                is_right = hashlib.file_digest(file, "sha256").hexdigest().startswith(digest)
    if not is_right:
        logger.warning("%s is damaged: it is not what its name says", path)
        return False
    with _state:
        _known[path] = stamp
    return True


def _download(url: str, path: Path, digest: str | None, progress: Progress | None) -> None:
    """Fetch into a file of its own name, check it, and move it into place. Call with the lock held."""
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    with _on_disk():
        for orphan in path.parent.glob(f"{path.name}.*.part"):  # left by a process that was killed
            orphan.unlink()
        file = partial.open("xb")
    sha256, n_received, reported, room_for = hashlib.sha256(), 0, 0.0, 0
    try:
        with contextlib.closing(received(url)) as chunks:
            for chunk, total in chunks:
                n_received += len(chunk)
                if max(n_received, total or 0) > _MAX_BYTES:
                    raise Reason("it is larger than any file of weights")
                if total is not None and total != room_for:  # once, before anything is written
                    _check_room(path.parent, total)
                    room_for = total
                sha256.update(chunk)
                with _on_disk():
                    file.write(chunk)
                if progress and (n_received == total or time.monotonic() - reported > 0.1):
                    progress(n_received, total)
                    reported = time.monotonic()
        if digest is not None and not sha256.hexdigest().startswith(digest):
            raise Reason("what arrived is not the file that was asked for (its checksum differs)")
        with _on_disk():
            file.close()
            if digest is None:
                with partial.open("rb") as arrived:
                    if not is_whole(arrived):
                        raise Reason("what arrived is no whole file of weights (safetensors)")
            partial.replace(path)
    finally:
        with contextlib.suppress(OSError):  # closing writes what is left, which fails once more on a full disk
            file.close()
        with contextlib.suppress(OSError):
            partial.unlink()


def _check_room(folder: Path, n_bytes: int) -> None:
    with _on_disk():
        free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise Reason(f"the disk has {free // 1_000_000:,} MB free, the file needs {math.ceil(n_bytes / 1e6):,} MB")


@contextlib.contextmanager
def _locked(path: Path, progress: Progress | None) -> Iterator[None]:
    """One holder at a time among all threads and processes; where a holder is killed, the system frees the lock."""
    with contextlib.ExitStack() as stack:
        while True:
            with _on_disk():
                file = stack.enter_context(path.open("ab"))
            while not _try_lock(file):
                time.sleep(0.1)
                if progress:
                    progress(0, None)
            # The holder before has removed the file on leaving; then the lock that counts is on the next one.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    break
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows keeps files that are open
                path.unlink()


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # any other error: a file system without locks, where two may fetch the same file and the last one stays
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True
