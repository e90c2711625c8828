"""What every visitor does: opens a page, and takes away what a figure offers."""

from __future__ import annotations

import io

import numpy as np
from playwright.sync_api import Page

from tests.e2e.chromium import wait_idle


def go(page: Page, url: str) -> None:
    """Open an address, and wait until everything is drawn."""
    page.goto(url)
    wait_idle(page)


def taken_away(page: Page, name: str, what: str) -> bytes:
    """The file that is offered under the figure `name`."""
    wait_idle(page)
    page.locator(f".st-key-{name}-away button").first.click()
    with page.expect_download() as download:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name=what, exact=True).click()
    content = download.value.path().read_bytes()
    page.keyboard.press("Escape")
    wait_idle(page)
    return content


def numbers(page: Page, name: str) -> np.ndarray:
    """The array that is offered there."""
    array: np.ndarray = np.load(io.BytesIO(taken_away(page, name, "Numbers")))
    return array
