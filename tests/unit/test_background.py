"""A thing laid on another background: cut out where it is known to be, mixed as a loop does, and sentences for boxes
that are none."""

from __future__ import annotations

import numpy as np
import pytest

import explorer
from explorer.applications.localisation import around
from explorer.challenges import CHANGES, card, changed, sweep
from explorer.challenges.background import blurred, bricks, laid, middle, noise, opacity, scene
from explorer.challenges.figures import strip_sheet
from explorer.challenges.snippets import changed_map, layers_that_do_not_care, whole_card
from explorer.challenges.snippets import swept as swept_code
from explorer.errors import BadBox, ExplorerError, Unsuited
from explorer.pictures.cutting import LIKELY, NOT, SURELY, cut
from explorer.pictures.image import ImageInput, read_image
from explorer.pictures.samples import load_sample
from explorer.snippets import Setting, sample_picture
from explorer.trace import Trace

BEHIND = [name for name, change in CHANGES.items() if change.behind is not None]
DISC = (60, 50, 130, 150)  # holds all of it


def disc(height: int = 180, width: int = 240) -> tuple[ImageInput, np.ndarray]:
    """A red disc on rough green, and where it is."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    inside = (y - 95) ** 2 + (x - 100) ** 2 < 30**2
    pixels = np.where(inside[..., None], (200, 30, 30), (30, 120, 60)) + rng.integers(-20, 20, (height, width, 3))
    return read_image(np.clip(pixels, 0, 255).astype(np.uint8)), inside


def test_there_are_four_backgrounds() -> None:
    assert BEHIND == ["bricks", "noise_behind", "scene", "out_of_focus"]


def test_grabcut_finds_what_differs_and_keeps_what_is_sure() -> None:
    image, inside = disc()
    given = np.full(inside.shape, NOT, np.uint8)
    given[DISC[0] : DISC[2], DISC[1] : DISC[3]] = LIKELY
    given[0, 0] = SURELY
    found = cut(image.pixels, given)
    assert found[0, 0]
    assert not found[given == NOT].any()
    assert (found[DISC[0] : DISC[2], DISC[1] : DISC[3]] == inside[DISC[0] : DISC[2], DISC[1] : DISC[3]]).mean() > 0.98


@pytest.mark.parametrize("size", [(180, 240), (900, 1200)])
def test_the_thing_is_cut_out_of_its_box_alone_at_any_size(size: tuple[int, int]) -> None:
    image, inside = disc()
    times = size[0] // 180
    pixels = image.pixels.repeat(times, axis=0).repeat(times, axis=1)
    found = opacity(pixels, [times * edge for edge in DISC])
    expected = inside.repeat(times, axis=0).repeat(times, axis=1)
    assert found.shape == size
    assert (found >= 0).all()
    assert (found <= 1).all()
    assert ((found > 0.5) == expected).mean() > 0.99


@pytest.mark.parametrize("name", BEHIND)
def test_the_background_alone_is_mixed_pixel_by_pixel(name: str) -> None:
    image, inside = disc()
    drawn = CHANGES[name].behind
    assert drawn is not None
    share, found = 0.4, opacity(image.pixels, DISC)
    new = drawn(image.pixels, found)
    assert new.shape == image.pixels.shape
    assert new.dtype == np.uint8
    result = changed(image, name, 100 * share, DISC).pixels
    for y, x in ((0, 0), (95, 100), (66, 100), (179, 239), (120, 118)):
        for c in range(3):
            old, weight = float(image.pixels[y, x, c]), share * (1 - float(found[y, x]))
            assert result[y, x, c] == pytest.approx((1 - weight) * old + weight * float(new[y, x, c]), abs=0.51)
    all_of_it = changed(image, name, 100.0, DISC).pixels
    assert np.array_equal(all_of_it[found == 1], image.pixels[found == 1])
    assert np.array_equal(all_of_it[found == 0], new[found == 0])
    assert inside[found == 1].mean() > 0.99


@pytest.mark.parametrize("name", BEHIND)
def test_at_strength_0_nothing_changes_bit_for_bit(name: str) -> None:
    image, _ = disc()
    assert changed(image, name, 0.0, DISC) is image
    assert changed(image, name, 0.0, (0, 0, 0, 0)) is image
    drawn = CHANGES[name].behind
    assert drawn is not None
    assert np.array_equal(laid(image.pixels, 0.0, drawn, DISC), image.pixels)


def test_the_backgrounds_are_what_they_are_called() -> None:
    image, inside = disc()
    clear = np.zeros(inside.shape, np.float32)
    wall = bricks(image.pixels, clear)
    assert len(np.unique(wall.reshape(-1, 3), axis=0)) > 12  # mortar, and bricks of many shades
    assert np.abs(np.diff(wall.astype(int), axis=0)).max() > 50
    drawn = noise(image.pixels, clear)
    assert abs(float(drawn.mean()) - 127.5) < 1
    assert np.array_equal(drawn, noise(image.pixels, clear))
    rocket, coffee = load_sample("rocket"), load_sample("coffee")
    assert np.array_equal(scene(coffee.pixels[:, :], np.zeros(1, np.float32)).shape, coffee.pixels.shape)
    of_itself = scene(rocket.pixels, np.zeros(rocket.pixels.shape[:2], np.float32))
    assert np.abs(of_itself.astype(int) - rocket.pixels).mean() > 30, "the rocket is not laid on itself"


def test_of_the_thing_nothing_is_blurred_into_its_background() -> None:
    image, inside = disc()
    soft = blurred(image.pixels, inside.astype(np.float32))
    assert np.abs(soft.reshape(-1, 3).mean(axis=0) - image.pixels[~inside].mean(axis=0)).max() < 3
    assert soft[..., 0].max() < 80, "no red"
    assert soft.astype(float).std() < image.pixels[~inside].astype(float).std()


@pytest.mark.parametrize(
    ("box", "error", "sentence"),
    [
        ((60, 50, 60, 150), BadBox, r"The box \(60, 50, 60, 150\) holds no pixel\. Drag one around the thing\."),
        ((0, 0, 0, 0), BadBox, "holds no pixel"),
        ((0, 0, 180, 240), BadBox, "The box holds all of the picture, so nothing is left .* Drag a smaller one"),
        (
            (0, 0, 181, 240),
            BadBox,
            r"is no box in a picture of 180 × 240 pixels\. Give its top, left, .* such as \(22, 30",
        ),
        ((130, 50, 60, 150), BadBox, "is no box"),
        ((-1, 0, 60, 60), BadBox, "is no box"),
        ((60.5, 50, 130, 150), BadBox, "is no box"),
        ((60, 50, 130), BadBox, "is no box"),
        ((0, 0, 1, 1), BadBox, r"Too few pixels lie inside the box .* Drag a larger one"),
        ((0, 0, 180, 239), None, ""),
    ],
)
def test_a_box_that_is_none_gets_a_sentence(
    box: tuple[int, ...], error: type[ExplorerError] | None, sentence: str
) -> None:
    image, _ = disc()
    for name in BEHIND[:1]:
        if error is None:
            assert changed(image, name, 50.0, box).pixels.shape == image.pixels.shape
            continue
        with pytest.raises(error, match=sentence):
            changed(image, name, 50.0, box)


def test_a_picture_in_which_nothing_can_be_told_apart_gets_a_sentence() -> None:
    flat = read_image(np.full((60, 80, 3), 90, np.uint8))
    with pytest.raises(Unsuited, match=r"All of the picture has one colour.*Choose another picture"):
        changed(flat, "bricks", 50.0)
    with pytest.raises(BadBox, match="The box holds all of the picture"):
        changed(read_image(np.zeros((1, 1, 3), np.uint8)), "bricks", 50.0)


def test_the_middle_is_taken_where_nobody_gave_a_box() -> None:
    image, _ = disc()
    assert middle(180, 240) == (22, 30, 158, 210)
    assert changed(image, "bricks", 80.0).digest == changed(image, "bricks", 80.0, middle(180, 240)).digest


def test_a_sweep_and_a_strip_keep_to_the_box(pocket_trace: Trace) -> None:
    height, width, _ = pocket_trace.image.pixels.shape
    box = height // 4, width // 4, height - 20, width - 30
    found = sweep(pocket_trace, "noise_behind", [0.0, 60.0], box=box)
    assert found.box == box
    alone = explorer.run(pocket_trace.network, changed(pocket_trace.image, "noise_behind", 60.0, box), found.target)
    assert np.allclose(found.logits[1], alone.logits, atol=1e-4 * np.abs(alone.logits).max())
    elsewhere = sweep(pocket_trace, "noise_behind", [0.0, 60.0])
    assert not np.array_equal(elsewhere.logits[1], found.logits[1])
    assert strip_sheet(pocket_trace, found, [1]) != strip_sheet(pocket_trace, elsewhere, [1])


def test_a_card_leaves_out_what_cannot_be_cut_out(pocket_trace: Trace) -> None:
    flat = explorer.run(pocket_trace.network, read_image(np.full((60, 80, 3), 90, np.uint8)), "top")
    assert [row.change for row in card(flat, ("mirror", "bricks"))] == ["mirror"]
    assert [row.change for row in card(pocket_trace, ("mirror", "bricks"))] == ["mirror", "bricks"]


@pytest.mark.parametrize("sample", ["chelsea", "coffee", "galaxies"])
def test_the_box_around_the_evidence_lies_in_the_picture_and_leaves_an_edge(
    sample: str, pocket: explorer.Network
) -> None:
    trace = explorer.run(pocket, load_sample(sample), "top")
    found = around(trace)
    assert found is not None
    top, left, bottom, right = found
    height, width, _ = trace.image.pixels.shape
    assert 0.04 * height - 1 <= top < bottom <= 0.96 * height + 1
    assert 0.04 * width - 1 <= left < right <= 0.96 * width + 1


def test_without_maps_there_is_no_box_around_the_evidence() -> None:
    assert around(explorer.run(explorer.load_network("mlp"), load_sample("digit"), "top")) is None


def test_the_code_makes_what_the_page_shows(pocket_trace: Trace) -> None:
    setting, box = Setting("pocket_resnet", "pretrained", sample_picture("chelsea"), "top"), (20, 60, 280, 400)

    def made(code: str) -> np.ndarray:
        names: dict[str, object] = {}
        exec(code, names)
        return np.asarray(names["array"])

    found = sweep(pocket_trace, "bricks", [0.0, 100.0], box=box)
    assert found.maps is not None
    assert np.allclose(made(changed_map(setting, "bricks", 100.0, box)), found.maps[1], atol=1e-5)
    code = swept_code(setting, "bricks", [0.0, 100.0], "probabilities", box)
    assert np.allclose(made(code), found.probabilities, atol=1e-5)
    assert made(layers_that_do_not_care(setting, "bricks", 100.0, box)).shape[1] == 2
    assert f"card(trace, box={box!r})" in whole_card(setting, box)
