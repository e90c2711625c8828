"""The first page before the live one: it is seen at once, nothing jumps, and a press waits for what it is meant for."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.test_own_pictures import drawing, expect_answer
from tests.e2e.visit import LONG, OpenPage

VIEW = "#first-view"
SCRIPT = re.compile(r"/static/js/index\..*\.js")  # Streamlit’s, which begins all of the live page
# Of both pages: where everything is that both show, to a pixel.
PLACES = """([view, live]) => {
    const of = (selector) => [...document.querySelectorAll(selector)].map(place)
    const place = (one) => Object.values(one.getBoundingClientRect().toJSON()).slice(0, 4).map(Math.round)
    const inside = (selector, inner) => {
        const found = [...document.querySelectorAll(`${selector}, ${selector} *`)].find(one => one.shadowRoot)
        return [...found.shadowRoot.querySelectorAll(inner)].map(place)
    }
    const isWide = innerWidth > 768
    const side = view ? [of("#first-view .card"), of("#first-view nav span"), of("#first-view .result img")]
        : [of("[data-testid=stSidebar] [data-testid=stExpander]"), of(".st-key-menu [data-testid=stPageLink-NavLink]"),
           of(".st-key-result img")]
    const band = view ? "#first-view .band" : ".st-key-journey"
    return {
        title: of(view ? "#first-view .title" : "[data-testid=stMain] h1"),
        sentence: of(view ? "#first-view .sentence" : "[data-testid=stMain] [data-testid=stMarkdown] p")[0],
        band: inside(band, ".journey, .node, .picture, .answer, .bars, .said"),
        side: isWide ? side : [],
    }
}"""


MOVING = "(band) => band.getAnimations({ subtree: true }).filter(motion => motion.playState === 'running').length"


class Held:
    """A page whose scripts do not come before they are let go."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._waiting: list[Route] = []
        page.route(SCRIPT, lambda route: self._waiting.append(route))
        page.goto(url, wait_until="commit")
        page.locator(f"{VIEW} .node").first.wait_for()
        page.wait_for_timeout(1200)  # until all columns have arrived

    def let_go(self) -> None:
        for route in self._waiting:
            route.continue_()
        expect(self.page.locator(VIEW)).to_have_count(0, timeout=LONG)


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1280, 720, "light"), (1920, 1080, "dark"), (390, 844, "dark")]
)
def test_nothing_jumps_when_the_live_page_comes(
    server: str, open_page: OpenPage, width: int, height: int, scheme: Any
) -> None:
    held = Held(open_page(viewport={"width": width, "height": height}, color_scheme=scheme), server)
    page = held.page
    before = page.evaluate(PLACES, [True, False])
    colors = "(name) => [getComputedStyle(document.querySelector(name)).backgroundColor]"
    ground = page.evaluate(colors, VIEW)
    held.let_go()
    band = page.locator(".st-key-journey .journey")
    assert band.evaluate(MOVING) == 0  # it has been seen already
    wait_idle(page)
    assert page.evaluate(colors, "[data-testid=stApp]") == ground
    after = page.evaluate(PLACES, [False, True])
    assert len(before["band"]) > 20
    for name, places in before.items():
        flat, live = [v for at in flatten(places) for v in at], [v for at in flatten(after[name]) for v in at]
        assert len(flat) == len(live), name
        assert max((abs(a - b) for a, b in zip(flat, live, strict=True)), default=0) <= 1, name


def flatten(places: Any) -> list[list[float]]:
    if places and isinstance(places[0], int | float):
        return [places]
    return [at for inner in places for at in flatten(inner)]


def test_a_press_waits_for_the_live_page(server: str, open_page: OpenPage) -> None:
    held = Held(open_page(), server)
    node = held.page.locator(f"{VIEW} .node").nth(1)
    name = str(node.get_attribute("aria-label"))
    box = node.bounding_box()
    assert box is not None
    held.page.mouse.click(box["x"] + 20, box["y"] + 20)
    held.let_go()
    expect(held.page).to_have_url(re.compile("/feature_maps"), timeout=LONG)
    wait_idle(held.page)
    channel = re.findall(r"Open channel (\d+) of", name)[0]
    assert f"channel={channel}" in held.page.url or channel == "0"


def test_a_page_of_the_menu_is_pressed_and_a_picture_dropped(server: str, open_page: OpenPage) -> None:
    held = Held(open_page(), server)
    box = held.page.locator(f"{VIEW} nav span", has_text="Pooling").bounding_box()
    assert box is not None
    held.page.mouse.click(box["x"] + 20, box["y"] + 10)
    held.let_go()
    expect(held.page).to_have_url(re.compile("/pooling"), timeout=LONG)

    held = Held(open_page(), server)
    content = drawing((200, 30, 30))
    held.page.evaluate(
        """(bytes) => {
            const dataTransfer = new DataTransfer()
            dataTransfer.items.add(new File([new Uint8Array(bytes)], "red.png", { type: "image/png" }))
            const place = document.querySelector("#first-view .band").getBoundingClientRect()
            const at = { clientX: place.x + 60, clientY: place.y + 160, bubbles: true, cancelable: true, dataTransfer }
            for (const kind of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(kind, at))
        }""",
        list(content),
    )
    held.let_go()
    expect_answer(held.page, content)


def test_it_is_not_shown_where_another_page_will_come(server: str, open_page: OpenPage) -> None:
    page = open_page()
    page.route(SCRIPT, lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{server}/?network=lenet5")
    expect(page.locator(VIEW)).to_have_count(0)
    page.goto(server)
    expect(page.locator(VIEW)).to_have_count(1)
    page.evaluate("localStorage.setItem('cnn-explorer.pictures', 'x')")
    page.reload()
    expect(page.locator(VIEW)).to_have_count(0)


def test_the_chosen_theme_is_kept(server: str, open_page: OpenPage) -> None:
    page = open_page(color_scheme="light")
    page.route(SCRIPT, lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(server)
    ground = "getComputedStyle(document.querySelector('#first-view')).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.evaluate("""localStorage.setItem('stActiveTheme-/-v2', '"Dark"')""")
    page.reload()
    assert page.evaluate(ground) == "rgb(22, 22, 22)"
