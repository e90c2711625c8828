"""Pictures by the hundred at the border: right ones with the right pixels, and those that are none as sentences."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Literal

import numpy as np
import pytest

from explorer.errors import BadImage
from explorer.pictures.image import read_image
from tests.hostile.bmp_files import valid_bmps
from tests.hostile.damage import damaged_pictures
from tests.hostile.faults import hostile_pictures
from tests.hostile.gif_files import valid_gifs
from tests.hostile.photographs import valid_photographs
from tests.hostile.png_files import valid_pngs
from tests.hostile.sample import Valid, is_a_picture
from tests.hostile.tiff_files import valid_tiffs

pytestmark = pytest.mark.slow

FILTERS = ("error", "ignore")  # of decoders' warnings: errors as in all tests, or no matter as in the app
LEAST_VALID = {"PNG": 120, "APNG": 12, "BMP": 90, "GIF": 50, "TIFF": 250, "JPEG": 60, "WEBP": 50, "AVIF": 14, "MPO": 2}
LEAST_HOSTILE = {
    "cut off": 110, "wrong beginning": 25, "claims too much": 35, "bad sum": 3, "missing chunk": 20, "missing tag": 6,
    "zero size": 15, "impossible depth": 40, "beyond the file": 10, "empty strip": 10, "corrupted data": 30,
    "another kind of file": 40,
}  # fmt: skip
LEAST_EITHER = {"other bytes": 150, "last bytes missing": 50, "moved bytes": 25, "odd parts": 80}


def assert_at_least(found: Counter[str], least: dict[str, int], n_all: int) -> None:
    assert not {kind: (found[kind], n) for kind, n in least.items() if found[kind] < n}
    assert found.total() >= n_all


def is_sentence(text: str) -> bool:
    return text.startswith("'cat.png' ") and text.endswith(".") and "\n" not in text and len(text) < 250


@pytest.fixture(scope="module")
def valid() -> list[Valid]:
    return [*valid_pngs(), *valid_bmps(), *valid_gifs(), *valid_tiffs(), *valid_photographs()]


def test_right_pictures_have_the_right_pixels(valid: list[Valid]) -> None:
    assert_at_least(Counter(one.kind for one in valid), LEAST_VALID, 650)
    wrong = {}
    for one in valid:
        image = read_image(one.data, one.name)
        assert is_a_picture(image), one.name
        if not one.is_shown_by(image.pixels):
            far = np.abs(image.pixels - one.right) if image.pixels.shape == one.right.shape else image.pixels.shape
            wrong[f"{one.kind} {one.name}"] = np.max(far), np.mean(far), image.notes
    assert not wrong


def test_wrong_pixels_would_be_seen(valid: list[Valid]) -> None:
    """Mirrored, with red and blue exchanged, or darker by a twentieth, a picture of this set is not the same."""
    for one in valid:
        shown = np.rint(one.right).astype(np.uint8)
        assert one.is_shown_by(shown), one.name
        if min(one.right.shape[:2]) > 20 and np.ptp(one.right) > 60:
            assert not one.is_shown_by(shown[:, ::-1]), one.name
            assert not one.is_shown_by(shown[::-1]), one.name
            assert not one.is_shown_by((0.95 * shown).astype(np.uint8)), one.name
            if np.ptp(one.right, axis=2).max() > 60:
                assert not one.is_shown_by(shown[..., ::-1]), one.name


@pytest.mark.parametrize("filters", FILTERS)
def test_what_is_no_picture_is_told_in_a_sentence(filters: Literal["error", "ignore"]) -> None:
    warnings.simplefilter(filters)
    hostile = hostile_pictures()
    assert_at_least(Counter(one.fault for one in hostile), LEAST_HOSTILE, 350)
    assert len({one.data for one in hostile}) == len(hostile)
    wrong = {}
    for one in hostile:
        try:
            wrong[f"{one.fault}: {one.name}"] = f"shown: {read_image(one.data, 'cat.png').notes}"
        except BadImage as refused:
            text = str(refused)
            if not is_sentence(text) or not any(part in text for part in one.says):
                wrong[f"{one.fault}: {one.name}"] = text
    assert not wrong


@pytest.mark.parametrize("filters", FILTERS)
def test_damaged_pictures_are_shown_or_refused(filters: Literal["error", "ignore"]) -> None:
    warnings.simplefilter(filters)
    damaged = damaged_pictures()
    assert_at_least(Counter(one.fault for one in damaged), LEAST_EITHER, 350)
    refusals, n_shown = {}, 0
    for one in damaged:
        try:
            image = read_image(one.data, "cat.png")
        except BadImage as refused:
            refusals[one.name] = str(refused)
        else:
            n_shown += 1
            assert is_a_picture(image), one.name
    assert not {name: text for name, text in refusals.items() if not is_sentence(text)}
    assert min(n_shown, len(refusals)) > 50  # the damage is neither harmless nor always fatal
