"""The pictures that come with the program are there, small, credited, and what they say they are."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.errors import UnknownSample
from explorer.networks.digits import DigitPreparation
from explorer.pictures.image import read_image
from explorer.pictures.samples import SAMPLES, SIDE, first_known, load_sample, subject_of

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "samples"
PHOTOGRAPHS = [name for name, sample in SAMPLES.items() if sample.draw is None]
CARDS = [name for name, sample in SAMPLES.items() if sample.draw is not None]


def test_photographs_come_first_and_the_cat_before_all() -> None:
    assert next(iter(SAMPLES)) == "chelsea"
    assert list(SAMPLES) == PHOTOGRAPHS + CARDS
    assert len(PHOTOGRAPHS) >= 6
    assert len({sample.title for sample in SAMPLES.values()}) == len(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_loads_as_it_is(name: str) -> None:
    image = load_sample(name)
    assert image.name == name == SAMPLES[name].name
    assert image.notes == ()
    assert 256 <= max(image.pixels.shape) <= 640
    assert image.pixels.std() > 20
    assert load_sample(name) is image


def test_no_two_samples_are_alike() -> None:
    assert len({load_sample(name).digest for name in SAMPLES}) == len(SAMPLES)


def test_the_folder_holds_the_photographs_and_their_licences_only() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.jpg" for name in PHOTOGRAPHS} | {"LICENSES.md"}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_000_000


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_has_its_licence_recorded(name: str) -> None:
    recorded = (FOLDER / "LICENSES.md").read_text(encoding="utf-8")
    if name in CARDS:
        assert f"`{name}`" in recorded
        return
    (line,) = [line for line in recorded.splitlines() if line.startswith(f"| `{name}.jpg` |")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert len(cells) == 6
    assert all(cells)
    assert "CC0" in cells[4] or "public domain" in cells[4]
    assert ("CC0" in SAMPLES[name].credit) == ("CC0" in cells[4])


def test_an_unknown_sample_names_the_nearest() -> None:
    with pytest.raises(
        UnknownSample, match=r"^There is no sample 'chelsey'\. Nearest: 'chelsea'\. There are: chelsea, "
    ):
        load_sample("chelsey")
    with pytest.raises(UnknownSample):
        load_sample("../samples/chelsea")


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_drawn_the_same_every_time(name: str) -> None:
    draw = SAMPLES[name].draw
    assert draw is not None
    assert draw().shape == (SIDE, SIDE, 3)
    assert draw().dtype == np.uint8
    assert np.array_equal(draw(), load_sample(name).pixels)


def test_bars_are_the_seven_colours() -> None:
    colours = load_sample("bars").pixels[100, [20 + 46 * i for i in range(7)]]
    hues = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)]
    assert np.array_equal(colours, 191 * np.array(hues))


def test_rings_are_symmetric_and_finest_at_the_edge() -> None:
    rings = load_sample("rings").pixels[..., 0].astype(int)
    assert np.array_equal(rings, rings[::-1])
    assert np.array_equal(rings, rings.T)
    middle = rings[SIDE // 2]
    turns = np.flatnonzero(np.diff(np.sign(np.diff(middle[160:300]))))
    assert np.diff(turns)[:2].min() > np.diff(turns)[-10:].max()


def test_checkerboard_has_four_scales_in_equal_parts() -> None:
    board = load_sample("checkerboard").pixels[..., 0]
    assert set(np.unique(board)) == {20, 240}
    assert board.mean() == 130
    for y, x, size in ((0, 0, 40), (0, 160, 20), (160, 0, 10), (160, 160, 5)):
        assert (np.flatnonzero(np.diff(board[y, x : x + 160].astype(int))) + 1).tolist() == list(range(size, 160, size))


def test_gradients_rise_in_every_row() -> None:
    pixels = load_sample("gradients").pixels.astype(int)
    assert (np.diff(pixels, axis=1) >= 0).all()
    assert len(np.unique(pixels[20, :, 0])) == 256
    assert len(np.unique(pixels[60, :, 0])) == 11


def test_colour_wheel_has_the_primaries_a_third_of_a_turn_apart() -> None:
    wheel = load_sample("colour_wheel").pixels.astype(int)
    for turn, primary in enumerate(np.eye(3)):
        y, x = 159.5 - 140 * np.sin(2 * np.pi * turn / 3), 159.5 + 140 * np.cos(2 * np.pi * turn / 3)
        assert np.abs(wheel[round(y), round(x)] - 255 * primary).max() < 25
    assert wheel[160, 160].min() > 250


def test_the_digit_is_dark_on_clean_light_paper_and_off_the_middle() -> None:
    assert list(SAMPLES)[-1] == "digit"
    pixels = load_sample("digit").pixels
    border = np.concatenate([pixels[:9].reshape(-1, 3), pixels[-9:].reshape(-1, 3)])
    assert np.ptp(border, axis=0).max() == 0
    assert 235 < border.min() <= border.max() < 255
    ink = pixels.max(axis=2) < 128
    assert 0.04 < ink.mean() < 0.15
    assert abs(np.argwhere(ink).mean(axis=0) - SIDE / 2).max() > 30


def test_the_digit_is_prepared_as_those_of_mnist_were() -> None:
    prepared = DigitPreparation()(load_sample("digit"))
    assert any("inverted" in step.phrase for step in prepared.steps)
    digit = prepared.pixels[..., 0].astype(float)
    rows, columns = np.nonzero(digit)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert digit.max() == 255
    centre = [(digit.sum(axis=axis) @ np.arange(32)) / digit.sum() for axis in (1, 0)]
    assert np.abs(np.array(centre) - 16).max() < 1
    # a three: on the way down one crosses three strokes, and both bows are open to the left
    strokes = (np.diff((digit > 100).astype(int), axis=0) == 1).sum(axis=0)
    assert strokes.max() == 3
    for row in (rows.min() + 6, rows.max() - 6):
        assert digit[row, : int(centre[1])].max() < 100


def test_what_a_sample_shows_is_known_of_the_sample_alone() -> None:
    assert subject_of(load_sample("chelsea")).phrase == "a cat"  # type: ignore[union-attr]
    assert [name for name in SAMPLES if subject_of(load_sample(name)) is None] == [
        "bars", "rings", "checkerboard", "gradients", "colour_wheel",
    ]  # fmt: skip
    other = io.BytesIO()
    Image.fromarray(load_sample("coffee").pixels).save(other, "PNG")
    assert subject_of(read_image(other.getvalue(), "chelsea")) is None  # a name alone says nothing


@pytest.mark.parametrize(
    ("categories", "first"),
    [
        (("cat", "dog"), "chelsea"),
        (("tench", "Egyptian cat"), "chelsea"),
        (("category", "bobcats"), None),
        (("reflex camera", "coffee mug"), "coffee"),
        (tuple("0123456789"), "digit"),
        (("ant", "bee"), None),
        ((), None),
    ],
)
def test_the_first_sample_that_a_network_has_a_word_for(categories: tuple[str, ...], first: str | None) -> None:
    found = first_known(categories)
    assert (None if found is None else found.name) == first
