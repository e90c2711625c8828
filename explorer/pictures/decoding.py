"""Bytes to a decoded picture: what the header claims is weighed; then Pillow decodes, or what knows the kind better."""

from __future__ import annotations

import io
import math
import re
import time
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from .deep import decode_deep_png, deep_raster, read_deep_tiff
from .dicom import is_dicom, read_dicom
from .png import FirstFrame, frame_behind, has_deep_colours
from .profiles import Conversion, conversion
from .refusal import Refused
from .riff import is_wave
from .sound import sound_raster
from .strips import Raster, Rows
from .tiff import Directory, check_tags, is_tiff, n_pictures, read_directory, unreadable

MAX_PIXELS = 50_000_000
MAX_LENGTH = 65_535  # of one side, as in a JPEG: a strip stays small however long the picture

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")  # Pillow finds MPO through JPEG
_DECODER_BYTES = 280e6
# at the decoder's peak, measured; elsewhere below 5.6
_BYTES_PER_PIXEL = {"WEBP": 20, "AVIF": 14, "TIFF": 12, "HEIF": 9}
_DEEP_PNG, _FRAME_ON_CANVAS = 20, 12
_MAX_SCANS = 100  # a progressive JPEG has about ten, and each one passes over the whole picture
_BEGINNINGS = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|BM....\0{4}....[\x0c\x28\x34\x38\x40\x6c\x7c]\0{3}"
    rb"|....ftypavi[fs]", re.DOTALL,
)  # fmt: skip
_NO_EXIF = "its EXIF data cannot be read and are left out"
HEADER_SECONDS, _DECODER_SECONDS = 1.0, 4.0
_HEIC = tuple(b"ftyp" + b for b in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"mif1", b"msf1"))


class Patience(io.BytesIO):
    """A file whose reads end in TimeoutError once this thread has worked on it for too long: a header may hold
    millions of empty chunks. Counts processor time, so that a busy machine refuses no good picture."""

    deadline = math.inf

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self.deadline:
            raise TimeoutError
        return super().read(size)


def decode(data: bytes) -> Raster:
    """The picture in a file, as it lies. Raises Refused, or whatever the decoders raise."""
    start = time.thread_time()
    if is_dicom(data):
        file = Patience(data)
        file.deadline = start + _DECODER_SECONDS
        return read_dicom(file)
    if is_wave(data):
        return sound_raster(data)
    if is_tiff(data):
        check_tags(data)
        directory = read_directory(data)
        if directory.is_for_pillow:
            return _read_usual_tiff(data, directory)
        check_size(directory.size, MAX_PIXELS)
        raster = read_deep_tiff(data, directory, start + _DECODER_SECONDS)
        raster.notes[:0] = _of_several(n_pictures(data), "pictures")
        return raster
    if (frame := frame_behind(data)) is not None:
        raster = _decode(frame.data, frame)
        raster.notes[:0] = [
            f"animated: the first of {frame.n_frames} frames is shown; the picture for programs that know no "
            "animation is left out"
        ]
        return raster
    try:
        return _decode(data)
    except ValueError as error:
        if "Exif" not in str(error):
            raise
    raster = _decode(data.replace(b"Exif", b"Exi_"))  # an AVIF of which the decoder would have the EXIF data in order
    raster.notes += [_NO_EXIF]
    return raster


def _read_usual_tiff(data: bytes, directory: Directory) -> Raster:
    is_plain = directory.photometric in (0, 1, 2)
    if directory.is_reversed or (directory.is_deep and is_plain):  # the latter packed by a codec for eight bits
        raise unreadable(directory)
    try:
        raster = _decode(data)
    except UnidentifiedImageError as error:
        raise (ValueError("truncated") if directory.is_cut else unreadable(directory)) from error
    if directory.get(254) & 1:
        raster.notes += ["the file calls it a smaller copy of another picture"]
    return raster


def _decode(data: bytes, frame: FirstFrame | None = None) -> Raster:
    file, start = Patience(data), time.thread_time()
    file.deadline = start + HEADER_SECONDS
    with _open(file, data) as picture:
        _weigh(picture, data, frame)
        file.deadline = start + _DECODER_SECONDS
        album = picture.format in ("TIFF", "MPO", "HEIF")
        notes = _of_several(getattr(picture, "n_frames", 1), "pictures" if album else "frames")
        # asked twice: Pillow turns TIFF itself, and PNG, which may tell at its end, would be loaded by the question
        before = 1 if picture.format == "PNG" else _orientation(picture)[0]
        box = _box(picture)
        picture.load()
        orientation, exif_notes = _orientation(picture)
        raster = _raster(picture, data, frame)
        if box is not None:
            raster.rows = _on_canvas(raster.rows, box)
    raster.notes[:0] = notes
    raster.notes += exif_notes
    raster.orientation, raster.turned = orientation, before > 1
    return raster


def _raster(picture: Image.Image, data: bytes, frame: FirstFrame | None) -> Raster:
    profile, key = picture.info.get("icc_profile"), picture.info.get("transparency")
    if has_deep_colours(data) and frame is None:
        return deep_raster(*decode_deep_png(data), profile=profile)
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        alpha = partial(_opacity, picture, key) if isinstance(key, int) else None
        return deep_raster(partial(_values, picture), alpha, picture.size, profile=profile)
    if picture.format == "PNG" and picture.mode == "L" and isinstance(key, int):
        # two or four bits were spread over eight, and the transparent value was not
        picture.info["transparency"] = key * 255 // (2 ** data[24] - 1)
    raster = _usual(picture, frame, profile)
    raster.notes += ["16-bit colours: the upper 8 bits are shown"] * has_deep_colours(data)
    return raster


def _open(file: Patience, data: bytes) -> Image.Image:
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        if _BEGINNINGS.match(data):  # what it is shows, but not what it holds
            raise ValueError("damaged") from error
        if data[4:12] not in _HEIC:
            raise
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise Refused(
            "is a HEIC picture, as phones write them, and the part that reads these is not installed. Convert it to "
            "JPEG, or install it: pip install 'cnn-explorer[heif]', or in a checkout pip install pillow-heif."
        ) from None
    try:
        return cast(Image.Image, HeifImageFile(file))  # type: ignore[no-untyped-call]
    except SyntaxError as error:
        raise Refused("is a HEIC picture that is damaged or cut off. Choose another file.") from error


def _of_several(n: int, what: str) -> list[str]:
    if n < 2:
        return []
    return [
        f"the first of {n} {what} is shown" if what == "pictures" else f"animated: the first of {n} {what} is shown"
    ]


def _weigh(picture: Any, data: bytes, frame: FirstFrame | None) -> None:
    """Raises Refused where, by the header alone, decoding would take too much."""
    per_pixel = _BYTES_PER_PIXEL.get(picture.format, 4)
    if picture.format in ("JPEG", "MPO"):
        if data.count(b"\xff\xda") > _MAX_SCANS:
            raise TimeoutError
        first_scan = data.find(b"\xff\xda", sum(len(segment) for _, segment in picture.applist))  # not a thumbnail's
        if "progressive" in picture.info or data[first_scan + 4] < picture.layers:
            per_pixel += 2 * picture.layers  # all coefficients are kept until the last scan
    if has_deep_colours(data):
        per_pixel = _DEEP_PNG
    if frame is not None:
        per_pixel = _FRAME_ON_CANVAS
    check_size(frame.canvas if frame else picture.size, int(min(MAX_PIXELS, _DECODER_BYTES / per_pixel)))


def check_size(size: tuple[int, int], allowed: int) -> None:
    """Raises Refused for a picture (width, height) of more pixels, or a longer side, than is read."""
    width, height = size
    if width * height > allowed or max(width, height) > MAX_LENGTH:
        raise Refused(
            f"is {width} x {height} pixels; a file of this kind may have {allowed // 10**6} million, "
            f"and {MAX_LENGTH} on a side. Make it smaller."
        )


def _orientation(picture: Image.Image) -> tuple[int, list[str]]:
    """How EXIF data say that it lies; a note where they cannot be read, which does no harm to the picture."""
    exif = picture.info.get("exif") or b""
    try:
        check_tags(exif.removeprefix(b"Exif\0\0"))
        Image.Exif().load(exif)  # by itself: Pillow may have tried before, and have kept silent
        value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except TimeoutError:
        raise
    except Exception:  # through many types, and any of them means the same
        return 1, [_NO_EXIF]
    return (value if value in range(1, 9) else 1), []


def _rows(picture: Image.Image, top: int, bottom: int) -> Image.Image:
    return picture.crop((0, top, picture.width, bottom))


def _values(picture: Image.Image, top: int, bottom: int) -> NDArray[Any]:
    return np.asarray(_rows(picture, top, bottom))[..., None]


def _box(picture: Any) -> tuple[int, int, int, int] | None:
    """Where the first frame of a GIF lies that has not been loaded, if not on all of the canvas."""
    if picture.format != "GIF" or not picture.tile or picture.tile[0].extents == (0, 0, *picture.size):
        return None
    return picture.tile[0].extents


def _opacity(picture: Image.Image, key: int, top: int, bottom: int) -> NDArray[np.uint16]:
    """None where a value is the transparent one, else full."""
    return np.where(_values(picture, top, bottom) == key, np.uint16(0), np.uint16(65535))


def _on_canvas(rows: Rows, box: tuple[int, int, int, int]) -> Rows:
    """The colours of a frame in its place; around it the canvas is transparent, whatever its first colour is."""
    left, first, right, last = box

    def shown(top: int, bottom: int) -> tuple[NDArray[Any], NDArray[Any]]:
        colours, alpha = rows(top, bottom)
        inside = np.zeros(colours.shape[:2], np.uint8)
        inside[max(0, first - top) : max(0, last - top), left:right] = 255
        return colours, inside if alpha is None else np.minimum(alpha, inside)

    return shown


def _usual(picture: Image.Image, frame: FirstFrame | None, profile: Any) -> Raster:
    """A picture of at most eight bits for each colour."""
    if frame is not None and picture.size != frame.canvas:  # around the frame the canvas is transparent
        left, top = -frame.left, -frame.top
        picture = picture.convert("RGBA").crop((left, top, left + frame.canvas[0], top + frame.canvas[1]))
    notes = [f"converted from {picture.mode} to RGB"] * (picture.mode in ("LAB", "YCbCr"))
    grey = picture.mode in ("1", "L", "LA", "La")
    found: Conversion | None = None
    if picture.mode != "LAB":
        found, notes = conversion(profile, "CMYK" if picture.mode == "CMYK" else "L" if grey else "RGB")
    if picture.mode == "CMYK" and (found is None):
        notes = ["converted from CMYK to RGB", *notes]
    keep = picture.mode if found and found.mode == "CMYK" else ""
    return Raster(
        picture.size, lambda top, bottom: colours_of(_rows(picture, top, bottom), keep), notes, conversion=found
    )


def colours_of(strip: Image.Image, keep: str) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """Colours (H, W, C) from 0 to 255, and alpha (H, W) where there is any. `keep` is a mode that stays."""
    if keep:
        return np.asarray(strip), None
    if strip.has_transparency_data:
        rgba = np.asarray(strip.convert("RGBA"))
        return rgba[..., :3], rgba[..., 3]
    if strip.mode == "LAB":
        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        strip = ImageCms.applyTransform(strip, ImageCms.buildTransform(*profiles, "LAB", "RGB")) or strip
    return np.asarray(strip.convert("RGB")), None
