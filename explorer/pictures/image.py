"""bytes -> ImageInput: the one border at which pictures are decoded.

Whatever the file holds, the outcome is an 8-bit RGB array of bounded size or a BadImage sentence, within about five
seconds and 300 MB. So the header is weighed before anything is decoded, and colours are converted and pixels reduced
strip by strip: the decoder's own copy of the picture stays the only large one.
"""

from __future__ import annotations

import hashlib
import io
import logging
import math
import os
import struct
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from ..errors import BadImage

MAX_SIDE = 2048
MAX_BYTES = 50_000_000
MAX_PIXELS = 50_000_000
MAX_LENGTH = 65_535  # of one side, as in a JPEG: a strip stays small however long the picture

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")  # Pillow finds MPO through JPEG
_DECODER_BYTES = 280e6
_BYTES_PER_PIXEL = {"WEBP": 20, "AVIF": 14, "TIFF": 12}  # at the decoder's peak, measured; elsewhere below 5.6
_MAX_SCANS = 100  # a progressive JPEG has about ten, and each one passes over the whole picture
_MAX_TAG_VALUES = 500_000  # Pillow makes a Python object of each number in a tag
_HEADER_SECONDS, _DECODER_SECONDS = 1.0, 4.0
_STRIP_PIXELS = 500_000
_OTHER = "Choose another file."
_BYTES, _PATH = (bytes, bytearray, memoryview), (str, os.PathLike)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImageInput:
    """A picture ready for a network, and what was done to it on the way in.

    pixels (H, W, 3) uint8, read-only: after EXIF rotation, at most 2048 px on the long side. original_size is (H, W)
    after EXIF rotation and before reduction. digest is the sha256 of shape and pixels: pictures with the same pixels
    are equal, whatever their names, and share caches. notes are plain sentences.
    """

    pixels: NDArray[np.uint8] = field(repr=False, compare=False)
    original_size: tuple[int, int] = field(compare=False)
    name: str = field(compare=False)
    digest: str
    notes: tuple[str, ...] = field(default=(), compare=False)


def read_image(source: bytes | str | os.PathLike[str] | BinaryIO, name: str | None = None) -> ImageInput:
    """The picture in `source` (bytes, a path or a binary file): upright, opaque, RGB, at most 2048 px long.

    Of an animation the first frame. A larger picture is reduced by area: each pixel of the result is the mean of the
    rectangle it covers. Raises BadImage, with a sentence for the person who chose the file, where this cannot be had.
    """
    if not (isinstance(source, _BYTES + _PATH) or hasattr(source, "read")):
        raise TypeError(f"read_image takes bytes, a path or a binary file, not {type(source).__name__}")
    if name is None:
        given = source if isinstance(source, _PATH) else getattr(source, "name", None)
        name = os.fsdecode(given) if isinstance(given, _PATH) else ""
    name = _clean(name)
    try:
        pixels, original_size, notes = _decode(_read(source, name), name)
    except BadImage:
        raise
    except Exception as error:  # Pillow refuses through many types, and none of them means anything to a reader
        _log.info("no picture could be read: %s", type(error).__name__, exc_info=True)
        raise BadImage(f"'{name}' {_reason(error)}") from error
    data = pixels.tobytes()  # over bytes, nobody can make the array writable again
    digest = hashlib.sha256(repr(pixels.shape).encode() + data).hexdigest()
    return ImageInput(np.frombuffer(data, np.uint8).reshape(pixels.shape), original_size, name, digest, notes)


def _clean(name: str) -> str:
    """A file's name as one short line: no folders, no control or formatting characters."""
    name = " ".join(name.replace("\\", "/").rstrip("/").rpartition("/")[2].split())
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    return (name if len(name) <= 80 else f"{name[:60]}…{name[-19:]}") or "picture"


def _read(source: Any, name: str) -> bytes:
    """The bytes of `source`, at most MAX_BYTES of them."""
    if isinstance(source, _BYTES):
        data = bytes(source)
    elif isinstance(source, _PATH):
        path = Path(os.fsdecode(source))
        if path.is_dir():
            raise BadImage(f"'{name}' is a folder, not a picture. Choose a file in it.")
        if not path.is_file():  # nor a pipe, which might never end
            raise BadImage(f"There is no file '{name}'. Check the path.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    else:
        if source.seekable():
            source.seek(0)  # a file that was read before is still the same picture
        data = bytes(source.read(MAX_BYTES + 1))
    if not data:
        raise BadImage(f"'{name}' is empty. {_OTHER}")
    if len(data) > MAX_BYTES:
        raise BadImage(f"'{name}' is larger than {MAX_BYTES // 10**6} MB, the most that is read. Save it smaller.")
    return data


def _reason(error: Exception) -> str:
    """What a refusal by Pillow, or by the checks below, means to the person who chose the file."""
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"has more than {MAX_PIXELS // 10**6} million pixels, the most that is read. Make it smaller."
    if isinstance(error, UnidentifiedImageError):
        return f"is not a picture that can be read; JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF can. {_OTHER}"
    if isinstance(error, (TimeoutError, MemoryError)):
        return "takes too much time or memory to decode. Save it again as PNG or JPEG and try that."
    if isinstance(error, PermissionError):
        return f"may not be opened. {_OTHER}"
    if "truncated" in str(error).lower():
        return f"is cut off: the end of the picture is missing. {_OTHER}"
    return f"is damaged and cannot be decoded. {_OTHER}"


class _Patience(io.BytesIO):
    """A file whose reads end in TimeoutError once this thread has worked on it for too long: a header may hold
    millions of empty chunks. Counts processor time, so that a busy machine refuses no good picture."""

    deadline = math.inf

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self.deadline:
            raise TimeoutError
        return super().read(size)


def _decode(data: bytes, name: str) -> tuple[NDArray[np.uint8], tuple[int, int], tuple[str, ...]]:
    """The upright pixels (H, W, 3), their size (H, W) before reduction, and what was done."""
    _check_tags(data)
    file, start = _Patience(data), time.thread_time()
    file.deadline = start + _HEADER_SECONDS
    with Image.open(file, formats=_FORMATS) as picture:
        _check_size(picture, data, name)
        file.deadline = start + _DECODER_SECONDS
        notes = []
        if (n := getattr(picture, "n_frames", 1)) > 1:
            album = picture.format in ("TIFF", "MPO")
            notes += [f"the first of {n} pictures is shown" if album else f"animated: the first of {n} frames is shown"]
        turned = _orientation(picture) > 1  # asked twice: Pillow turns TIFF itself, and PNG may tell at its end
        picture.load()
        orientation = _orientation(picture)
        (width, height), (pixels, colour_notes) = picture.size, _reduce(picture)
    notes += colour_notes
    if turned or orientation > 1:
        notes += ["turned as its EXIF orientation says"]
    pixels = _turn(pixels, orientation)
    h, w = original_size = (width, height) if orientation > 4 else (height, width)
    if pixels.shape[:2] != original_size:
        notes += [f"reduced from {w}x{h} to {pixels.shape[1]}x{pixels.shape[0]}"]
    return pixels, original_size, tuple(notes)


def _check_size(picture: Any, data: bytes, name: str) -> None:
    """Raises BadImage where, by the header alone, decoding would take too much."""
    width, height = picture.size
    per_pixel = _BYTES_PER_PIXEL.get(picture.format, 4)
    if picture.format in ("JPEG", "MPO"):
        if data.count(b"\xff\xda") > _MAX_SCANS:
            raise TimeoutError
        first_scan = data.find(b"\xff\xda", sum(len(segment) for _, segment in picture.applist))  # not a thumbnail's
        if "progressive" in picture.info or data[first_scan + 4] < picture.layers:
            per_pixel += 2 * picture.layers  # all coefficients are kept until the last scan
    allowed = int(min(MAX_PIXELS, _DECODER_BYTES / per_pixel))
    if width * height > allowed or max(width, height) > MAX_LENGTH:
        raise BadImage(
            f"'{name}' is {width} x {height} pixels; a file of this kind may have {allowed // 10**6} million, "
            f"and {MAX_LENGTH} on a side. Make it smaller."
        )


def _check_tags(data: bytes) -> None:
    """Raises MemoryError where a TIFF, or EXIF data, claims absurdly many numbers in one tag."""
    if data[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return
    order, big = "<" if data[:1] == b"I" else ">", b"+" in data[:4]
    counter, entry = (order + "Q", order + "HHQQ") if big else (order + "H", order + "HHLL")
    starts = [*struct.unpack_from(order + "Q", data, 8)] if big else [*struct.unpack_from(order + "L", data, 4)]
    for start in starts:  # grows: the first directory points to those of EXIF, GPS and interoperability
        if start + struct.calcsize(counter) > len(data) or len(starts) > 9:
            break
        first, step = start + struct.calcsize(counter), struct.calcsize(entry)
        last = first + step * struct.unpack_from(counter, data, start)[0]
        for at in range(first, min(last, len(data) - step + 1), step):
            tag, kind, count, value = struct.unpack_from(entry, data, at)
            if count > _MAX_TAG_VALUES and kind not in (1, 2, 6, 7):  # bytes and text stay one object
                raise MemoryError(f"{count} numbers in tag {tag}")
            if tag in (34665, 34853, 40965):
                starts.append(value)


def _orientation(picture: Image.Image) -> int:
    _check_tags(picture.info.get("exif", b"").removeprefix(b"Exif\0\0"))
    value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    return value if value in range(1, 9) else 1


def _turn(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """The picture upright: EXIF says on which sides of it the stored first row and first column lie."""
    if orientation > 4:  # the first row is its left or right side
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _reduce(picture: Image.Image) -> tuple[NDArray[np.uint8], list[str]]:
    """The decoded picture as it lies: RGB, the long side at most MAX_SIDE; and what was done to its colours."""
    width, height = picture.size
    scale = max(1.0, max(width, height) / MAX_SIDE)
    w, h = max(1, round(width / scale)), max(1, round(height / scale))
    columns, rows = np.linspace(0, width, w + 1), np.linspace(0, height, h + 1)
    black, step, notes = _levels(picture)
    transparent = False
    pixels = np.empty((h, w, 3), np.uint8)
    n = max(1, int(_STRIP_PIXELS * h / (width * height)))
    for y in range(0, h, n):
        edges = rows[y : y + n + 1]
        top, bottom = int(edges[0]), min(math.ceil(edges[-1]), height)
        values, alpha = _rgb(picture.crop((0, top, width, bottom)), black, step)
        if alpha is not None and alpha.min() < 255:
            transparent = True
            values = 255 + (values - np.float32(255)) * (alpha[..., None] / np.float32(255))
        if scale > 1:
            values = _means(values, edges - top)
            values = _means(values.swapaxes(0, 1), columns).swapaxes(0, 1)
        pixels[y : y + n] = np.rint(values)
    return pixels, notes + ["transparent parts shown on white"] * transparent


def _means(values: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """Means of `values` (N, M, 3) between successive edges along the first axis; a cut pixel counts by its part."""
    start, stop = edges[:-1], edges[1:]
    means = np.zeros((len(start), *values.shape[1:]), np.float32)
    first = start.astype(int)
    for k in range(math.ceil((stop - start).max()) + 1):
        part = np.clip(np.minimum(stop, first + k + 1) - np.maximum(start, first + k), 0, None) / (stop - start)
        means += part.astype(np.float32)[:, None, None] * values[np.minimum(first + k, len(values) - 1)]
    return means


def _levels(picture: Image.Image) -> tuple[float, float, list[str]]:
    """The value shown as black, the step of one grey level (both matter to deep grey only), and a note."""
    if picture.mode.startswith("I;16"):
        return 0.0, 257.0, ["16-bit grey scaled to 8 bits"]
    if picture.mode not in ("I", "F"):
        return 0.0, 1.0, [f"converted from {picture.mode} to RGB"] * (picture.mode in ("CMYK", "LAB", "YCbCr"))
    extrema: Any = picture.getextrema()  # one pair: there is one channel
    low, high = map(float, extrema)
    if not math.isfinite(high - low):
        raise ValueError("grey values that are not finite")
    for known in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= known and (picture.mode == "F" or known > 1):
            return 0.0, known / 255, [f"grey from 0 to {known:g} scaled to 8 bits"]
    return low, (high - low) / 255, [f"grey from {low:g} to {high:g} scaled to 8 bits"]


def _rgb(strip: Image.Image, black: float, step: float) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """Colours (H, W, 3) from 0 to 255, and alpha (H, W) where there is any."""
    if strip.mode in ("I", "F") or strip.mode.startswith("I;16"):
        grey = np.clip((np.asarray(strip) - black) / (step or 1.0), 0, 255)
        return np.repeat(np.nan_to_num(grey).astype(np.float32)[..., None], 3, axis=2), None
    if strip.has_transparency_data:
        rgba = np.asarray(strip.convert("RGBA"))
        return rgba[..., :3], rgba[..., 3]
    if strip.mode == "LAB":
        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        strip = ImageCms.applyTransform(strip, ImageCms.buildTransform(*profiles, "LAB", "RGB")) or strip
    return np.asarray(strip.convert("RGB")), None
