"""Files of one's own over a reload, in the browser that they came from and in no other."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.test_own_network import bring, own_weights
from tests.e2e.test_own_pictures import drawing, expect_answer, upload
from tests.e2e.visit import LONG, OpenPage, answer, expect_text, expect_title, go, open_from_menu

RED, BLUE = drawing((200, 30, 30)), drawing((30, 30, 200))
GONE = "An uploaded picture is not part of the link"
# every title and every message of the page, in the order in which they were seen
WATCH = """(() => {
    window.seen = []
    const look = () => {
        const parts = document.querySelectorAll('[data-testid=stMain] h1, [data-testid=stMain] [data-testid=stAlert]')
        for (const part of parts) if (!window.seen.includes(part.innerText)) window.seen.push(part.innerText)
    }
    new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true })
})()"""


def switch(page: Page, what: str, is_on: bool) -> None:
    """Turn it over, and wait until the browser holds something for it, or nothing any more."""
    control = page.get_by_role("switch", name=f"Remember my {what} in this browser")
    if control.count() == 0:  # its card is closed
        page.locator(f".st-key-{'picture' if what == 'pictures' else what}-card summary").click()
    expect(control).to_be_checked(checked=not is_on)
    page.locator(f".st-key-remember-{what} label").first.click()
    expect(control).to_be_checked(checked=is_on)
    page.wait_for_function(f"(localStorage.getItem('cnn-explorer.{what}') !== null) === {str(is_on).lower()}")
    wait_idle(page)


def held(page: Page, what: str) -> str | None:
    found: str | None = page.evaluate(f"localStorage.getItem('cnn-explorer.{what}')")
    return found


def test_pictures_are_there_again_after_a_reload_and_in_no_other_browser(server: str, open_page: OpenPage) -> None:
    page, other = open_page(), open_page()
    go(page, server)
    upload(page, (RED, "red.png"), (BLUE, "blue.png"))
    expect_answer(page, BLUE)
    assert held(page, "pictures") is None
    switch(page, "pictures", is_on=True)
    token = held(page, "pictures")
    assert token is not None
    assert token not in page.url
    assert token.split(".")[0] not in page.content()

    strip = page.locator("[data-testid=stMain] .st-key-my-strip")
    box = strip.bounding_box()
    assert box is not None
    assert 30 < box["height"] <= 64
    strip.get_by_role("gridcell", name="blue.png").focus()
    page.keyboard.press("ArrowLeft")
    expect_answer(page, RED)
    expect(strip.get_by_role("gridcell", name="red.png")).to_be_focused()
    open_from_menu(page, "Filters")
    expect(strip.get_by_role("gridcell", name="red.png")).to_have_attribute("aria-selected", "true")
    open_from_menu(page, "Overview")

    page.add_init_script(WATCH)
    page.reload()
    expect_answer(page, RED)  # which was chosen, and not the first or the last
    seen = page.evaluate("window.seen")
    titles = [text for text in seen if "sees:" in text]
    assert len(titles) == 1, f"an answer for another picture was seen: {seen}"
    assert not any(GONE in text for text in seen), seen
    expect(strip.get_by_role("gridcell")).to_have_count(2)

    go(other, page.url)
    expect_text(other, GONE)
    expect(other.locator("[data-testid=stMain] [data-testid=stAlert]", has_text=GONE)).to_be_visible()
    expect(other.locator("h1")).to_contain_text("sees:")  # of a sample
    assert answer(RED) not in other.locator("h1").inner_text()
    assert held(other, "pictures") is None

    switch(page, "pictures", is_on=False)
    assert held(page, "pictures") is None
    page.evaluate("(token) => localStorage.setItem('cnn-explorer.pictures', token)", token)
    page.reload()  # even who has kept the token finds nothing
    expect_text(page, "the server has forgotten it")
    expect(page.locator("h1")).to_contain_text("sees:", timeout=LONG)


def test_a_token_of_nobody_opens_nothing(server: str, page: Page) -> None:
    go(page, server)
    for made_up in ("A" * 43 + ".0", "", "x" * 10_000):
        page.evaluate(
            "(text) => { localStorage.setItem('cnn-explorer.pictures', text); sessionStorage.clear() }", made_up
        )
        go(page, f"{server}/?picture=Upload")
        expect(page.locator(".st-key-my-strip")).to_have_count(0)
        expect(page.get_by_role("button", name=re.compile("^Remove "))).to_have_count(0)


def test_a_checkpoint_is_there_again_after_a_reload(server: str, page: Page) -> None:
    go(page, f"{server}/?weights=Own")
    bring(page, own_weights(), "mine.pth")
    expect_title(page, "^SqueezeNet 1.1 has no words for its classes")
    title = page.locator("h1").inner_text()
    switch(page, "network", is_on=True)
    assert held(page, "network") is not None
    assert held(page, "pictures") is None
    page.reload()
    expect_title(page, f"^{re.escape(title)}$")
    page.get_by_role("button", name="Remove mine.pth").click()
    expect_text(page, "Choose a file in the sidebar")
    assert held(page, "network") is None
