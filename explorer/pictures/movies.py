"""MP4, MOV, WebM, MKV, AVI, by FFmpeg, as OpenCV brings it along.

Seen with OpenCV 5.0 (FFmpeg 8): it turns frames as the file's rotation says, and tells their sizes turned; the time of
a frame is its own presentation time, from the first on, whatever the rate. But how many frames there are it guesses
from length and rate where the file does not say (of a WebM with 9 frames of uneven lengths 91), and it finds a frame by
its number in the same way. So packets are counted here, which decodes nothing, and frames are walked through in order.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import cv2
import numpy as np

from .decoding import check_size
from .refusal import OTHER, Refused
from .strips import Raster

MAX_PIXELS = 9_000_000  # of a frame, 4096 x 2160: a decoder keeps up to twenty of them, of 1.5 bytes a pixel
_MATROSKA, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_N_THREADS = 2  # of one decoder: each keeps frames of its own


class Movie:
    """A clip in the bytes of a file. Raises Refused where it holds no pictures, is cut off, or has frames that are too
    large: opening it decodes one, of at most 2 ** 28 pixels, FFmpeg's own limit."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.is_cut = _is_cut(data)
        capture = self._opened()
        width, height = (int(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        self._stretch = _stretch(capture)
        self.size = round(height * self._stretch[0]), round(width * self._stretch[1])
        check_size(self.size[::-1], MAX_PIXELS)
        capture.set(cv2.CAP_PROP_FORMAT, -1)  # packets as they lie
        self.n_frames = 0
        while capture.grab():
            self.n_frames += 1

    def walk(self) -> Iterator[tuple[float, Callable[[], Raster]]]:
        """The frames in the order in which they are shown, until one cannot be decoded."""
        capture = self._opened()
        while capture.grab():
            yield max(0.0, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000), partial(self._decoded, capture)

    def _decoded(self, capture: cv2.VideoCapture) -> Raster:
        is_there, frame = capture.retrieve()
        if not is_there:
            raise ValueError("damaged")
        if self._stretch != (1, 1):
            frame = cv2.resize(frame, self.size[::-1], interpolation=cv2.INTER_AREA)
        colours = np.asarray(frame)[..., ::-1]
        height, width, _ = colours.shape
        return Raster((width, height), lambda top, bottom: (colours[top:bottom], None), [])

    def _opened(self) -> cv2.VideoCapture:
        # from memory: what is in no file has no neighbours that it could name
        source: Any = io.BytesIO(self._data)  # any such file does, which OpenCV's types do not say
        capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, _N_THREADS])
        if not capture.isOpened():
            raise Refused(_why_not(self._data))
        return capture


def _is_cut(data: bytes) -> bool:
    """Whether the file is shorter than itself says. FFmpeg reads on to where it ends, and is silent about it."""
    if data.startswith(b"RIFF"):
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if data.startswith(_MATROSKA):
        start = data.find(_SEGMENT) + len(_SEGMENT)
        n_bytes = 9 - data[start].bit_length() if start >= len(_SEGMENT) and start < len(data) else 9
        size = int.from_bytes(data[start : start + n_bytes]) - (
            1 << 7 * n_bytes
        )  # less the bit that says how long it is
        return n_bytes < 9 and size != (1 << 7 * n_bytes) - 1 and start + n_bytes + size > len(data)
    at = 0
    while at + 16 <= len(data):  # boxes, each with its size before it; 1: it stands behind, 0: up to the end
        size = int.from_bytes(data[at : at + 4]) or len(data) - at
        at += int.from_bytes(data[at + 8 : at + 16]) if size == 1 else max(8, size)
    return at > len(data)


def _stretch(capture: cv2.VideoCapture) -> tuple[float, float]:
    """How much higher and wider a frame is shown than it is stored, where its pixels are no squares."""
    across, down = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
    if across <= 0 or down <= 0 or across == down:
        return 1, 1
    if capture.get(cv2.CAP_PROP_ORIENTATION_META) % 180:  # it is said of the frame as it lies
        across, down = down, across
    return (1, across / down) if across > down else (down / across, 1)


def _why_not(data: bytes) -> str:
    """Why FFmpeg finds no pictures in a file that begins as a movie does."""
    is_mp4 = data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
    if is_mp4 and b"moov" not in data:
        return f"is cut off: the list of its frames, which stands at the end, is missing. {OTHER}"
    if not any(mark in data for mark in ((b"vide",) if is_mp4 else (b"vids", b"V_"))):
        return "has no pictures: it is a sound, or something else. Choose a clip that can be seen."
    return "is damaged, or written in a way that is not known here. Save it as MP4 with H.264, and try that."
