"""Painting on a feature map, as people do it: a real server, a real browser."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import explorer
from explorer.feature_maps.painting import Shift, Stroke, painted, repainted
from explorer.pictures.samples import load_sample
from explorer.trace import Trace, as_maps
from tests.e2e.visit import LONG, OpenPage, expect_text, go, numbers, open_from_menu

# whose values differ from what the tests paint there, and from zero: what is said changes with every step
WHERE = "switchboard?switchboard=Paint+on+a+map&network=pocket_resnet&layer=layer4&channel=6"
SIDE = 10  # cells of a map of layer4


@pytest.fixture(scope="module")
def trace() -> Trace:
    return explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")


@pytest.fixture
def canvas(server: str, page: Page) -> Locator:
    """A map as recorded."""
    go(page, f"{server}/{WHERE}")
    expect_text(page, "Nothing is painted yet")
    return page.locator(".easel canvas")


def drag(canvas: Locator, cells: list[tuple[int, int]]) -> None:
    """Press on the first cell, move over the others and let go."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    mouse = canvas.page.mouse
    for i, (y, x) in enumerate(cells):
        mouse.move(box["x"] + (x + 0.5) / SIDE * box["width"], box["y"] + (y + 0.5) / SIDE * box["height"], steps=4)
        if i == 0:
            mouse.down()
    mouse.up()


def test_what_is_painted_runs_on_and_outlives_a_visit_to_another_page(
    canvas: Locator, page: Page, trace: Trace
) -> None:
    recorded = as_maps(trace["layer4"])[6]
    drag(canvas, [(2, 1), (2, 6)])
    expect_text(page, "With 6 cells of channel 6 of layer4 changed")
    stroke = Stroke(float(recorded.max()), ((21, 6),))
    after = repainted(trace, "layer4", {6: [stroke]})
    np.testing.assert_allclose(numbers(page, "painted-map"), painted(recorded, [stroke]), rtol=1e-5)
    np.testing.assert_allclose(numbers(page, "painted"), [trace.probabilities, after.probabilities], atol=1e-4)

    page.locator(".easel .tools .shift").click()
    drag(canvas, [(1, 1), (2, 2)])  # chooses
    drag(canvas, [(1, 1), (4, 3)])  # moves
    steps = [stroke, Shift((1, 1, 3, 3), (3, 2))]
    expect_text(page, f"With {int((painted(recorded, steps) != recorded).sum())} cells of channel 6 of layer4 changed")
    np.testing.assert_allclose(numbers(page, "painted-map"), painted(recorded, steps), rtol=1e-5)

    open_from_menu(page, "Filters")
    open_from_menu(page, "Switchboard")
    page.get_by_role("tab", name="Paint on a map").click()
    np.testing.assert_allclose(numbers(page, "painted-map"), painted(recorded, steps), rtol=1e-5)

    page.locator(".easel .undo").click()
    expect_text(page, "With 6 cells of channel 6 of layer4 changed")
    page.locator(".easel .reset").click()
    expect_text(page, "Nothing is painted yet")
    assert np.array_equal(numbers(page, "painted-map"), recorded)
    page.locator(".easel .redo").click()
    expect_text(page, "With 6 cells of channel 6 of layer4 changed")


def test_the_keys_paint_erase_and_shift(canvas: Locator, page: Page, trace: Trace) -> None:
    recorded = as_maps(trace["layer4"])[6]
    tools = page.locator(".easel .tools")
    canvas.focus()
    for key in ("ArrowUp", "Enter", "ArrowRight", "Enter"):
        canvas.press(key)
    expect_text(page, "With 2 cells of channel 6 of layer4 changed")
    steps: list[Stroke | Shift] = [Stroke(float(recorded.max()), ((cell, 1),)) for cell in (45, 46)]
    np.testing.assert_allclose(numbers(page, "painted-map"), painted(recorded, steps), rtol=1e-5)

    tools.locator(".shift").click()
    for key in ("Shift+ArrowDown", "Enter", "ArrowLeft", "ArrowLeft", "ArrowUp", "Enter"):
        canvas.press(key)
    steps.append(Shift((4, 6, 6, 7), (-1, -2)))
    expected = painted(recorded, steps)
    expect_text(page, f"With {int((expected != recorded).sum())} cells of channel 6 of layer4 changed")
    np.testing.assert_allclose(numbers(page, "painted-map"), expected, rtol=1e-5)

    canvas.press("Control+z")
    expect_text(page, "With 2 cells of channel 6 of layer4 changed")
    tools.locator(".erase").click()
    canvas.press("Enter")  # where the shift was begun: one below the cell on the right
    cleared = painted(recorded, [*steps[:2], Stroke(0.0, ((56, 1),))])
    expect(page.locator(".easel .read")).to_have_text("y 5, x 6: 0", timeout=LONG)
    expect(page.locator(".easel .said")).to_have_text("Erased")
    expect_text(page, f"{int((cleared != recorded).sum())} of 100 cells are other ones")
    np.testing.assert_allclose(numbers(page, "painted-map"), cleared, rtol=1e-5)


def test_map_tools_probabilities_and_evidence_are_on_one_screen(server: str, open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 1280, "height": 720})
    for where in (WHERE, "switchboard?switchboard=Paint+on+a+map&network=vgg16&weights=Untrained&layer=features.1"):
        go(page, f"{server}/{where}")
        for figure in ("paint-map", "painted-chart", "painted-evidence"):
            box = page.locator(f".st-key-{figure}").first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 720, (where, figure, box)
