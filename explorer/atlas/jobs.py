"""The pieces of work that an atlas is made of. Each leaves its result in the folder of the work, under a name of its
own and whole, so that it may be done again, by anybody, and is not done again where it is there."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, cast

import torch

from ..errors import AtlasError, BadImage
from ..pictures.folders import PictureFile
from ..running.worker import Line
from ..wording import quoted
from .plan import Plan
from .rows import Box
from .shard import Eye, Shard, encoded, find_ranges, shard_name
from .writing import CROPS_SCHEMA, TableFile

RANGES = "ranges.npz"
WORK_FUNCTION = f"{__name__}:serve"


class Job(Protocol):
    """A piece of work: the file that is there when it is done, and how it is done."""

    @property
    def result(self) -> str: ...

    @property
    def n_pictures(self) -> int: ...

    def work(self, eye: Eye) -> None: ...


@dataclass(frozen=True)
class RangesJob:
    """Between which values the bins of the histograms lie."""

    n_pictures: int = 0

    @property
    def result(self) -> str:
        return RANGES

    def work(self, eye: Eye) -> None:
        find_ranges(eye, eye.plan.work / self.result)


@dataclass(frozen=True)
class ShardJob:
    """One shard of the list, run through the network."""

    index: int
    n_pictures: int

    @property
    def result(self) -> str:
        return f"{shard_name(self.index)}.json"

    def work(self, eye: Eye) -> None:
        shard = Shard(eye, self.index, eye.plan.work / RANGES)
        shard.work()
        shard.write()


CropsOf: TypeAlias = "tuple[int, PictureFile, tuple[Box, ...]]"  # a picture's number, where it is, and its boxes


@dataclass(frozen=True)
class CropsJob:
    """What lies in some boxes of some pictures, which are read again and not run."""

    index: int
    pictures: tuple[CropsOf, ...]

    @property
    def n_pictures(self) -> int:
        return 0

    @property
    def result(self) -> str:
        return f"crops-{self.index:06}.parquet"

    def work(self, eye: Eye) -> None:
        with TableFile(eye.plan.work / self.result, CROPS_SCHEMA) as file:
            n, settings = 0, eye.plan.settings
            for number, source, boxes in self.pictures:
                try:
                    pixels = eye.network.prepare(source.read()).pixels
                except (BadImage, OSError):
                    raise AtlasError(
                        f"{quoted(source.name)} could be read before, and now it cannot. Leave the pictures where they "
                        "are until the atlas is finished, and run the command again."
                    ) from None
                for top, left, bottom, right in boxes:
                    image = encoded(pixels[top:bottom, left:right], settings.crop, settings.brief)
                    file.add_row({
                        "crop": n, "picture": number, "top": top, "left": left, "bottom": bottom, "right": right,
                        "image": image,
                    })  # fmt: skip
                    n += 1


def serve(argument: object, line: Line) -> None:
    """What a process of a pool runs: one job after the other, until the host ends it."""
    assert isinstance(argument, Plan)
    torch.set_num_threads(1)
    with said_of_disk(argument.folder):
        eye = Eye(argument)
        line.send("ready")
        while True:
            job = cast(Job, line.receive(None))
            job.work(eye)
            line.send(job.result)


@contextmanager
def said_of_disk(folder: Path) -> Iterator[None]:
    """Raises AtlasError where a disk is full or may not be written to."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
            raise AtlasError(
                f"The disk of {quoted(str(folder))} is full. Make room, and run the command again: what is done is "
                "kept, and it goes on from there."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise AtlasError(
                f"{quoted(str(error.filename or folder))} may not be written to. Choose another folder for the atlas."
            ) from error
        raise
