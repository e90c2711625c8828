"""What is at hand on every page: the search, the way back, the link and its code, the words, the page for a room."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import faults
from tests.e2e.chromium import wait_idle
from tests.e2e.test_own_pictures import drawing, upload
from tests.e2e.visit import LONG, OpenPage, expect_setting, go

FIELD = "input[role=combobox][aria-label=Search]"
MET = "CSS.highlights.get('cnn-explorer-term')?.size > 0"  # the words of the page, once it has come to rest


def ready(page: Page) -> None:
    """Wait until the keys are listened to."""
    page.locator("[data-testid=at-hand]").wait_for(state="attached", timeout=LONG)


def search(page: Page, text: str) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator(FIELD)).to_be_focused()
    page.keyboard.type(text)
    expect(page.get_by_role("dialog").get_by_role("option").first).to_contain_text(text)
    page.keyboard.press("Enter")
    expect(page.locator(FIELD)).to_have_count(0)


def test_what_is_searched_is_chosen_and_undone_step_by_step(server: str, page: Page) -> None:
    go(page, f"{server}/?network=pocket_resnet")
    ready(page)
    search(page, "dog")
    expect_setting(page, "class=dog")
    wait_idle(page)
    search(page, "layer2.0.conv1")
    expect(page.locator("h1")).to_have_text("Feature maps")  # the first page shows no layer
    wait_idle(page)
    expect_setting(page, "layer=layer2.0.conv1")
    page.locator(".st-key-channel-number .more").click()
    wait_idle(page)
    expect_setting(page, "channel=1")
    for gone in ("channel=1", "layer=layer2.0.conv1", "class=dog"):
        page.keyboard.press("Control+z")
        expect(page).not_to_have_url(re.compile(re.escape(gone)), timeout=LONG)
        wait_idle(page)
    expect(page.locator(".st-key-channel-number input")).to_have_value("0")
    page.locator(".tools .back").click()
    expect(page.locator(".tools .said")).to_have_text("Nothing to undo")
    search(page, "Saliency")
    expect(page.locator("h1")).to_have_text("Saliency")


def test_the_search_holds_the_focus_and_takes_no_letters_from_others(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet")
    ready(page)
    number = page.locator(".st-key-channel-number input")
    number.focus()
    page.keyboard.press("/")
    expect(page.locator(FIELD)).to_have_count(0)
    page.locator(".tools .search").click()
    expect(page.locator(FIELD)).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.dataset.testid ?? document.activeElement.tagName") in (
            "at-hand",
            "BODY",  # the browser's own bar
        )
    assert not faults(page)
    page.locator(FIELD).fill("receptive field")
    page.locator(FIELD).press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator(".tools .search").click()
    page.locator(FIELD).fill("receptive field")
    page.locator(FIELD).press("Enter")
    expect(page.get_by_role("button", name="Open Architecture")).to_be_focused()
    assert not faults(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_link_is_copied_and_a_camera_reads_it(server: str, open_page: OpenPage, scheme: str) -> None:
    page = open_page(viewport={"width": 1280, "height": 720}, color_scheme=scheme,
                     permissions=["clipboard-read", "clipboard-write"])  # fmt: skip
    go(page, f"{server}/saliency?network=pocket_resnet&class=dog&layer=layer3")
    ready(page)
    page.locator(".tools .link").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.get_by_role("img", name="QR code of the link").wait_for()
    assert not faults(page)
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == page.url
    page.get_by_role("button", name="Whole screen").click()
    page.wait_for_function("document.fullscreenElement !== null")
    page.wait_for_timeout(300)
    box = page.get_by_role("img", name="QR code of the link").bounding_box()
    assert box is not None
    assert box["height"] > 0.95 * 720


def test_the_link_of_an_upload_is_the_browser_s_own_and_elsewhere_it_is_said_which_is_missing(
    server: str, open_page: OpenPage
) -> None:
    page, other = open_page(), open_page()
    content = drawing((120, 30, 200))
    go(page, f"{server}/?network=pocket_resnet")
    upload(page, (content, "secret name.png"))
    expect(page).to_have_url(re.compile("own=[0-9a-f]{8}"), timeout=LONG)
    assert "secret" not in page.url
    mark = re.findall("own=([0-9a-f]{8})", page.url)[0]
    go(other, page.url)
    expect(other.get_by_text(f"whose digest begins with {mark}")).to_be_visible(timeout=LONG)


def test_words_are_explained_where_they_stand(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet")
    page.wait_for_function(MET)
    x, y = page.evaluate(
        """() => {
            const range = [...CSS.highlights.get("cnn-explorer-term")].find((one) => {
                const { top, bottom } = one.getBoundingClientRect()
                return top > 0 && bottom < innerHeight
            })
            const { left, top, width, height } = range.getBoundingClientRect()
            return [left + width / 2, top + height / 2]
        }"""
    )
    page.mouse.move(x, y)
    note = page.get_by_role("tooltip")
    expect(note).to_be_visible()
    name = note.locator("b").inner_text()
    page.mouse.click(x, y)
    expect(page.get_by_role("dialog", name=name)).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Filters", exact=True).click()  # what is marked belongs to the app, which goes on
    expect(page.locator("h1")).to_have_text("Filters")


def test_a_room_is_led_with_the_keys_and_escape_ends_it(server: str, open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 1280, "height": 720})
    go(page, f"{server}/feature_maps?network=pocket_resnet")
    ready(page)
    title = page.locator("h1")
    small = title.bounding_box()
    page.locator(".tools .room").click()
    expect(page.locator("[data-testid=stSidebar]")).to_be_hidden()
    large = title.bounding_box()
    assert small is not None
    assert large is not None
    assert large["height"] > 1.2 * small["height"]
    page.keyboard.press("ArrowDown")
    wait_idle(page)
    expect_setting(page, "layer=layer1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    wait_idle(page)
    expect_setting(page, "channel=2")
    page.keyboard.press("2")
    expect(page).to_have_url(re.compile("class="), timeout=LONG)
    wait_idle(page)
    page.keyboard.press("Escape")
    if page.evaluate("document.fullscreenElement !== null"):  # no key of a test reaches the browser itself
        page.evaluate("document.exitFullscreen()")
    expect(page.locator("[data-testid=stSidebar]")).to_be_visible()
    assert title.bounding_box() == small


def test_three_hints_are_shown_once(server: str, open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 1280, "height": 720})
    go(page, f"{server}/?network=pocket_resnet")
    strip = page.locator(".hints")
    expect(strip).to_contain_text("1 of 3")
    assert not faults(page)
    for n in (2, 3):
        strip.get_by_role("button", name="Next").click()
        expect(strip).to_contain_text(f"{n} of 3")
    strip.get_by_role("button", name="Done").click()
    expect(strip).to_have_count(0)
    go(page, f"{server}/filters?network=pocket_resnet")
    ready(page)
    page.wait_for_timeout(3000)
    expect(strip).to_have_count(0)
