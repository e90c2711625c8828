"""The page on challenges in a browser: a slider moves everything, and so does a point of the curve."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.visit import LONG, expect_text, go


def test_strengths_are_chosen_by_slider_curve_and_strip(server: str, page: Page) -> None:
    go(page, f"{server}/challenges?network=pocket_resnet")
    expect_text(page, "is still the likeliest class.")
    heat = page.locator(".st-key-challenge")
    expect(heat).to_be_visible()
    slider = page.get_by_role("slider", name=re.compile("Strength in °")).first
    slider.focus()
    slider.press("ArrowRight")
    wait_idle(page)
    expect_text(page, "Rotation: 1°, turned about its middle, counter-clockwise.")
    expect(page).to_have_url(re.compile("strength-rotation=1"))
    cells = page.locator(".st-key-challenge-strip").get_by_role("gridcell")
    cells.nth(0).click()
    wait_idle(page)
    expect_text(page, "Rotation: -180°, turned about its middle, counter-clockwise.")
    page.locator(".st-key-challenge-sweep-points").get_by_role("button", name="The next point").click()
    wait_idle(page)
    expect_text(page, "Rotation: -162°, turned about its middle, counter-clockwise.")


def test_an_attack_turns_the_answer(server: str, page: Page) -> None:
    go(page, f"{server}/challenges?network=pocket_resnet&challenge_view=Adversarial&epsilon=8")
    expect_text(page, "No value was changed by more than 8 levels of 255, in one step along the sign of the gradient.")
    expect_text(page, "how well a network does on ordinary pictures it does not tell.")
    expect(page.locator(".st-key-attack-strip img").first).to_be_visible()


def test_a_box_is_dragged_around_the_thing_that_is_laid_on_bricks(server: str, page: Page) -> None:
    go(page, f"{server}/challenges?network=pocket_resnet&change=Clutter:+bricks+behind&strength-bricks=100")
    expect_text(page, "Until you drag a box, the dashed one counts.")
    expect_text(page, "Bricks behind: 100 %, of the background replaced by a brick wall.")
    stage = page.locator(".boxed .stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"], steps=4)
    page.mouse.up()
    expect(page.get_by_text("Until you drag a box")).to_have_count(0, timeout=LONG)
    expect(page).to_have_url(re.compile(r"[?&]cut-[0-9a-f]{6}=\d+"), timeout=LONG)
    expect(page.locator(".boxed .said")).to_have_text(re.compile(r"y 7\d to 22\d, x 11\d to 33\d"))
