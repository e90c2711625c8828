"""What a person waits for, measured in a real browser."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from playwright.sync_api import sync_playwright

from tests.e2e import chromium
from tests.e2e.conftest import serve


@dataclass(frozen=True)
class Change:
    """On a page, something to press and the picture, or the text, that has to become another one, both as (key of the
    element on the page, selector in it); `n` are the places to press in turn, or 0 where it moves with the arrow keys.
    """

    page: str
    pressed: tuple[str, str]
    seen: tuple[str, str]
    n: int


CHANGES = (
    Change("feature_maps", ("mosaic", ".cells button"), ("channel-probe", ".heat"), 32),
    Change("filters", ("filter-sheet", ".cells button"), ("filter-response", ".heat"), 32),
    Change("convolution", ("channel", "[data-testid=stNumberInputStepUp]"), ("sum", ".ledger"), 1),
    Change("pooling", ("channel", "[data-testid=stNumberInputStepUp]"), ("pooling-player", ".result"), 1),
    Change("classifier", ("ledger", "button.row"), ("ledger-probe", ".heat"), 8),
    Change("architecture", ("unit-place", "input[type=range]"), ("unit-seen", "img"), 0),
)

# From the press to the frame in which the picture is another one.
_CHANGE = """async ([[pressed, what], [seen, picture], i]) => {
    const inside = (key) => {
        const elements = [...document.querySelectorAll(`.st-key-${key} *`)]
        return elements.find((e) => e.shadowRoot)?.shadowRoot ?? document.querySelector(`.st-key-${key}`)
    }
    const find = () => inside(seen).querySelector(picture), state = (e) => e.src ?? e.textContent
    const before = state(find())
    let started = performance.now()
    if (i >= 0) inside(pressed).querySelectorAll(what)[i].click()
    else document.addEventListener("keydown", () => { started = performance.now() }, { capture: true, once: true })
    while (!find() || state(find()) === before) await new Promise((done) => setTimeout(done, 1))
    await find().decode?.()
    await new Promise(requestAnimationFrame)
    return performance.now() - started
}"""


def changes(change: Change, query: str, n: int) -> list[float]:
    """Milliseconds from a press to its picture, warm, n times."""
    with serve() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{url}/{change.page}?{query}")
        chromium.wait_idle(page)
        page.locator(f".st-key-{change.seen[0]} {change.seen[1]}").first.wait_for()
        times = []
        for i in range(n + 3):
            cell = (7 * i + 3) % change.n if change.n else -1
            if change.n:
                times.append(page.evaluate(_CHANGE, (change.pressed, change.seen, cell)))
            else:
                page.locator(f".st-key-{change.pressed[0]} {change.pressed[1]}").first.focus()
                waiting = page.evaluate_handle(
                    f"(given) => ({{ done: ({_CHANGE})(given) }})", (change.pressed, change.seen, cell)
                )
                page.keyboard.press("ArrowRight" if i < n // 2 else "ArrowLeft")
                times.append(waiting.evaluate("(waiting) => waiting.done"))
            chromium.wait_idle(page)
        browser.close()
    return times[3:]


def launch() -> tuple[float, float]:
    """Seconds from starting the server to a whole first page, and those that the next visitor waits."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
        seconds = []
        started = perf_counter()
        with serve() as url:
            for _ in range(2):
                page = browser.new_context().new_page()
                page.goto(url)
                page.locator(".ranking button").first.wait_for()
                page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
                seconds.append(perf_counter() - started)
                started = perf_counter()
        browser.close()
    return seconds[0], seconds[1]
