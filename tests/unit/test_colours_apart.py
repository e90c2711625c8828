"""Are colours that mean something told apart by everybody? As people with each kind of colour blindness see them: after
Machado, Oliveira & Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency", at full
strength."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import explorer
from explorer.architecture.figures import _COSTS, GROUPS
from explorer.attribution.figures import CONCEPT_COLORS
from explorer.drawing.color import N_COLORS, SEQUENTIAL, palette
from explorer.drawing.traces import COLORS

FRONTEND = Path(explorer.__file__).parent / "elements" / "frontend"
APART = 10  # CIE 1976: a difference of 2 is seen where two colours touch
Colors = NDArray[np.float64]

SEEN_BY = {  # linear RGB to linear RGB
    "most": np.eye(3),
    "protanopes": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopes": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopes": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)


def lab(rgb: object, who: str) -> Colors:
    """Colours (..., 3) of sRGB, 0 to 255, as lightness and two axes of colour in CIELAB, as those people see them."""
    parts = np.asarray(rgb, np.float64) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(SEEN_BY[who]).T, 0, 1)
    of_white = seen @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    bent = np.where(of_white > (6 / 29) ** 3, np.cbrt(of_white), of_white * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def rgb(text: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(text.removeprefix("#")))


def css(name: str, selector: str) -> str:
    """The first colour that a style sheet gives to a selector."""
    text = (FRONTEND / name).read_text(encoding="utf-8")
    found = re.search(re.escape(selector) + r" \{[^}]*?(#[0-9a-f]{6})", text)
    assert found, selector
    return found[1]


TOGETHER = {  # what stands side by side and is told apart by its colour, among other things
    "lines of a chart": COLORS,
    "kinds of layers": tuple(GROUPS.values()),
    "shares of the cost": tuple(dict.fromkeys(_COSTS.values())),
    "concepts": CONCEPT_COLORS,
    "what flows": (css("journey.css", ".lines .up"), css("journey.css", ".lines .down")),
    "a histogram": (css("probe.css", ".histogram .others"), css("probe.css", ".histogram .zeros")),
    "answers of a training": (css("learning.css", ".row i"), css("learning.css", ".row.true i")),
    "curves of a training": (css("learning.css", ".curves .pane-0"), css("learning.css", ".curves .pane-1")),
    "a row of pictures": (css("row.css", ".box"), css("row.css", ".mistaken .box")),
}


@pytest.mark.parametrize("who", SEEN_BY)
@pytest.mark.parametrize("name", TOGETHER)
def test_colours_of_one_figure_are_told_apart(name: str, who: str) -> None:
    seen = {color: lab(rgb(color), who) for color in TOGETHER[name]}
    near = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in combinations(seen, 2)}
    assert not {pair: apart for pair, apart in near.items() if apart < APART}


@pytest.mark.parametrize("who", SEEN_BY)
@pytest.mark.parametrize("name", [name for name in SEQUENTIAL if name != "textbook"])
def test_more_is_lighter_on_every_sequential_palette(name: str, who: str) -> None:
    lightness = lab(palette(name)[:N_COLORS], who)[:, 0]
    assert np.diff(lightness).min() > -0.2  # a tenth of what is seen
    assert lightness[-1] - lightness[0] > 70
    steps = lab(palette(name)[:N_COLORS:32], who)
    assert np.linalg.norm(np.diff(steps, axis=0), axis=1).min() > 6


@pytest.mark.parametrize("who", SEEN_BY)
def test_the_signs_are_told_apart_and_zero_is_the_lightest(who: str) -> None:
    seen, middle = lab(palette("signed")[:N_COLORS], who), N_COLORS // 2
    assert seen[:, 0].argmax() == middle
    for step in range(16, middle + 1):
        assert np.linalg.norm(seen[middle + step] - seen[middle - step]) > APART, step
    assert (np.diff(seen[: middle + 1, 0]) > -0.2).all()
    assert (np.diff(seen[middle:, 0]) < 0.2).all()


def test_the_simulation_takes_away_what_it_should() -> None:
    red, green, blue, yellow = (200, 60, 60), (110, 120, 40), (60, 60, 200), (200, 200, 60)
    apart = {who: np.linalg.norm(lab(red, who) - lab(green, who)) for who in SEEN_BY}
    assert apart["deuteranopes"] < apart["most"] / 2
    assert apart["protanopes"] < apart["most"] / 2
    for who in SEEN_BY:
        assert lab((255, 255, 255), who) == pytest.approx([100, 0, 0], abs=0.5)
    assert np.linalg.norm(lab(blue, "deuteranopes") - lab(yellow, "deuteranopes")) > 80


MOVES = re.compile(r"(?<![-\w])(?:animation|transition)(?:-name)?\s*:(?!\s*none)")
STILL = re.compile(r"@media \(prefers-reduced-motion: reduce\) \{((?:[^{}]|\{[^{}]*\})*)\}")


def moving(text: str) -> list[str]:
    """The selectors of a style sheet to which it gives a motion."""
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    return [one.strip() for selectors, body in rules if MOVES.search(body) for one in selectors.split(",")]


@pytest.mark.parametrize("path", sorted(FRONTEND.rglob("*.css")), ids=lambda path: path.stem)
def test_whatever_moves_stands_still_for_who_wants_no_motion(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    still = " ".join(STILL.findall(text))
    for selector in moving(STILL.sub("", text)):
        assert selector.split(" ", 1)[-1] in still or selector in still, selector


def test_motions_are_found() -> None:
    sheets = [path.read_text(encoding="utf-8") for path in FRONTEND.rglob("*.css")]
    assert sum(len(moving(text)) for text in sheets) >= 3
    assert moving(".a .b { color: red; transition: color 1s; } .c { animation: none; }") == [".a .b"]


def test_nothing_scrolls_smoothly_or_plays_by_itself() -> None:
    for path in FRONTEND.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""behavior: ["']smooth|\.animate\(""", text), path.name
    frame = (Path(explorer.__file__).parent / "ui" / "frame" / "frame.css").read_text(encoding="utf-8")
    # not a millisecond: then all that a script sets would move, and what it measures next be of before
    assert "transition-duration: 0s !important" in " ".join(STILL.findall(frame))  # Streamlit's own
