"""Coming nearer to a picture, and the way to Compare, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.visit import OpenPage, expect_setting, go

SEEN = """sheet => {
    const stage = sheet.parentElement.getBoundingClientRect(), all = sheet.getBoundingClientRect()
    return [all.width / stage.width, (stage.left - all.left) / all.width, (stage.top - all.top) / all.height]
}"""


def sheet(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} .sheet")


def seen(page: Page, key: str) -> list[float]:
    """How many times nearer, and the upper left corner (x, y) of what is seen, as shares of the picture."""
    found: list[float] = sheet(page, key).evaluate(SEEN)
    return found


def expect_seen(page: Page, key: str, expected: list[float]) -> None:
    for one, other in zip(seen(page, key), expected, strict=True):
        assert abs(one - other) < 0.01, (key, seen(page, key), expected)


def test_linked_panes_come_nearer_together_and_stay_there_when_the_layer_changes(server: str, page: Page) -> None:
    go(page, f"{server}/compare?network=pocket_resnet")
    keys = [f"pane-{pane}-{what}" for pane in (1, 2) for what in ("evidence", "map")]
    for key in keys:
        expect_seen(page, key, [1, 0, 0])
    stage = page.locator(".st-key-pane-1-evidence .stage")
    box = stage.bounding_box()
    assert box is not None
    page.mouse.wheel(0, 100)  # nobody has clicked it: the page is scrolled
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    expect_seen(page, keys[0], [1, 0, 0])
    at = {"x": box["width"] / 4, "y": box["height"] * 3 / 4}
    stage.click(position=at)
    page.mouse.wheel(0, -500)
    expect(sheet(page, keys[0])).to_have_attribute("style", re.compile("scale"))
    nearer = seen(page, keys[0])
    assert nearer[0] > 2
    for share, corner in zip((0.25, 0.75), nearer[1:], strict=True):  # what is under the pointer has stayed
        assert abs(corner + share / nearer[0] - share) < 0.01
    for key in keys:
        expect_seen(page, key, nearer)

    page.locator(".st-key-stages").get_by_role("button").nth(1).click()
    expect_setting(page, "layer=layer1")
    wait_idle(page)
    for key in keys:
        expect_seen(page, key, nearer)

    stage.press("-")
    less = seen(page, keys[2])
    assert less[0] < nearer[0]
    page.locator(".st-key-pane-2-map").get_by_role("button", name="Nearer").click()
    assert abs(seen(page, keys[0])[0] - nearer[0]) < 0.01
    before = seen(page, keys[0])
    stage.hover(position=at)
    page.mouse.down()
    page.mouse.move(box["x"] + at["x"] + 20, box["y"] + at["y"] - 10, steps=4)
    page.mouse.up()
    dragged = seen(page, keys[3])
    assert dragged[1] < before[1]
    assert dragged[2] > before[2]
    stage.dblclick(position=at)
    for key in keys:
        expect_seen(page, key, [1, 0, 0])


def test_two_fingers_hold_what_is_under_them(server: str, open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    go(page, f"{server}/compare?network=pocket_resnet")
    stage = page.locator(".st-key-pane-1-evidence .stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    x, y = box["x"] + 0.4 * box["width"], box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *apart: float) -> None:
        points = [{"x": x + sign * one, "y": y, "id": i} for one in apart for i, sign in enumerate((-1, 1))]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 20)
    for apart in (25, 30, 35, 40):
        fingers("touchMove", apart)
    fingers("touchEnd")
    expect(sheet(page, "pane-2-map")).to_have_attribute("style", re.compile(r"scale\(2\)"))
    expect_seen(page, "pane-1-evidence", [2, 0.2, 0.25])


def test_every_page_leads_to_compare_with_what_is_chosen_there(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet")
    page.locator(".st-key-stages").get_by_role("button").nth(2).click()
    expect_setting(page, "layer=layer2")
    wait_idle(page)
    page.locator(".st-key-class input").click()
    page.get_by_role("option", name="dog").click()
    expect_setting(page, "class=dog")
    wait_idle(page)
    page.get_by_role("link", name="Compare with …").first.click()
    expect(page.locator("h1")).to_have_text("Compare")
    wait_idle(page)
    for pane, weights in ((1, "pretrained"), (2, "untrained")):  # the table below names them too
        heading = page.locator("strong", has_text=f"{pane}. Pocket ResNet, {weights}: chelsea")
        expect(heading).to_be_visible()
    expect(page.locator(".st-key-pane-1-evidence .legend .unit")).to_contain_text("Grad-CAM for dog")
    expect(page.locator(".st-key-pane-2-map .legend .unit")).to_contain_text("layer2")
    expect_setting(page, "layer=layer2")
