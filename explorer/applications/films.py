"""A clip with its evidence and answers as files: sheets of frames for a browser, and films to take away."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..drawing.packing import packed
from ..drawing.picture import Pixels, overlay
from ..drawing.series import shortened
from ..errors import LibraryMissing
from ..wording import percent
from .figures import evidence_scale
from .video import Watched

COLUMNS, PER_SHEET = 5, 25  # of frames: a sheet stays within what every browser draws
INSTALL = (
    "An MP4 is written by PyAV, which is not installed: pip install 'cnn-explorer[video]', or in a checkout "
    "pip install av. The animated WebP is written without it."
)
_QUALITY = 90  # of a JPEG: for the eye, not for numbers
_SIDE, _BAR = 448, 40  # pixels of a film's frame, and of the line under it; both even, as H.264 in 4:2:0 needs
_FAR, _FAST = 0.5, 0.1  # seconds between frames: those of a long clip are shown faster than they follow each other
_TICKS = 1000  # of a film's clock, in a second


@dataclass(frozen=True, eq=False)
class Film:
    """What has been found in a clip, and what a browser needs to show it: `sheets` of the frames as they were received,
    in rows of five, 25 on each, as JPEG; `maps` (n, h, w) float32 of what speaks for the explained classes, packed by
    gzip, None where there are none."""

    watched: Watched
    sheets: tuple[bytes, ...]
    maps: bytes | None

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        return self.watched.n_bytes + sum(map(len, self.sheets)) + len(self.maps or b"")


def film(watched: Watched) -> Film:
    """The same, ready for a browser."""
    maps = None if watched.maps is None else packed(np.maximum(watched.maps, 0))
    return Film(watched, tuple(_sheets(watched)), maps)


def _sheets(watched: Watched) -> Iterator[bytes]:
    n, height, width, _ = watched.pictures.shape
    for first in range(0, n, PER_SHEET):
        part = watched.pictures[first : first + PER_SHEET]
        sheet = np.zeros((-(-len(part) // COLUMNS) * height, COLUMNS * width, 3), np.uint8)
        for i, pixels in enumerate(part):
            top, left = i // COLUMNS * height, i % COLUMNS * width
            sheet[top : top + height, left : left + width] = pixels
        done, encoded = cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        assert done  # JPEG holds every array of this size
        yield encoded.tobytes()


def lengths(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) for how many seconds each frame is shown in a film: until the next one's time, the last as long as is usual;
    where they are far apart, a tenth of a second each."""
    gaps = np.diff(seconds)
    usual = float(np.median(gaps)) if len(gaps) else _FAST
    return np.full(len(seconds), _FAST) if usual > _FAR else np.append(gaps, usual)


def webp(watched: Watched) -> bytes:
    """The frames with the evidence over them and the answer under them, as an animated WebP that begins anew."""
    first, *others = [Image.fromarray(pixels) for pixels in _drawn(watched)]
    file = io.BytesIO()
    shown = [max(1, round(1000 * length)) for length in lengths(watched.seconds)]
    first.save(file, "WEBP", save_all=True, append_images=others, duration=shown, loop=0, quality=80, method=2)
    return file.getvalue()


def has_mp4() -> bool:
    """Whether the part that writes an MP4 is installed."""
    return importlib.util.find_spec("av") is not None


def mp4(watched: Watched) -> bytes:
    """The same as an MP4: H.264 in 4:2:0, which every browser, phone and program for slides plays. Raises
    LibraryMissing."""
    try:
        import av
    except ImportError:
        raise LibraryMissing(INSTALL) from None
    file = io.BytesIO()
    with av.open(file, "w", "mp4") as container:
        stream = container.add_stream("libx264", _TICKS, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = _SIDE, _SIDE + _BAR, "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        ends = np.rint(_TICKS * np.cumsum(lengths(watched.seconds))).astype(int).tolist()
        begin = 0
        for pixels, end in zip(_drawn(watched), ends, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.duration, frame.time_base = begin, end - begin, Fraction(1, _TICKS)
            container.mux(stream.encode(frame))
            begin = max(begin + 1, end)
        container.mux(stream.encode())
    return file.getvalue()


def _drawn(watched: Watched) -> Iterator[Pixels]:
    """The frames of a film, (488, 448, 3) each."""
    network, scale, font = watched.network, evidence_scale(watched), ImageFont.load_default(20)
    places = network.places(network.cam_layer) if watched.maps is not None else None
    for i, small in enumerate(watched.pictures):
        pixels = np.asarray(cv2.resize(small, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
        if watched.maps is not None:
            pixels = overlay(pixels, np.maximum(watched.maps[i], 0), scale, places=places)
        top = int(watched.top[i])
        share = percent(float(watched.probabilities[i, top])).replace("\u00a0", " ")
        bar = Image.new("RGB", (_SIDE, _BAR), (22, 22, 22))
        pen = ImageDraw.Draw(bar)
        pen.text((10, _BAR / 2), shortened(network.categories[top], 30), (255, 255, 255), font, anchor="lm")
        pen.text((_SIDE - 10, _BAR / 2), f"{share}   {watched.seconds[i]:.2f} s", (255, 255, 255), font, anchor="rm")
        yield np.concatenate([pixels, np.asarray(bar)])
