"""What the drawing pad takes from a browser, and what it makes of it."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from explorer.networks.digits import DigitPreparation
from explorer.pictures.image import read_image
from explorer.ui.elements.pad import _are_strokes, _drawn

MOST = 40_000  # numbers of one drawing
PAPER, INK = 255, 30


def pixels(strokes: list[list[int]]) -> NDArray[np.uint8]:
    png = _drawn(strokes)
    assert png is not None
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    assert image.mode == "L"
    assert image.size == (140, 140)
    return np.asarray(image)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [[80, 500, 500]],
        [[1, 0, 0], [200, 1000, 1000, 0, 1000]],
        [[80, *([500] * (MOST - 2))], [80]][:1],
    ],
    ids=["blank paper", "a dot", "two lines from edge to edge", "as many numbers as there may be"],
)
def test_strokes_are_accepted(value: object) -> None:
    assert _are_strokes(value)


@pytest.mark.parametrize(
    "value",
    [
        None, 0, "", "strokes", {}, {"0": [80, 1, 1]}, [None], ["80,1,1"], [[80, 1, 1], None], [{"width": 80}],
        [[]], [[80]], [[80, 1]], [[80, 1, 1, 2]],
        [[0, 1, 1]], [[-80, 1, 1]], [[201, 1, 1]], [[10**30, 1, 1]],
        [[80, -1, 1]], [[80, 1, 1001]], [[80, 10**400, 1]],
        [[80.0, 1, 1]], [[80, 1.5, 1]], [[80, float("nan"), 1]], [[80, float("inf"), 1]],
        [[True, 1, 1]], [[80, True, 1]], [[80, None, 1]], [[80, "1", 1]], [[80, [1], 1]],
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_refused(value: object) -> None:
    assert not _are_strokes(value)


def test_a_drawing_of_too_many_numbers_is_refused() -> None:
    assert not _are_strokes([[80, *([500] * MOST)]])
    assert not _are_strokes([[80, 500, 500]] * (MOST // 3 + 1))
    assert not _are_strokes([[]] * (MOST + 1))


def test_blank_paper_is_no_picture() -> None:
    assert _drawn([]) is None


def test_a_dot_is_a_round_spot_of_its_width() -> None:
    found = pixels([[200, 500, 500]])  # a fifth of the side: 28 pixels across
    y, x = np.mgrid[:140, :140] + 0.5 - 70
    distance = np.hypot(y, x)
    assert (found[distance < 13] == INK).all()
    assert (found[distance > 15] == PAPER).all()
    assert (255 - found.astype(float)).sum() / (PAPER - INK) == pytest.approx(np.pi * 14**2, rel=0.03)


def test_a_line_goes_from_point_to_point_with_round_ends_and_corners() -> None:
    found = pixels([[100, 200, 200, 800, 200, 800, 800]])  # right, then down; 14 pixels wide
    for point in ((28, 28), (70, 28), (112, 28), (112, 70), (112, 112)):
        assert found[point[1], point[0]] == INK
    assert found[28, 28 - 5] == INK  # the end reaches half a width further
    assert found[28, 28 - 9] == PAPER
    assert found[28 - 4, 112 + 4] == INK  # and so does the corner, to all sides
    assert found[28 - 6, 112 + 6] == PAPER  # but it is no square
    assert (found[40:, :100] == PAPER).all()


def test_the_order_of_strokes_does_not_matter_and_a_stroke_twice_is_one() -> None:
    strokes = [[80, 100, 100, 900, 900], [44, 900, 100, 100, 900], [80, 500, 120]]
    assert (pixels(strokes) == pixels(strokes[::-1])).all()
    assert (pixels(strokes) == pixels(strokes * 2)).all()


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_accepted_can_be_drawn_and_read(seed: int) -> None:
    draw = random.Random(seed)
    strokes = [
        [draw.randint(1, 200), *(draw.choice((0, draw.randint(0, 1000), 1000)) for _ in range(2 * draw.randint(1, 40)))]
        for _ in range(draw.randint(1, 8))
    ]
    assert _are_strokes(strokes)
    png = _drawn(strokes)
    assert png is not None
    prepared = DigitPreparation()(read_image(png, "drawing"))
    assert prepared.pixels.shape == (32, 32, 3)
    assert prepared.tensor.isfinite().all()


def test_the_longest_drawing_takes_no_time_to_speak_of() -> None:
    draw = random.Random(0)
    strokes = [[200, *(draw.randint(0, 1000) for _ in range(MOST - 2))]]
    assert _are_strokes(strokes)
    assert (pixels(strokes) == INK).mean() > 0.99
