"""Pictures made while one looks."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Page, expect

import explorer
from explorer.synthesis import Objective, Settings, synthesise
from tests.e2e.visit import LONG, go, numbers


def begin(page: Page) -> None:
    page.locator(".st-key-synthesis-run button").click()
    expect(page.get_by_text(re.compile(r"of 192, about")).first).to_be_visible(timeout=LONG)
    expect(page.get_by_role("img", name="What there is of it so far")).to_be_visible(timeout=LONG)


def test_a_picture_grows_is_cancelled_and_made_again(server: str, page: Page) -> None:
    go(page, f"{server}/synthesis?network=pocket_resnet&layer=layer3&channel=42&wants_seed=7")
    begin(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".st-key-synthesis-run button")).to_be_enabled(timeout=LONG)
    expect(page.get_by_text("By the rule")).to_have_count(0)
    begin(page)
    expect(page.get_by_text("By the rule").first).to_be_visible(timeout=4 * LONG)
    network = explorer.load_network("pocket_resnet")
    made = synthesise(network, Objective.channel("layer3", 42), Settings(seed=7))
    found = numbers(page, "synthesis-picture")
    assert found.shape == made.values.shape
    assert np.corrcoef(found.ravel(), made.values.ravel())[0, 1] > 0.99
