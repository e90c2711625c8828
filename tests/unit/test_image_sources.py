"""What a notebook has at hand instead of a file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

import explorer
from explorer.errors import BadCategories, BadImage
from tests.tiny import Overwriting

RANDOM = np.random.default_rng(0)
COLOURS = RANDOM.integers(0, 256, (20, 30, 3), dtype=np.uint8)


def test_an_array_is_a_picture() -> None:
    image = explorer.read_image(COLOURS)
    assert np.array_equal(image.pixels, COLOURS)
    assert (image.name, image.original_size, image.notes) == ("picture", (20, 30), ())
    assert np.array_equal(explorer.read_image(COLOURS[::2, ::-1]).pixels, COLOURS[::2, ::-1])
    grey = explorer.read_image(COLOURS[..., 0])
    assert np.array_equal(grey.pixels, COLOURS[..., :1].repeat(3, axis=2))
    clear = np.dstack([COLOURS, np.zeros((20, 30), np.uint8)])
    assert (explorer.read_image(clear).pixels == 255).all()
    large = explorer.read_image(np.zeros((10, 5000, 3), np.uint8))
    assert large.pixels.shape == (4, 2048, 3)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1", "CMYK", "HSV", "LA"])
def test_a_picture_of_pillow_is_one(mode: str) -> None:
    picture = Image.fromarray(COLOURS).convert(mode)
    expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(explorer.read_image(picture).pixels, expected)
    assert explorer.read_image(picture, "mine").name == "mine"


def test_a_picture_of_pillow_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    path = tmp_path / "turned.png"
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(COLOURS).save(path, exif=exif)
    with Image.open(path) as opened:
        image = explorer.read_image(opened)
    assert image.name == "turned.png"
    assert np.array_equal(image.pixels, explorer.read_image(path).pixels)
    assert image.pixels.shape == (30, 20, 3)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (COLOURS.astype(np.float32) / 255, "An array of float32, 20 x 30 x 3, is no picture that can be read"),
        (COLOURS.transpose(2, 0, 1), "An array of uint8, 3 x 20 x 30, is no picture"),
        (COLOURS[None], "An array of uint8, 1 x 20 x 30 x 3, is no picture"),
        (np.zeros((0, 3), np.uint8), "An array of uint8, 0 x 3, is no picture"),
    ],
)
def test_what_is_none_is_a_sentence(source: object, says: str) -> None:
    with pytest.raises(BadImage) as caught:
        explorer.read_image(source)
    assert str(caught.value).startswith(says)


def test_a_file_of_class_names_may_be_named_as_text(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("ant\nbee\ncow\ndog\n")
    network = explorer.network_of(Overwriting(), categories=str(path), input_size=(3, 24, 24))
    assert network.categories == ("ant", "bee", "cow", "dog")
    with pytest.raises(BadCategories, match=r"^The class names in 'nowhere' cannot be read\."):  # not four letters
        explorer.network_of(Overwriting(), categories="nowhere", input_size=(3, 24, 24))


def test_a_file_is_read_as_before() -> None:
    file = io.BytesIO()
    Image.fromarray(COLOURS).save(file, "PNG")
    assert explorer.read_image(file).digest == explorer.read_image(COLOURS).digest
