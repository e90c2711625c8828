"""A slice of a DICOM file, as scanners write it, in the window that the file asks for. It is read by pydicom, which is
no part of the usual installation."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .deep import deep_raster
from .levels import Said, said_as
from .refusal import OTHER, Refused
from .strips import Raster

_PREAMBLE = 128  # bytes before the mark
_MARK = b"DICM"
_MOST_OF_HEADER = 65_536
_MOST_VALUES = 16_000_000  # pydicom makes eight bytes of each
# how the pixels may lie in the file: as they are
_PLAIN = {
    "1.2.840.10008.1.2": "implicit, little endian",
    "1.2.840.10008.1.2.1": "explicit, little endian",
    "1.2.840.10008.1.2.2": "explicit, big endian",
}
_WANTED = [
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "NumberOfFrames", "RescaleSlope", "RescaleIntercept",
    "WindowCenter", "WindowWidth", "VOILUTFunction", "PixelData",
]  # fmt: skip  # no name of a patient among them


def is_dicom(data: bytes) -> bool:
    return data[_PREAMBLE : _PREAMBLE + len(_MARK)] == _MARK


def read_dicom(file: BinaryIO) -> Raster:
    """The first slice, its values as the scanner means them (slope and intercept), in the first window that the file
    names: PS3.3 C.11.2.1.2. Raises Refused, or whatever pydicom raises."""
    try:
        import pydicom
        from pydicom.pixels.processing import apply_modality_lut
        from pydicom.pixels.utils import pixel_array
    except ImportError:
        raise Refused(
            "is a DICOM file, as scanners write them, and the part that reads these is not installed. Install it: "
            "pip install 'cnn-explorer[dicom]', or in a checkout pip install pydicom; or save the slice as PNG."
        ) from None
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE  # a name too long harms no picture
    if _syntax(file.read(_MOST_OF_HEADER)) not in _PLAIN:  # deflated ones are unpacked before they can be weighed
        raise Refused(
            "is a DICOM file whose pixels are packed, which are not read. Save it uncompressed (explicit VR, little "
            "endian), or the slice as PNG."
        )
    file.seek(0)
    found = pydicom.dcmread(file, specific_tags=_WANTED)
    n_frames = _check(found)
    values = pixel_array(found, index=0)
    values = values if found.PhotometricInterpretation == "RGB" else apply_modality_lut(values, found)
    raster = _raster(found, np.asarray(values))
    if n_frames > 1:
        raster.notes[:0] = [f"the first of {n_frames} slices is shown"]
    return raster


def _syntax(data: bytes) -> str:
    """How what follows the first group of elements is written, which that group says: PS3.10, 7.1."""
    at = _PREAMBLE + len(_MARK)
    while at + 12 <= len(data):
        group, element, kind, length = struct.unpack_from("<HH2sH", data, at)
        at += 8
        if kind in (b"OB", b"OW", b"SQ", b"UN", b"UT"):  # two bytes of nothing, then a longer length
            length = struct.unpack_from("<L", data, at)[0]
            at += 4
        if group != 2:
            break
        if element == 0x10:
            return data[at : at + length].decode("ascii", "replace").rstrip("\0 ")
        at += length
    return ""


def _check(found: Any) -> int:
    """Weigh what the header claims; how many slices there are."""
    if "PixelData" not in found:
        raise Refused(f"is a DICOM file without a picture: a report, or a plan. {OTHER}")
    kind, samples = str(found.get("PhotometricInterpretation", "")), int(found.get("SamplesPerPixel", 1))
    if (kind, samples) not in (("MONOCHROME1", 1), ("MONOCHROME2", 1), ("RGB", 3)):
        raise Refused(f"is a DICOM file of kind {kind}, which is not read. Save the slice as PNG.")
    n_frames = int(found.get("NumberOfFrames") or 1)
    n_values = int(found.Rows) * int(found.Columns) * samples
    if not 0 < n_values <= _MOST_VALUES or n_frames < 1:
        raise Refused(f"claims {found.Columns} x {found.Rows} pixels, more than the 16 million that are read. {OTHER}")
    if n_values * int(found.BitsAllocated) // 8 > len(found.PixelData):
        raise ValueError("truncated")
    return n_frames


def _raster(found: Any, values: NDArray[Any]) -> Raster:
    height, width = values.shape[:2]
    if values.ndim == 3:
        return Raster((width, height), lambda top, bottom: (values[top:bottom], None), [])
    grey = values[..., None] if values.dtype.kind != "f" else values.astype(np.float32)[..., None]
    return deep_raster(
        lambda top, bottom: grey[top:bottom],
        None,
        (width, height),
        said=_window(found),
        depth=int(found.get("BitsStored", 0)) if values.dtype.kind == "u" else 0,
        negative=found.PhotometricInterpretation == "MONOCHROME1",
    )


def _window(found: Any) -> Said | None:
    """The first window, if there is any: linear around its centre."""
    ends = [found.get(name) for name in ("WindowCenter", "WindowWidth")]
    first = [end[0] if isinstance(end, Sequence) and end and not isinstance(end, str) else end for end in ends]
    if None in first or "" in first:
        return None
    centre, width = map(float, first)
    if not np.isfinite(centre) or not 1 <= width < np.inf:
        return None
    exact = str(found.get("VOILUTFunction") or "LINEAR") != "LINEAR"
    middle, half = (centre, width / 2) if exact else (centre - 0.5, (width - 1) / 2)
    return Said(middle - half, middle + half, f"its window (centre {said_as(centre)}, width {said_as(width)})")
