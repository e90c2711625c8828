"""Panes beside each other in a browser: moved together, and found again by their link."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.visit import go


def unit(page: Page, pane: int) -> str:
    """What the legend under a pane's map says that its values are."""
    return page.locator(f".st-key-pane-{pane}-map .legend .unit").inner_text()


def test_linked_panes_move_together_and_a_link_brings_them_back(server: str, page: Page) -> None:
    go(page, f"{server}/compare?network=pocket_resnet&panes=3&network3=lenet5")
    assert unit(page, 1).startswith("activation of channel 0 of layer4.1.relu_1, no unit")
    assert unit(page, 2).startswith("activation of channel 0 of layer4.1.relu_1, no unit")
    assert unit(page, 3).startswith("activation of channel 0 of s4, no unit")
    page.locator(".st-key-stages").get_by_role("button").first.click()
    for pane, layer in ((1, "relu"), (2, "relu"), (3, "tanh1")):
        expect(page.locator(f".st-key-pane-{pane}-map .legend .unit")).to_contain_text(f"channel 0 of {layer},")
    page.get_by_role("button", name="Next channel").click()
    for pane, layer in ((1, "relu"), (2, "relu"), (3, "tanh1")):
        expect(page.locator(f".st-key-pane-{pane}-map .legend .unit")).to_contain_text(f"channel 1 of {layer},")
    wait_idle(page)
    shown = [unit(page, pane) for pane in (1, 2, 3)]
    go(page, page.url)
    assert [unit(page, pane) for pane in (1, 2, 3)] == shown


def test_a_pane_chooses_its_own_class(server: str, page: Page) -> None:
    go(page, f"{server}/compare?network=pocket_resnet&weights2=Trained")
    page.locator(".st-key-pane-2-classes").get_by_text("dog").click()
    expect(page.get_by_text("; in pane 1 it is for “cat”.")).to_be_visible()
    expect(page).to_have_url(re.compile("class2=dog"))
    expect(page.locator(".st-key-pane-1-evidence .legend .unit")).to_contain_text("Grad-CAM for cat")
