"""Clips to read, as cameras, editors and people with a knife leave them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from PIL import Image

TICKS = 90_000  # a second of a clip's clock
EVEN = tuple(i / 25 for i in range(20))


def picture(i: int, size: tuple[int, int] = (96, 128)) -> np.ndarray:
    """Frame number i: its upper left quarter is red, the rest as grey as i says, in steps that survive a codec."""
    height, width = size
    pixels = np.full((height, width, 3), 40 + 9 * (i % 20), np.uint8)
    pixels[: height // 2, : width // 2] = (230, 20, 20)
    return pixels


def number_of(pixels: np.ndarray) -> int:
    """Which picture a decoded frame shows, by its lower right quarter."""
    height, width, _ = pixels.shape
    grey = float(pixels[3 * height // 4 :, 3 * width // 4 :].mean())
    return round((grey - 40) / 9)


def movie(
    seconds: Sequence[float] = EVEN, kind: str = "mp4", codec: str = "libx264", size: tuple[int, int] = (96, 128),
    degrees: int = 0, squeezed: Fraction | None = None, options: dict[str, str] | None = None,
) -> bytes:  # fmt: skip
    """A clip whose frames are shown at these times; turned by so many degrees, its pixels so many times as wide as
    high."""
    av = pytest.importorskip("av", reason="the part that writes MP4 is not installed")
    file = io.BytesIO()
    with av.open(file, "w", kind, options=options or {}) as container:
        stream: Any = container.add_stream(codec, 25)
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 25 if kind == "avi" else TICKS)
        if squeezed is not None:
            stream.codec_context.sample_aspect_ratio = squeezed
        if degrees:
            stream.set_display_rotation(degrees)
        for i, second in enumerate(seconds):
            frame = av.VideoFrame.from_ndarray(picture(i, size), format="rgb24")
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(second / frame.time_base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def sound() -> bytes:
    """An MP4 with a second of silence and no pictures."""
    av = pytest.importorskip("av", reason="the part that writes MP4 is not installed")
    file = io.BytesIO()
    with av.open(file, "w", "mp4") as container:
        stream: Any = container.add_stream("aac", 44_100)
        for i in range(43):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, 1024 * i
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def animation(kind: str, milliseconds: Sequence[int], **options: Any) -> bytes:
    """Pictures that move, each shown for so long."""
    file = io.BytesIO()
    first, *others = [Image.fromarray(picture(i)) for i in range(len(milliseconds))]
    exact = {"lossless": True} if kind == "WEBP" else {}
    first.save(
        file, kind, save_all=True, append_images=others, duration=list(milliseconds), **exact, **options
    )  # fmt: skip
    return file.getvalue()
