"""Drawing digits, as people do it: a real server, a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.visit import LONG, expect_setting, expect_text, expect_title, go, open_card, open_from_menu

Point = tuple[float, float]
SEVEN = [[(0.25, 0.2), (0.72, 0.2), (0.6, 0.45), (0.45, 0.85)]]
ZERO = [[(0.5, 0.15), (0.3, 0.25), (0.25, 0.5), (0.3, 0.75), (0.5, 0.85), (0.7, 0.75), (0.75, 0.5), (0.7, 0.25),
         (0.5, 0.15)]]  # fmt: skip


@pytest.fixture
def paper(server: str, page: Page) -> Locator:
    """Blank paper in front of LeNet-5."""
    go(page, f"{server}/?network=lenet5&picture=Draw")
    expect_text(page, "Draw a digit; until then you see a sample.")
    return page.locator(".pad canvas")


def draw(paper: Locator, strokes: list[list[Point]]) -> None:
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    assert box is not None
    mouse = paper.page.mouse
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke):
            mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5 if i else 1)
            if i == 0:
                mouse.down()
        mouse.up()
        # Between two runs that follow at once, the server forgets pictures that the browser is about to ask for.
        wait_idle(paper.page)


def ink(paper: Locator) -> float:
    """The share of the paper that is dark."""
    share = paper.evaluate(
        """(canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
            let dark = 0
            for (let i = 0; i < data.length; i += 4) dark += data[i] < 128
            return dark / (data.length / 4)
        }"""
    )
    assert isinstance(share, int | float)
    return float(share)


@pytest.mark.parametrize(("digit", "strokes"), [(7, SEVEN), (0, ZERO)])
def test_a_drawn_digit_is_read(paper: Locator, page: Page, digit: int, strokes: list[list[Point]]) -> None:
    assert ink(paper) == 0
    draw(paper, strokes)
    expect_title(page, rf"^LeNet-5 sees: {digit}, ")
    assert 0.02 < ink(paper) < 0.4
    expect_text(page, "How the picture became a digit of MNIST")
    assert page.get_by_text("until then you see a sample").count() == 0


def test_strokes_are_taken_back_one_by_one_and_all_at_once(paper: Locator, page: Page) -> None:
    undo, clear = page.locator(".pad .undo"), page.locator(".pad .clear")
    expect(undo).to_have_attribute("aria-disabled", "true")
    draw(paper, SEVEN)
    expect_title(page, "sees: 7, ")
    seven = ink(paper)
    draw(paper, [[(0.1, 0.9), (0.9, 0.9)], [(0.1, 0.5), (0.9, 0.5)]])
    assert ink(paper) > 1.5 * seven
    for _ in range(2):
        undo.click()
        wait_idle(page)
    expect_title(page, "sees: 7, ")
    assert ink(paper) == pytest.approx(seven)
    undo.click()
    expect_text(page, "Draw a digit; until then you see a sample.")
    assert ink(paper) == 0
    draw(paper, SEVEN)
    draw(paper, ZERO)
    clear.click()
    expect_text(page, "Draw a digit; until then you see a sample.")
    assert ink(paper) == 0
    expect(clear).to_have_attribute("aria-disabled", "true")
    draw(paper, ZERO)
    expect_title(page, "sees: 0, ")


def test_a_drawing_outlives_a_change_of_page_and_of_the_source(paper: Locator, page: Page) -> None:
    draw(paper, SEVEN)
    expect_title(page, "sees: 7, ")
    seven = ink(paper)
    open_from_menu(page, "Feature maps")
    expect_title(page, "Feature maps")
    assert ink(paper) == pytest.approx(seven)
    open_from_menu(page, "Weights")
    expect_title(page, "Weights")
    open_from_menu(page, "Overview")
    expect_title(page, "sees: 7, ")
    open_card(page, "picture")
    page.locator(".st-key-picture").get_by_text("Sample", exact=True).click()
    wait_idle(page)
    expect(page.locator(".pad")).to_have_count(0, timeout=LONG)
    wait_idle(page)
    open_card(page, "picture")
    page.locator(".st-key-picture").get_by_text("Draw", exact=True).click()
    expect_title(page, "sees: 7, ")
    assert ink(paper) == pytest.approx(seven)
    draw(paper, [[(0.3, 0.5), (0.8, 0.5)]])  # and it goes on from there
    assert ink(paper) > seven


def test_the_keys_draw_as_well(paper: Locator, page: Page) -> None:
    paper.focus()
    keys = page.keyboard
    for key, times in (("ArrowUp", 12), ("ArrowLeft", 10)):
        for _ in range(times):
            keys.press(key)
    assert ink(paper) == 0  # the pen is up
    keys.press("Space")
    expect(page.locator(".pad .said")).to_have_text("Pen down")
    for _ in range(18):
        keys.press("ArrowRight")
    for _ in range(12):  # down and a little to the left
        for key in ("ArrowDown", "ArrowLeft", "ArrowDown"):
            keys.press(key)
    keys.press("Space")
    expect(page.locator(".pad .said")).to_have_text("Pen up")
    expect_title(page, "sees: 7, ")
    assert ink(paper) > 0.05
    assert page.evaluate("document.activeElement !== document.body")  # the rerun has not taken the focus
    wait_idle(page)
    keys.press("Control+z")  # of the drawing, and not of what was chosen on the page
    expect_text(page, "Draw a digit; until then you see a sample.")
    assert ink(paper) == 0


def test_a_network_of_digits_offers_the_paper(server: str, page: Page) -> None:
    go(page, f"{server}/?network=lenet5")
    page.get_by_role("button", name="Draw a digit for it").click()
    expect(page.locator(".pad canvas")).to_be_visible(timeout=LONG)
    expect_setting(page, "picture=Draw")
    wait_idle(page)
    draw(page.locator(".pad canvas"), ZERO)
    expect_title(page, "^LeNet-5 sees: 0, ")
