"""Every page for whoever does not see it, or not all of it, or has no mouse, or a small screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from explorer.ui.frame.pages import FIRST, GROUPS
from tests.e2e.axe import faults
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import OpenPage, expect_setting, go

PAGES = [file for titles in GROUPS.values() for file in titles]
DESK, PHONE, ZOOMED = (1280, 720), (320, 640), (640, 360)  # the last is a projector’s page at 200 %

# What has the focus: its name, where it is, whether anything of it is seen there, and, of an own element's parts,
# whether a ring or a stroke shows it. Streamlit's table draws its cells itself, and shows there where it is.
FOCUSED = """() => {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  if (!at || at === document.body) return null
  const box = at.getBoundingClientRect(), style = getComputedStyle(at)
  const hit = ([x, y]) => {
    let found = document.elementFromPoint(x, y)
    while (found?.shadowRoot?.elementFromPoint(x, y) && found.shadowRoot.elementFromPoint(x, y) !== found)
      found = found.shadowRoot.elementFromPoint(x, y)
    return found !== null && (at.contains(found) || found.contains(at) || found.closest("label")?.contains(at))
  }
  const x = box.left + box.width / 2
  const body = at.querySelector(":scope > .body"), holder = at.closest(".paper")
  const ringed = style.outlineStyle !== "none" || (body !== null && getComputedStyle(body).filter !== "none")
    || (holder !== null && getComputedStyle(holder).outlineStyle !== "none")
  return {
    name: at.getAttribute("aria-label") || at.innerText || at.tagName,
    own: at.getRootNode() instanceof ShadowRoot,
    table: at.closest("[data-testid=stFullScreenFrame]:has([data-testid=stDataFrame])") !== null,
    ringed, main: at.tagName === "MAIN",
    seen: hit([x, box.top + Math.min(4, box.height / 2)])
      && hit([x, Math.min(innerHeight - 2, box.top + box.height / 2)]),
  }
}"""


def address(server: str, file: str) -> str:
    return server if file == FIRST else f"{server}/{file}"


def sideways(page: Page) -> int:
    """How many pixels the page can be scrolled sideways."""
    found: int = page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth")
    return found


def focused(page: Page) -> dict[str, Any] | None:
    found: dict[str, Any] | None = page.evaluate(FOCUSED)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("file", PAGES)
def test_axe_finds_nothing_grave(server: str, page: Page, file: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    go(page, address(server, file))
    page.wait_for_timeout(1000)  # the first page draws its lines once its columns are there
    wait_idle(page)
    found = faults(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("view", ["filters?filters_view=Its+weights", "convolution"])
def test_what_is_scrolled_on_a_phone_is_scrolled_with_the_keys(server: str, page: Page, view: str) -> None:
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    go(page, f"{server}/{view}")
    found = faults(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("file", PAGES)
def test_what_has_the_focus_is_seen_and_nothing_scrolls_sideways_on_a_small_screen(
    server: str, page: Page, file: str
) -> None:
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    go(page, address(server, file))
    page.wait_for_timeout(1000)
    wait_idle(page)
    names = []
    for _ in range(120):
        page.keyboard.press("Tab")
        if (at := focused(page)) is None:
            break
        names.append(at["name"])
        assert at["seen"] or at["main"] or at["table"], at
        assert at["ringed"] or not at["own"], at
    assert len(names) > 20
    for width, height in (PHONE, ZOOMED):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        assert sideways(page) == 0, (width, height)


def test_figures_are_shown_on_the_whole_screen_and_work_there(server: str, page: Page) -> None:
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer1")
    cells = page.get_by_role("gridcell")
    before = cells.first.bounding_box()
    cells.first.focus()
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    wait_idle(page)  # it is laid out once the window has its new size
    first, last = cells.first.bounding_box(), cells.last.bounding_box()
    assert before
    assert first
    assert last
    assert first["width"] > 1.2 * before["width"]
    assert first["x"] >= 0
    assert first["y"] >= 0
    assert last["x"] + last["width"] <= DESK[0]
    assert last["y"] + last["height"] <= DESK[1]
    page.get_by_role("gridcell", name="Channel 9", exact=True).click()
    expect(page.get_by_role("gridcell", name="Channel 9", exact=True)).to_have_attribute("aria-selected", "true")
    wait_idle(page)
    expect_setting(page, "channel=9")
    page.keyboard.press("ArrowRight")
    wait_idle(page)
    expect_setting(page, "channel=10")
    page.keyboard.press("Escape")
    page.wait_for_function("document.fullscreenElement === null")
    assert cells.first.bounding_box() == before

    go(page, f"{server}/convolution?network=pocket_resnet&layer=layer1.0.conv1")
    output = page.locator(".output canvas")
    small = output.bounding_box()
    page.get_by_role("button", name="Full screen: ").first.click()
    page.wait_for_function("document.fullscreenElement !== null")
    page.wait_for_timeout(200)
    large = output.bounding_box()
    assert small
    assert large
    assert large["width"] > 1.15 * small["width"]
    assert output.evaluate("canvas => canvas.width") == round(large["width"])  # drawn anew, not blown up
    output.click(position={"x": 1, "y": 1})
    expect(page.locator(".player .said")).to_contain_text("Window at y 0, x 0.")
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement === null")


def test_what_is_chosen_and_how_long_bars_are_is_seen_in_forced_colours(server: str, open_page: OpenPage) -> None:
    page = open_page(forced_colors="active", reduced_motion="reduce")
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer1")
    look = "cell => { const s = getComputedStyle(cell); return [s.outlineStyle, s.borderTopColor] }"
    chosen = page.locator(".st-key-viewer [aria-selected=true]").evaluate(look)
    other = page.locator(".st-key-viewer [aria-selected=false]").first.evaluate(look)
    assert chosen[0] == "solid"
    assert other[0] == "none"
    assert chosen[1] != other[1]
    stripes = page.locator(".st-key-viewer .everything .legend .ramp").evaluate(
        "ramp => getComputedStyle(ramp).backgroundImage"
    )
    assert stripes.startswith("linear-gradient")
    go(page, server)
    bar, ground = page.locator(".answer .bar").first.evaluate(
        "bar => [bar, document.body].map(part => getComputedStyle(part).backgroundColor)"
    )
    assert bar != ground


def test_nothing_moves_for_who_wants_no_motion(server: str, page: Page) -> None:
    page.goto(server)
    page.locator(".column").first.wait_for()
    moving = page.locator(".journey").evaluate("band => band.getRootNode().getAnimations().length")
    assert moving == 0
