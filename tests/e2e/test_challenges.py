"""The page on challenges in a browser: a slider moves everything, and so does a point of the curve."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.visit import expect_text, go


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
