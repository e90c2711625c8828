"""bytes -> ImageInput: the one border at which pictures are decoded.

Whatever the file holds, the outcome is an 8-bit RGB array of bounded size or a BadImage sentence, within about five
seconds and 300 MB. `decoding` weighs the header before anything is decoded; `strips` converts colours and reduces
pixels strip by strip.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import BadArgument, BadImage
from ..shown import Shown
from ..wording import described
from .decoding import MAX_PIXELS, decode
from .refusal import OTHER, Refused
from .strips import Raster, upright, upright_channels

MAX_BYTES = 50 << 20  # an uploader counts in such megabytes, and lets no larger file leave the browser

_BYTES, _PATH = (bytes, bytearray, memoryview), (str, os.PathLike)

Source: TypeAlias = "bytes | str | os.PathLike[str] | BinaryIO | Image.Image | NDArray[Any]"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImageInput(Shown):
    """A picture ready for a network, and what was done to it on the way in.

    pixels (H, W, 3) uint8, read-only: after EXIF rotation, at most 2048 px on the long side. original_size is (H, W)
    after EXIF rotation and before reduction. digest is the sha256 of shape and pixels: pictures with the same pixels
    are equal, whatever their names, and share caches. notes are plain sentences. channels (H', W', C) float32, at most
    1024 px on the long side, are all those of a file that has others than its colours: its whole numbers divided by the
    largest that they can hold, others as they stand; None for all other files.
    """

    pixels: NDArray[np.uint8] = field(repr=False, compare=False)
    original_size: tuple[int, int] = field(compare=False)
    name: str = field(compare=False)
    digest: str
    notes: tuple[str, ...] = field(default=(), compare=False)
    channels: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        return self.pixels.nbytes + (0 if self.channels is None else self.channels.nbytes)


def read_image(source: Source, name: str | None = None) -> ImageInput:
    """The picture in `source` (bytes, a path or a binary file, a picture of Pillow, an array): upright, opaque, RGB, at
    most 2048 px long. An array is (H, W), (H, W, 3) or (H, W, 4) of uint8, 0 to 255.

    Of an animation the first frame. A larger picture is reduced by area: each pixel of the result is the mean of the
    rectangle it covers. Raises BadImage, with a sentence for the person who chose the file, where this cannot be had,
    and BadArgument for what is none of these.
    """
    if isinstance(source, np.ndarray):
        source = _picture_of(source)
    if isinstance(source, Image.Image):
        name, source = name or getattr(source, "filename", "") or "picture", _encoded(source)
    if not (isinstance(source, _BYTES + _PATH) or hasattr(source, "read")):
        raise BadArgument(
            "read_image takes a path, bytes, a binary file, a picture of Pillow or a NumPy array, not "
            f"{type(source).__name__}."
        )
    name = name_of(source, name)
    try:
        return image_of(decode(bytes_of(source, name)), name)
    except BadImage:
        raise
    except Exception as error:  # Pillow refuses through many types, and none of them means anything to a reader
        _log.info("no picture could be read: %s", type(error).__name__, exc_info=True)
        raise BadImage(f"'{name}' {_reason(error)}") from error


def image_of(raster: Raster, name: str) -> ImageInput:
    """What was decoded, as a picture: upright, opaque, of bounded size."""
    pixels, original_size, notes = upright(raster)
    return _shared(pixels, original_size, name, notes, upright_channels(raster))


def changed_image(image: ImageInput, pixels: NDArray[np.uint8], name: str) -> ImageInput:
    """A picture (H, W, 3) that was made of another one, with a name of its own. Channels beyond colours are not in it:
    nothing is known of what became of them."""
    return _shared(np.ascontiguousarray(pixels), image.original_size, name, (), None)


def _shared(
    pixels: NDArray[np.uint8], original_size: tuple[int, int], name: str, notes: tuple[str, ...],
    channels: NDArray[np.float32] | None,
) -> ImageInput:  # fmt: skip
    data = pixels.tobytes()  # over bytes, nobody can make the array writable again
    digest = hashlib.sha256(repr(pixels.shape).encode() + data)
    if channels is not None:
        channels.flags.writeable = False
        digest.update(repr(channels.shape).encode() + channels.tobytes())
    shared = np.frombuffer(data, np.uint8).reshape(pixels.shape)
    return ImageInput(shared, original_size, name, digest.hexdigest(), notes, channels)


def check_image(image: object) -> None:
    """Raises BadArgument for what is no picture that was read: paths, arrays and files are read once, by read_image."""
    if not (hasattr(image, "pixels") and hasattr(image, "digest")):
        raise BadArgument(
            f"A picture that was read is needed, not {described(image)}. Read it first: explorer.read_image(...) takes "
            "a path, bytes, a file, a picture of Pillow or a NumPy array."
        )


def _picture_of(array: NDArray[Any]) -> Image.Image:
    if array.dtype == np.uint8 and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))) and array.size:
        return Image.fromarray(np.ascontiguousarray(array))
    raise BadImage(
        f"An array of {array.dtype}, {' x '.join(map(str, array.shape))}, is no picture that can be read: that is "
        "(H, W), (H, W, 3) or (H, W, 4) of uint8, from 0 to 255. Scale other values, and put the colours last."
    )


def _encoded(picture: Image.Image) -> bytes:
    """As a file, so that it goes the way of all pictures; upright already, as Pillow's own functions leave it."""
    file = io.BytesIO()
    known = picture.mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
    ImageOps.exif_transpose(picture if known else picture.convert("RGB")).save(file, "PNG")
    return file.getvalue()


def name_of(source: object, name: str | None = None) -> str:
    """What a file is called in sentences: as it is said, or as itself says."""
    if name is None:
        given = source if isinstance(source, _PATH) else getattr(source, "name", None)
        name = os.fsdecode(given) if isinstance(given, _PATH) else ""
    return _clean(name)


def _clean(name: str) -> str:
    """A file's name as one short line: no folders, no control or formatting characters."""
    name = " ".join(name.replace("\\", "/").rstrip("/").rpartition("/")[2].split())
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    return (name if len(name) <= 80 else f"{name[:60]}…{name[-19:]}") or "picture"


def bytes_of(source: Any, name: str, most: int = MAX_BYTES, what: str = "picture") -> bytes:
    """The bytes of a path, a binary file, or what holds them already, at most so many. Raises BadImage."""
    if isinstance(source, _BYTES):
        data = bytes(source)
    elif isinstance(source, _PATH):
        path = Path(os.fsdecode(source))
        if path.is_dir():
            raise BadImage(f"'{name}' is a folder, not a {what}. Choose a file in it.")
        if not path.is_file():  # nor a pipe, which might never end
            raise BadImage(f"There is no file '{name}'. Check the path.")
        with path.open("rb") as file:
            data = file.read(most + 1)
    else:
        if source.seekable():
            source.seek(0)  # a file that was read before is still the same picture
        data = bytes(source.read(most + 1))
    if not data:
        raise BadImage(f"'{name}' is empty. {OTHER}")
    if len(data) > most:
        raise BadImage(f"'{name}' is larger than {most >> 20} MB, the most that is read. Save it smaller.")
    return data


def _reason(error: Exception) -> str:
    """What a refusal by Pillow, or by the checks below, means to the person who chose the file."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"has more than {MAX_PIXELS // 10**6} million pixels, the most that is read. Make it smaller."
    if isinstance(error, UnidentifiedImageError):
        return f"is not a picture that can be read; JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF can. {OTHER}"
    if isinstance(error, (TimeoutError, MemoryError)):
        return "takes too much time or memory to decode. Save it again as PNG or JPEG and try that."
    if isinstance(error, PermissionError):
        return f"may not be opened. {OTHER}"
    if "truncated" in str(error).lower():
        return f"is cut off: the end of the picture is missing. {OTHER}"
    return f"is damaged and cannot be decoded. {OTHER}"
