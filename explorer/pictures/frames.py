"""bytes -> Clip: the border for moving pictures. A clip is weighed and looked through here, and its frames are decoded
one at a time when somebody walks through it: however long it is, one frame at a time is in memory.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import BadArgument, BadImage
from ..wording import plural
from .animations import Animation
from .image import ImageInput, bytes_of, image_of, name_of
from .movies import Movie
from .refusal import OTHER, Refused
from .strips import Raster

MAX_BYTES = 100 << 20  # as an uploader counts: a minute of a phone's Full HD
MOST_FRAMES = 100  # that are taken of a longer clip unless more are asked for
# what is decoded on the way through a clip: with two cores a minute or two, and Cancel stops it
_MOST_DECODED = 10_000 * 1920 * 1080

_MOVIES = re.compile(
    rb"\x1a\x45\xdf\xa3|RIFF....AVI |....(?:ftyp(?!avi[fs]|hei|hev|mif1|msf1)|moov|mdat|wide|free|skip)", re.DOTALL
)  # Matroska and WebM, AVI, MP4 and QuickTime: what a person has; FFmpeg knows hundreds more, and playlists among them

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """What knows one kind of clip: the size (height, width) of its frames as they are shown, how many there are,
    whether the file breaks off, and the way through them: of each its time in seconds, and what decodes it."""

    @property
    def size(self) -> tuple[int, int]: ...

    @property
    def n_frames(self) -> int: ...

    @property
    def is_cut(self) -> bool: ...

    def walk(self) -> Iterator[tuple[float, Callable[[], Raster]]]: ...


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame of a clip: which one it is, from 0 on, when it is shown, in seconds, and what it shows."""

    index: int
    seconds: float
    image: ImageInput


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip of `n_frames` that has been looked through and not been decoded. `digest` is the sha256 of its file;
    `code` is the expression that reads it."""

    name: str
    digest: str
    reader: Reader = field(repr=False)
    n_bytes: int
    code: str = 'read_clip("your-clip.mp4")'

    @property
    def n_frames(self) -> int:
        """How many frames the file holds; of one that is damaged fewer can be decoded."""
        return self.reader.n_frames

    @property
    def is_cut(self) -> bool:
        """Whether the file breaks off, so that more frames may have followed."""
        return self.reader.is_cut

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of a frame, upright."""
        return self.reader.size

    def frames(self, which: Sequence[int], passed: Callable[[int, int], None] | None = None) -> Iterator[Frame]:
        """The frames of these numbers, each upright, opaque, RGB, at most 2048 px long: as any picture.

        Where the clip breaks off, those after are left out. `passed` is told how many have been gone through, of how
        many; what it raises ends it.
        """
        wanted = set(which)
        last = max(wanted, default=-1)
        for index, (seconds, raster) in enumerate(self.reader.walk()):
            if passed is not None:
                passed(index + 1, last + 1)
            if index in wanted:
                try:
                    yield Frame(index, seconds, image_of(raster(), f"{self.name}, frame {index}"))
                except ValueError:  # it could be found, and not be read
                    return
            if index == last:
                return


def evenly(n_frames: int, most: int) -> list[int]:
    """At most so many of n frames, evenly: the first and the last among them."""
    if isinstance(most, bool) or not isinstance(most, int) or most < 2:
        raise BadArgument(f"How many frames to take of a clip is a whole number from 2 on, not {most!r}.")
    return [round(place) for place in np.linspace(0, n_frames - 1, min(n_frames, most)).tolist()]


def read_clip(source: bytes | str | os.PathLike[str] | BinaryIO, name: str | None = None) -> Clip:
    """The clip in a file: MP4, MOV, WebM, MKV, AVI by FFmpeg, as OpenCV brings it; GIF, WebP, PNG, AVIF that move by
    Pillow. It is counted and its first frame decoded, no more.

    Times are the file's own, in seconds from its beginning. Raises BadImage, with a sentence for whoever chose the
    file: of a picture, a sound, a file that is damaged, too large, or of frames too large or too many to decode.
    """
    name = name_of(source, name)
    data = bytes_of(source, name, MAX_BYTES, "clip")
    try:
        reader = _reader(data)
        _check(reader)
    except Exception as error:  # Pillow refuses through many types, and none of them means anything to a reader
        _log.info("no clip could be read: %s", type(error).__name__, exc_info=True)
        raise BadImage(f"'{name}' {_reason(error)}") from error
    return Clip(name, hashlib.sha256(data).hexdigest(), reader, len(data))


def _reader(data: bytes) -> Reader:
    return Movie(data) if _MOVIES.match(data) else Animation(data)


def _check(reader: Reader) -> None:
    height, width = reader.size
    if reader.n_frames == 1:
        raise Refused("has a single frame, so it is a picture. Choose it under “Picture”.")
    if reader.n_frames * height * width > _MOST_DECODED:
        raise Refused(
            f"has {plural(reader.n_frames, 'frame')} of {width} x {height} pixels, more than are decoded here: "
            f"{_MOST_DECODED // (height * width):,} of that size. Cut it shorter, or make it smaller."
        )
    if not reader.n_frames or next(reader.walk(), None) is None:
        raise Refused(f"has no frame that can be decoded. {OTHER}")


def _reason(error: Exception) -> str:
    """What a refusal means to the person who chose the file."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, UnidentifiedImageError):
        return (
            "is no clip that can be read; MP4, MOV, WebM, MKV and AVI can, and GIF, WebP, PNG and AVIF that move. "
            f"{OTHER}"
        )
    if isinstance(error, (TimeoutError, MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return "takes too much time or memory to decode. Make it shorter or smaller."
    return f"is damaged and cannot be decoded. {OTHER}"
