"""What every visitor does: opens a page, waits until it says something, and takes away what a figure offers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

import explorer
from explorer.loading.catalog import FIRST_NETWORK
from explorer.wording import percent
from tests.e2e.chromium import wait_idle

OpenPage = Callable[..., Page]
LONG = 30_000  # ms: what a busy machine may take to answer


def answer(content: bytes) -> str:
    """What the shipped network says of a picture, worked out without the app."""
    best = explorer.run(explorer.load_network(FIRST_NETWORK), explorer.read_image(content)).top(1)[0]
    return f"{best.category}, {percent(best.probability)}"


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


def expect_title(page: Page, pattern: str) -> None:
    expect(page.locator("h1")).to_have_text(re.compile(pattern), timeout=LONG)
    wait_idle(page)


def expect_text(page: Page, text: str) -> None:
    expect(page.get_by_text(text, exact=False).first).to_be_visible(timeout=LONG)


def expect_alert(page: Page, text: str) -> None:
    alert = page.locator("[data-testid=stMain] [data-testid=stAlert]", has_text=text)
    expect(alert).to_have_count(1, timeout=LONG)
    assert "Traceback" not in page.content()


def expect_setting(page: Page, setting: str) -> None:
    expect(page).to_have_url(re.compile(rf"[?&]{re.escape(setting)}(&|$)"), timeout=LONG)


def open_card(page: Page, name: str) -> None:
    """Open the sidebar's card of the picture or of the network, if it is closed."""
    card = page.locator(f"[class*=st-key-{name}-card] details").first
    if card.get_attribute("open") is None:
        card.locator("summary").click()
        expect(card).to_have_attribute("open", "")
    # what is pressed while it still unfolds is not where the button is let go
    card.evaluate("card => Promise.allSettled(card.getAnimations({ subtree: true }).map(one => one.finished))")


def open_from_menu(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    wait_idle(page)
