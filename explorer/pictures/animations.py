"""Pictures that move: GIF, WebP, PNG and AVIF, by Pillow."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from functools import partial

from PIL import Image

from .decoding import FORMATS, HEADER_SECONDS, Patience, check_size, colours_of
from .movies import MAX_PIXELS
from .strips import Raster

_SHORTEST, _USUAL = 0.011, 0.1  # seconds: what is shown for less is shown for the usual time by all browsers


class Animation:
    """A clip in the bytes of a file. Raises Refused for frames that are too large, TimeoutError for a file that takes
    long to look through, and whatever else Pillow raises."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        file = Patience(data)
        file.deadline = time.thread_time() + HEADER_SECONDS
        with Image.open(file, formats=FORMATS) as picture:
            check_size(picture.size, MAX_PIXELS)
            self.size = picture.height, picture.width
            # a PNG may have a picture for programs that know no animation, which is none of its frames
            self._first = int(bool(picture.info.get("default_image")))
            self.n_frames = getattr(picture, "n_frames", 1) - self._first
            self.is_cut = False  # how many there are is known from its beginning, or counted to its end

    def walk(self) -> Iterator[tuple[float, Callable[[], Raster]]]:
        """The frames, each with those before it under it where it is a part, until one cannot be decoded."""
        seconds = 0.0
        with Image.open(io.BytesIO(self._data), formats=FORMATS) as picture:
            for index in range(self._first, self._first + self.n_frames):
                try:
                    picture.seek(index)
                    picture.load()
                except (EOFError, OSError, SyntaxError, ValueError):  # each format has its own for what is broken
                    return
                yield seconds, partial(_raster, picture)
                shown = float(picture.info.get("duration") or 0) / 1000
                seconds += shown if shown >= _SHORTEST else _USUAL


def _raster(picture: Image.Image) -> Raster:
    return Raster(picture.size, lambda top, bottom: colours_of(picture.crop((0, top, picture.width, bottom)), ""), [])
