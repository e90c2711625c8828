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


@dataclass(frozen=True)
class Launch:
    """Seconds until the first view is there, with all of its band; the live page's menu, its band, and all of it."""

    first: float
    menu: float
    band: float
    whole: float


MENU = ".st-key-menu [data-testid=stPageLink-NavLink]"

CHANGES = (
    Change("feature_maps", ("viewer", ".cells button"), ("viewer", ".heat"), 32),
    Change("classifier", ("ledger", ".columns button:not(:first-child, :last-child)"), ("ledger", ".heat"), 9),
    Change("filters", ("filter-sheet", ".cells button"), ("filter-response", ".heat"), 32),
    Change("filters", ("filter-sheet", ".cells button"), ("input-sheet", ".cells"), 32),
    Change("convolution", ("channel-number", ".more"), ("player", ".result"), 1),
    Change("pooling", ("channel-number", ".more"), ("pooling-player", ".result"), 1),
    Change("saliency", ("stages", "button"), ("evidence-0", ".heat"), 3),
    Change("saliency", ("saliency-classes", "button"), ("evidence-0", ".heat"), 5),
    Change("architecture", ("unit-seen", "input[type=range]"), ("unit-seen", ".all"), 0),
)

# From the press to the frame in which the picture is another one.
_CHANGE = """async ([[pressed, what], [seen, picture], i]) => {
    const inside = (key) => {
        const elements = [...document.querySelectorAll(`.st-key-${key} *`)]
        return elements.find((e) => e.shadowRoot)?.shadowRoot ?? document.querySelector(`.st-key-${key}`)
    }
    const find = () => inside(seen).querySelector(picture)
    const state = (e) => e.dataset.channel ?? e.dataset.shown ?? e.src ?? e.textContent
    const before = state(find())
    let started = performance.now()
    if (i >= 0) inside(pressed).querySelectorAll(what)[i].click()
    else document.addEventListener("keydown", () => { started = performance.now() }, { capture: true, once: true })
    while (!find() || state(find()) === before) await new Promise((done) => setTimeout(done, 1))
    await find().decode?.()
    await new Promise(requestAnimationFrame)
    return performance.now() - started
}"""


# From the press in the menu to the first frame after the script has ended.
_PAGE = """async (link) => {
    const app = document.querySelector("[data-testid=stApp]")
    const rests = () => app.dataset.testScriptState === "notRunning"
    const started = performance.now(), next = () => new Promise((done) => setTimeout(done, 2))
    link.click()
    while (rests() && performance.now() - started < 150) await next()
    while (!rests() || document.querySelector("[data-stale=true], [data-testid=stSkeleton]")) await next()
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


def page_changes(query: str, n: int) -> dict[str, list[float]]:
    """Milliseconds from a press in the menu until the page has come to rest, by page, warm, n times each."""
    times: dict[str, list[float]] = {}
    with serve() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{url}/?{query}")
        chromium.wait_idle(page)
        names = page.locator(MENU).all_inner_texts()
        for turn in range(n + 1):
            for name in [*names[1:], names[0]]:
                took = page.get_by_role("link", name=name, exact=True).evaluate(_PAGE)
                if turn:
                    times.setdefault(name, []).append(took)
                chromium.wait_idle(page)
        browser.close()
    return times


# All that the repository keeps of the first page is on the screen.
_FIRST = """() => {
    const images = document.querySelector("#first-view .band")?.shadowRoot?.querySelectorAll(".band img") ?? []
    return images.length > 0 && [...images].every(image => image.complete)
}"""


def launch() -> tuple[Launch, Launch]:
    """What the first visitor of a server waits for, from its start on, and what the next one waits for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
        found = []
        started = perf_counter()
        with serve() as url:
            for _ in range(2):
                page = browser.new_context().new_page()
                page.goto(url, wait_until="commit")
                page.wait_for_function(_FIRST, polling=10)
                first = perf_counter() - started
                page.locator(MENU).first.wait_for()
                menu = perf_counter() - started
                page.locator(".journey img").first.wait_for()
                band = perf_counter() - started
                page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
                found.append(Launch(first, menu, band, perf_counter() - started))
                started = perf_counter()
        browser.close()
    return found[0], found[1]
