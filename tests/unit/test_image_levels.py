"""Pictures of more than eight bits at the border: which value is black, which is white, and what is said about it."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
import tifffile
from PIL import Image

from explorer.pictures.image import ImageInput, read_image
from tests.picture_files import encode, photo, refusal, tiff


def deep(values: object, kind: str, **options: object) -> ImageInput:
    file = io.BytesIO()
    tifffile.imwrite(file, np.array(values, kind), **{"photometric": "minisblack", "metadata": None, **options})
    return read_image(file.getvalue(), "deep.tif")


@pytest.mark.parametrize(
    ("kind", "values", "shown", "note"),
    [
        ("u2", [0, 1544, 3088], [0, 128, 255], "16-bit grey stretched from 0..3,088"),
        ("u2", [0, 257, 65535], [0, 1, 255], "16-bit grey scaled to 8 bits"),
        ("u2", [300, 400], [128, 255], "16-bit grey stretched from 200..400"),
        ("u2", [65535, 65535], [255, 255], "16-bit grey of one value, 65,535"),
        ("i4", [0, 1, 1], [0, 255, 255], "signed 32-bit grey stretched from 0..1"),
        ("i4", [0, 7, 255], [0, 7, 255], "signed 32-bit grey stretched from 0..255"),
        ("i4", [0, 256, 65535], [0, 1, 255], "signed 32-bit grey stretched from 0..65,535"),
        ("i2", [-100, 0, 155], [0, 100, 255], "signed 16-bit grey stretched from −100..155"),
        ("i4", [0, 10**6, 2 * 10**6], [0, 128, 255], "signed 32-bit grey stretched from 0..2,000,000"),
        ("i4", [-5, -5, -5], [128, 128, 128], "signed 32-bit grey of one value, −5"),
        ("f4", [0, 0.2, 1], [0, 51, 255], "floating-point grey from 0 to 1 scaled to 8 bits"),
        ("f4", [0, 0.2, 0.6], [0, 51, 153], "floating-point grey from 0 to 1 scaled to 8 bits"),
        ("f4", [0, 0.02, 0.05], [0, 51, 128], "floating-point grey stretched from 0..0.1"),
        ("f4", [0, 51, 254], [0, 51, 255], "floating-point grey stretched from 0..254"),
        ("f4", [280, 300, 310], [128, 212, 255], "floating-point grey stretched from 250..310"),
        ("f4", [-1, 0.5, 1], [0, 191, 255], "floating-point grey stretched from −1..1"),
        ("f4", [0.25, 0.25], [64, 64], "floating-point grey of one value, 0.25"),
        ("f8", [-1e308, 0, 1.5e308], [0, 102, 255], "floating-point grey stretched from −1e+308..1.5e+308"),
        ("f8", [0, 1e-320], [0, 0], "floating-point grey stretched from 0..2e−320"),
    ],
)
def test_the_range_follows_from_the_values(kind: str, values: list[float], shown: list[int], note: str) -> None:
    image = deep([values], kind)
    assert image.pixels[0, :, 1].tolist() == shown
    assert image.notes == (note,)


def test_no_value_is_a_threshold() -> None:
    """A little more of the largest value changes no pixel by more than a little."""
    for kind, largest in itertools.product(("f4", "f8"), (0.5, 1.0, 255.0, 65535.0)):
        ramp = np.linspace(0, 1, 256)
        below, above = (deep([ramp * largest * factor], kind).pixels.astype(int) for factor in (0.995, 1.005))
        assert np.abs(below - above).max() <= 2, largest
    for largest in (255, 4095, 32767, 65000):
        ramp = np.linspace(0, 1, 300)
        below, above = (deep([ramp * (largest + n)], "u2").pixels.astype(int) for n in (-1, 2))
        assert np.abs(below - above).max() <= 2, largest


def test_a_dark_picture_says_so() -> None:
    values = np.full((40, 40), 20)
    values[:, ::2] = 30
    values[0, 0] = 60000  # one hot pixel
    assert deep(values, "u2").notes == (
        "16-bit grey stretched from 0..60,000",
        "98\u00a0% of its values lie in 20..30: most of it looks alike",
    )


def test_the_display_range_of_imagej() -> None:
    file = io.BytesIO()
    tifffile.imwrite(
        file, np.array([[0, 819, 4095, 5000]], np.uint16), imagej=True, metadata={"min": 0.0, "max": 4095.0}
    )
    image = read_image(file.getvalue())
    assert image.pixels[0, :, 0].tolist() == [0, 51, 255, 255]
    assert image.notes == ("16-bit grey shown from 0 to 4,095, as its ImageJ display range says",)
    for broken in ("max=nan", "max=1e999", "max=0", "max=", "max=E+-"):
        broken_range = deep([[0, 100]], "u2", description=f"ImageJ=1.54\nmin=0\n{broken}\n")
        assert broken_range.notes == ("16-bit grey stretched from 0..100",)


def test_the_largest_sample_value_counts_where_no_value_exceeds_it() -> None:
    said = [(281, "H", 1, 1023, True)]
    image = deep([[0, 341, 682]], "u2", extratags=said)
    assert image.pixels[0, :, 0].tolist() == [0, 85, 170]
    assert image.notes == ("16-bit grey shown from 0 to 1,023, as its largest sample value says",)
    assert deep([[0, 2000]], "u2", extratags=said).notes == ("16-bit grey stretched from 0..2,000",)
    whole = [(281, "H", 1, 65535, True)]  # says no more than the depth does
    assert deep([[0, 2000]], "u2", extratags=whole).notes == ("16-bit grey stretched from 0..2,000",)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_black_and_counted(bad: float) -> None:
    image = deep([[0, bad, 0.5, 1]], "f4")
    assert image.pixels[0, :, 2].tolist() == [0, 0, 128, 255]
    assert image.notes == (
        "floating-point grey from 0 to 1 scaled to 8 bits",
        "values that are not finite are shown black: 1",
    )
    coloured = deep([[[0, bad, 0.5], [1, 0.2, 0]]], "f4", photometric="rgb")
    assert coloured.pixels.tolist() == [[[0, 0, 0], [255, 51, 0]]]
    assert deep([[0, bad, 0.5, 1]], "f4", photometric="miniswhite").pixels[0, :, 0].tolist() == [255, 0, 128, 0]


@pytest.mark.parametrize(
    ("kind", "gap", "said"),
    [("f4", -9999, "-9999"), ("f4", -3.4028234663852886e38, "-3.4028234663852886e+38"), ("i2", -32768, "-32768"),
     ("u2", 0, "0"), ("u2", 65535, " 65535 ")],
)  # fmt: skip
def test_no_data_are_left_out(kind: str, gap: float, said: str) -> None:
    image = deep([[gap, 100, 200, gap]], kind, extratags=[(42113, "s", 0, said, True)])
    assert image.pixels[0, :, 0].tolist() == [0, 128, 255, 0]
    assert image.notes[0].endswith("stretched from 0..200")
    assert image.notes[1].startswith("values marked as no data (")
    assert image.notes[1].endswith(") are shown black: 2")


def test_no_data_that_no_value_can_be_are_none() -> None:
    for said in ("-9999", "0.5", "nan", "1e400", "none", ""):
        image = deep([[0, 100, 200]], "u2", extratags=[(42113, "s", 0, said, True)])
        assert image.notes == ("16-bit grey stretched from 0..200",)


def test_a_picture_without_any_value_is_refused() -> None:
    message = "'picture' holds no values: all are not finite, or marked as no data. Choose another file."
    file = io.BytesIO()
    tifffile.imwrite(file, np.full((3, 3), np.nan, np.float32))
    assert refusal(file.getvalue()) == message


def test_colours_share_one_range() -> None:
    image = deep([[[0, 1000, 2000], [4000, 500, 250]]], "u2", photometric="rgb")
    assert image.pixels.tolist() == [[[0, 64, 128], [255, 32, 16]]]
    assert image.notes == ("16-bit colours stretched from 0..4,000",)


@pytest.mark.parametrize("extra", ["unassalpha", "assocalpha", "unspecified"])
def test_opacity_behind_deep_colours(extra: str) -> None:
    """Opacity is of the whole range of the depth, however dark the colours are."""
    alpha = np.array([65535, 32768, 0])
    colour = np.array([[1000, 500, 0]] * 3) * (alpha[:, None] / 65535 if extra == "assocalpha" else 1)
    colour[0, 0] = 1000  # the largest value
    image = deep(
        [np.concatenate([np.rint(colour), alpha[:, None]], axis=1)], "u2", photometric="rgb", extrasamples=[extra]
    )
    if extra == "unspecified":
        assert image.pixels.tolist() == [[[255, 128, 0]] * 3]
        assert image.notes[-1] == "red, green and blue are shown; 1 more is there for networks"
    else:
        right = np.array([[255, 127.5, 0], [255, 191, 127], [255, 255, 255]])
        assert np.abs(image.pixels[0] - right).max() <= 1
        assert image.notes[-1] == "transparent parts shown on white"


def test_deep_tiffs_are_turned_and_counted() -> None:
    for orientation, right in ((1, [[0, 255], [51, 102]]), (6, [[51, 0], [102, 255]]), (9, [[0, 255], [51, 102]])):
        image = deep([[0, 1000], [200, 400]], "u2", extratags=[(274, "H", 1, orientation, True)])
        assert image.pixels[..., 0].tolist() == right
        assert ("turned as its EXIF orientation says" in image.notes) == (orientation == 6)
    file = io.BytesIO()
    tifffile.imwrite(file, np.arange(12, dtype=np.uint16).reshape(3, 2, 2), photometric="minisblack", metadata=None)
    image = read_image(file.getvalue())
    assert image.pixels[..., 0].tolist() == [[0, 85], [170, 255]]
    assert image.notes == ("the first of 3 pictures is shown", "16-bit grey stretched from 0..3")


def test_differences_of_floats_and_of_whole_numbers_as_libtiff_writes_them() -> None:
    values = np.sin(np.arange(24 * 31)).reshape(24, 31).astype(np.float32)
    for packing, predictor in itertools.product(("tiff_lzw", "tiff_adobe_deflate"), (2, 3)):
        data = encode(Image.fromarray(values), "TIFF", compression=packing, tiffinfo={317: predictor})
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            assert file.pages[0].predictor == predictor
        right = 255 * (values - values.min()) / (values.max() - values.min())
        assert np.abs(read_image(data).pixels[..., 0] - right).max() <= 0.51
    whole = (photo()[..., 1] * 16).astype(np.uint16)
    data = encode(Image.fromarray(whole), "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    assert np.abs(read_image(data).pixels[..., 0] - 255 * (whole / whole.max())).max() <= 0.51


def test_bits_in_reverse_order_and_big_files() -> None:
    values = np.array([[0, 1000, 2000]], np.uint16)
    assert deep(values, "u2", bigtiff=True).pixels[0, :, 0].tolist() == [0, 128, 255]
    entries = [(256, 3, 1, 3), (257, 3, 1, 1), (258, 3, 1, 16), (266, 3, 1, 2), (279, 4, 1, 6)]
    data = bytearray(tiff(*entries))
    data[400:406] = bytes(int(f"{byte:08b}"[::-1], 2) for byte in values.astype("<u2").tobytes())
    assert read_image(bytes(data)).pixels[0, :, 0].tolist() == [0, 128, 255]


def test_a_deep_tiff_is_reduced_by_area_after_its_levels() -> None:
    values = np.tile(np.array([[0, 1000]]), (3, 2048))
    image = deep(values, "u2")
    assert image.pixels.shape == (2, 2048, 3)
    assert (image.pixels == 128).all()
    assert image.notes[-1] == "reduced from 4096x3 to 2048x2"
