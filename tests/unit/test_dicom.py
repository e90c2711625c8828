"""Slices of scanners, in the window that the file asks for."""

from __future__ import annotations

import builtins
import io
from typing import Any

import numpy as np
import pytest

import explorer
from explorer.errors import BadImage

pydicom = pytest.importorskip("pydicom", reason="the part that reads DICOM is not installed")

PLAIN, RLE, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.99"


def slice_of(values: np.ndarray, syntax: str = PLAIN, **tags: Any) -> bytes:
    """A file of one slice, or of several one behind the other, with more tags."""
    found = pydicom.Dataset()
    found.file_meta = pydicom.dataset.FileMetaDataset()
    found.file_meta.TransferSyntaxUID = syntax
    found.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    found.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    is_colour = values.shape[-1] == 3
    found.Rows, found.Columns = values.shape[-3:-1] if is_colour else values.shape[-2:]
    found.SamplesPerPixel, found.PhotometricInterpretation = (3, "RGB") if is_colour else (1, "MONOCHROME2")
    if is_colour:
        found.PlanarConfiguration = 0
    found.BitsAllocated = found.BitsStored = 8 * values.dtype.itemsize
    found.HighBit = found.BitsStored - 1
    found.PixelRepresentation = int(values.dtype.kind == "i")
    found.PixelData = values.tobytes()
    for name, value in tags.items():
        setattr(found, name, value)
    file = io.BytesIO()
    pydicom.dcmwrite(file, found, enforce_file_format=True)
    return file.getvalue()


HOUNSFIELD = np.arange(-1000, 1000, 5, dtype=np.int16).reshape(20, 20)


def shown(low: float, high: float, values: np.ndarray) -> np.ndarray:
    return np.rint(np.clip((values - low) / (high - low), 0, 1) * 255)


@pytest.mark.parametrize(
    ("tags", "low", "high"),
    [
        ({"WindowCenter": 40, "WindowWidth": 400}, 40 - 0.5 - 399 / 2, 40 - 0.5 + 399 / 2),
        ({"WindowCenter": [40, 600], "WindowWidth": [80, 1500]}, 40 - 0.5 - 79 / 2, 40 - 0.5 + 79 / 2),
        ({"WindowCenter": 40, "WindowWidth": 400, "VOILUTFunction": "LINEAR_EXACT"}, -160, 240),
    ],
)
def test_a_slice_is_shown_in_its_window(tags: dict[str, Any], low: float, high: float) -> None:
    """By the formula of PS3.3 C.11.2.1.2."""
    image = explorer.read_image(slice_of(HOUNSFIELD, **tags), "slice.dcm")
    assert np.abs(image.pixels[..., 1] - shown(low, high, HOUNSFIELD)).max() <= 1
    assert (image.pixels == image.pixels[..., :1]).all()
    assert "as its window (centre 40, width " in image.notes[0]


def test_values_are_those_that_the_scanner_means() -> None:
    stored = (HOUNSFIELD + 1024).astype(np.uint16)
    tags = {"RescaleSlope": 1, "RescaleIntercept": -1024, "WindowCenter": 40, "WindowWidth": 400}
    one = explorer.read_image(slice_of(stored, **tags), "a.dcm")
    other = explorer.read_image(slice_of(HOUNSFIELD, WindowCenter=40, WindowWidth=400), "b.dcm")
    assert np.array_equal(one.pixels, other.pixels)
    negative = explorer.read_image(
        slice_of(HOUNSFIELD, WindowCenter=40, WindowWidth=400, PhotometricInterpretation="MONOCHROME1"), "c.dcm"
    )
    assert np.abs(negative.pixels.astype(int) + other.pixels - 255).max() <= 1


def test_without_a_window_the_values_say_it_and_of_several_slices_the_first_is_shown() -> None:
    volume = np.stack([HOUNSFIELD, HOUNSFIELD[::-1]])
    image = explorer.read_image(slice_of(volume, NumberOfFrames=2), "volume.dcm")
    assert image.notes == ("the first of 2 slices is shown", "signed 16-bit grey stretched from −1,000..995")
    assert np.abs(image.pixels[..., 0] - shown(-1000, 995, HOUNSFIELD)).max() <= 1
    colours = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    assert np.array_equal(explorer.read_image(slice_of(colours), "rgb.dcm").pixels, colours)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (slice_of(HOUNSFIELD)[:700], "is cut off"),
        (slice_of(HOUNSFIELD, Rows=60_000, Columns=60_000), "claims 60000 x 60000 pixels, more than the 16 million"),
        (slice_of(HOUNSFIELD, PhotometricInterpretation="PALETTE COLOR"), "is a DICOM file of kind PALETTE COLOR"),
        (slice_of(HOUNSFIELD)[:132] + b"\2\0\x10\0UI\x14\0" + RLE.encode().ljust(20, b"\0"), "whose pixels are packed"),
        (slice_of(HOUNSFIELD)[:132] + b"\2\0\x10\0UI\x16\0" + DEFLATED.encode(), "whose pixels are packed"),
        (slice_of(HOUNSFIELD)[:132], "whose pixels are packed"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(content: bytes, says: str) -> None:
    with pytest.raises(BadImage, match=f"^'slice.dcm' .*{says}"):
        explorer.read_image(content, "slice.dcm")


def test_a_damaged_slice_is_a_sentence_or_a_picture() -> None:
    whole, random = slice_of(HOUNSFIELD, WindowCenter=40, WindowWidth=400), np.random.default_rng(5)
    n_refused = 0
    for _ in range(60):
        content = np.frombuffer(whole, np.uint8).copy()
        content[random.integers(132, 560, 4)] = random.integers(0, 256, 4)  # the elements, before the pixels
        try:
            assert explorer.read_image(content.tobytes(), "slice.dcm").pixels.shape[2] == 3
        except BadImage:
            n_refused += 1
    assert 0 < n_refused < 60


def test_where_it_is_not_installed_the_sentence_says_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **others: Any) -> Any:
        if name.startswith("pydicom"):
            raise ImportError(name)
        return real(name, *rest, **others)

    content = slice_of(HOUNSFIELD)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadImage, match=r"^'slice.dcm' is a DICOM file, .* pip install 'cnn-explorer\[dicom\]'"):
        explorer.read_image(content, "slice.dcm")
