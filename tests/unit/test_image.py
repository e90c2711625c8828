"""Pictures at the border: every kind of file becomes the right pixels."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.pictures.image import read_image
from tests.picture_files import ORIENTATION, chunk, encode, photo, png, read

# What every picture has


def test_the_pixels_are_those_of_the_file() -> None:
    image = read_image(encode(Image.fromarray(photo())), "hill.png")
    assert image.pixels.dtype == np.uint8
    assert np.array_equal(image.pixels, photo())
    assert (image.name, image.original_size, image.notes) == ("hill.png", (48, 64), ())


@pytest.mark.parametrize(
    ("kind", "error"), [("PNG", 0), ("BMP", 0), ("TIFF", 0), ("JPEG", 3), ("WEBP", 3), ("AVIF", 3)]
)
def test_every_format_gives_the_same_picture(kind: str, error: float) -> None:
    image = read(Image.fromarray(photo()), kind, quality=95)
    assert image.pixels.shape == (48, 64, 3)
    assert np.abs(image.pixels.astype(int) - photo()).mean() <= error


def test_pixels_cannot_be_changed() -> None:
    image = read(Image.fromarray(photo()))
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0] = 0
    with pytest.raises(ValueError, match="WRITEABLE"):
        image.pixels.flags.writeable = True
    with pytest.raises(FrozenInstanceError):
        image.name = "other"  # type: ignore[misc]


def test_equal_pixels_have_an_equal_digest_and_different_ones_do_not() -> None:
    a, b = read(Image.fromarray(photo()), "PNG"), read_image(encode(Image.fromarray(photo()), "BMP"), "b")
    assert a == b
    assert hash(a) == hash(b)
    assert len(a.digest) == 64
    changed = photo()
    changed[0, 0, 0] ^= 1
    assert read(Image.fromarray(changed)).digest != a.digest
    assert read(Image.new("RGB", (2, 3))).digest != read(Image.new("RGB", (3, 2))).digest


def test_bytes_paths_and_files_are_sources(tmp_path: Path) -> None:
    data = encode(Image.fromarray(photo()))
    path = tmp_path / "a picture.png"
    path.write_bytes(data)
    file = io.BytesIO(data)
    file.read()  # read before, by somebody else
    with path.open("rb") as opened:
        images = [read_image(s) for s in (data, bytearray(data), memoryview(data), file, path, str(path), opened)]
    assert len({image.digest for image in images}) == 1
    assert [image.name for image in images] == ["picture"] * 4 + ["a picture.png"] * 3


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("cat.png", "cat.png"),
        ("../../etc/cat.png", "cat.png"),
        ("C:\\Users\\me\\cat.png", "cat.png"),
        ("a\n b\t\x00\x1b[31m\u202egnp.cat", "a b [31mgnp.cat"),
        ("", "picture"),
        ("///", "picture"),
        ("x" * 300 + ".png", "x" * 60 + "…" + "x" * 15 + ".png"),
        ("猫 &<b>.png", "猫 &<b>.png"),
    ],
)
def test_the_name_is_one_short_line(given: str, shown: str) -> None:
    assert read_image(encode(Image.new("L", (1, 1))), given).name == shown


def test_a_wrong_kind_of_source_is_a_bug_not_a_bad_picture() -> None:
    with pytest.raises(TypeError, match=r"a path, bytes, a binary file, .* not int"):
        read_image(3)  # type: ignore[arg-type]


# Orientation

UPRIGHT = np.array([[1, 2, 3], [4, 5, 6]]) * 40
STORED = {  # what a camera stores for UPRIGHT under each orientation, by hand
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[3, 6], [2, 5], [1, 4]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[4, 1], [5, 2], [6, 3]],
}


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    large = np.kron(np.array(STORED[orientation]) * 40, np.ones((16, 16))).astype(np.uint8)  # whole JPEG blocks
    exact = {"lossless": True} if kind == "WEBP" else {"quality": 100}
    image = read(Image.fromarray(large).convert("RGB"), kind, exif=exif, **exact)
    assert image.original_size == image.pixels.shape[:2] == (32, 48)
    assert np.abs(image.pixels[8::16, 8::16, 0] - UPRIGHT.astype(float)).max() <= 6
    assert image.notes == (("turned as its EXIF orientation says",) if orientation > 1 else ())


def test_exif_at_the_end_of_a_png_counts_too() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    data = encode(Image.new("L", (3, 2)))
    image = read_image(data[:-12] + chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")) + data[-12:])
    assert image.pixels.shape == (3, 2, 3)
    assert image.notes == ("turned as its EXIF orientation says",)


def test_an_orientation_that_does_not_exist_is_none() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 9
    assert read(Image.new("L", (3, 2)), exif=exif).notes == ()


# Colours


def test_alpha_is_composited_onto_white() -> None:
    rgba = np.array([[(200, 100, 0, 255), (200, 100, 0, 0), (200, 100, 0, 51)]], np.uint8)
    image = read(Image.fromarray(rgba))
    assert image.pixels.tolist() == [[[200, 100, 0], [255, 255, 255], [244, 224, 204]]]
    assert image.notes == ("transparent parts shown on white",)


def test_full_alpha_is_not_worth_a_note() -> None:
    image = read(Image.fromarray(photo()).convert("RGBA"))
    assert image.notes == ()
    assert np.array_equal(image.pixels, photo())


def test_grey_with_alpha() -> None:
    image = read(Image.fromarray(np.array([[(10, 255), (10, 0), (105, 102)]], np.uint8), "LA"))
    assert image.pixels[0, :, 1].tolist() == [10, 255, 195]
    assert image.notes == ("transparent parts shown on white",)


@pytest.mark.parametrize("transparency", [1, bytes([255, 0, 51])])
def test_palette_with_transparency(transparency: int | bytes) -> None:
    picture = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    picture.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200])
    third = [0, 0, 200] if transparency == 1 else [204, 204, 244]
    image = read(picture, transparency=transparency)
    assert image.pixels.tolist() == [[[200, 0, 0], [255, 255, 255], third]]
    assert image.notes == ("transparent parts shown on white",)


def test_a_transparent_colour_in_rgb_and_grey() -> None:
    rgb = Image.fromarray(np.array([[(1, 2, 3), (9, 9, 9)]], np.uint8))
    assert read(rgb, transparency=(1, 2, 3)).pixels.tolist() == [[[255] * 3, [9] * 3]]
    grey = Image.fromarray(np.array([[7, 8]], np.uint8))
    assert read(grey, transparency=7).pixels.tolist() == [[[255] * 3, [8] * 3]]


@pytest.mark.parametrize(("kind", "error"), [("TIFF", 0), ("JPEG", 2)])
def test_cmyk(kind: str, error: int) -> None:
    picture = Image.new("CMYK", (16, 16), (255, 0, 51, 0))
    image = read(picture, kind, quality=100)
    assert np.abs(image.pixels[8, 8].astype(int) - (0, 255, 204)).max() <= error
    assert image.notes == ("converted from CMYK to RGB",)


@pytest.mark.parametrize(
    ("lab", "rgb"),  # CIE L*a*b* of D50 white, grey and the red of sRGB; a and b are stored with 128 added
    [((255, 128, 128), (255, 255, 255)), ((137, 128, 128), (128, 128, 128)), ((138, 209, 198), (255, 0, 0))],
)
def test_lab(lab: tuple[int, int, int], rgb: tuple[int, int, int]) -> None:
    image = read(Image.new("LAB", (4, 4), lab), "TIFF")
    assert np.abs(image.pixels[0, 0].astype(int) - rgb).max() <= 6  # a step of a* or b* is worth four here
    assert image.notes == ("converted from LAB to RGB",)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_not_clipped(kind: str) -> None:
    image = read(Image.fromarray(np.array([[0, 128, 129, 257, 32768, 60000, 65535]], np.uint16)), kind)
    assert image.pixels[0].tolist() == [[v] * 3 for v in (0, 0, 1, 1, 128, 233, 255)]
    assert image.notes == ("16-bit grey scaled to 8 bits",)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_one_bit(kind: str) -> None:
    image = read(Image.fromarray(np.array([[True, False, True]])), kind)
    assert image.pixels[0].tolist() == [[255] * 3, [0] * 3, [255] * 3]


def test_16_bit_colour_is_scaled() -> None:
    line = b"\0" + struct.pack(">6H", 0, 65535, 32896, 257, 256 * 77 + 128, 514)
    image = read_image(png(2, 1, data=zlib.compress(line), colour=2, depth=16))
    assert np.abs(image.pixels[0].astype(int) - [(0, 255, 128), (1, 77, 2)]).max() <= 1


# Several pictures in one file


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("GIF", "animated: the first of 3 frames is shown"),
        ("WEBP", "animated: the first of 3 frames is shown"),
        ("PNG", "animated: the first of 3 frames is shown"),
        ("AVIF", "animated: the first of 3 frames is shown"),
        ("TIFF", "the first of 3 pictures is shown"),
        ("MPO", "the first of 3 pictures is shown"),
    ],
)
def test_the_first_of_several(kind: str, note: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ((200, 30, 30), (30, 200, 30), (30, 30, 200))]
    image = read(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.abs(image.pixels.astype(int) - (200, 30, 30)).max() <= 4
    assert image.notes == (note,)


# Size


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 2048), (2048, 3)])
def test_small_pictures_stay_as_they_are(width: int, height: int) -> None:
    image = read(Image.new("RGB", (width, height), (9, 8, 7)))
    assert image.pixels.shape == (height, width, 3)
    assert (image.pixels == (9, 8, 7)).all()
    assert image.notes == ()


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1, 10_000), (10_000, 1), (3, 10_000), (2049, 2049), (4097, 30)])
def test_reduced_by_area(width: int, height: int) -> None:
    """Against a slow mean over each rectangle, cut pixels counting by their part."""
    rng = np.random.default_rng(width)
    original = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = read(Image.fromarray(original))
    scale = 2048 / max(height, width)
    h, w = max(1, round(height * scale)), max(1, round(width * scale))
    assert image.pixels.shape == (h, w, 3)
    assert image.original_size == (height, width)
    assert image.notes == (f"reduced from {width}x{height} to {w}x{h}",)
    for y, x in [(0, 0), (h - 1, w - 1), *zip(rng.integers(0, h, 200), rng.integers(0, w, 200), strict=True)]:
        (rows, by_row), (columns, by_column) = coverage(y, h, height), coverage(x, w, width)
        part = original[np.ix_(rows, columns)]
        mean = np.einsum("y,x,yxc->c", by_row, by_column, part) / by_row.sum() / by_column.sum()
        assert np.abs(image.pixels[y, x] - mean).max() <= 0.501


def coverage(i: int, n: int, size: int) -> tuple[list[int], np.ndarray]:
    """Which of `size` pixels lie in the i-th of n equal parts, and how much of each."""
    low, high = i * size / n, (i + 1) * size / n
    inside = {p: min(high, p + 1) - max(low, p) for p in range(max(0, int(low) - 2), min(size, int(high) + 2))}
    return [p for p in inside if inside[p] > 0], np.array([part for part in inside.values() if part > 0])


def test_reduction_of_a_transparent_picture_keeps_hidden_colours_hidden() -> None:
    rgba = np.zeros((4096, 2, 4), np.uint8)
    rgba[:, :, 0] = 255
    rgba[::2, :, 1:] = (0, 0, 255)  # every second row is opaque red, the others hide red
    image = read(Image.fromarray(rgba))
    assert (image.pixels == (255, 128, 128)).all()
    assert image.notes == ("transparent parts shown on white", "reduced from 2x4096 to 1x2048")


def test_reduction_and_turning_name_the_upright_size() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image = read(Image.new("RGB", (4096, 1024)), exif=exif)
    assert image.original_size == (4096, 1024)
    assert image.pixels.shape == (2048, 512, 3)
    assert image.notes == ("turned as its EXIF orientation says", "reduced from 1024x4096 to 512x2048")
