"""What a person waits for, measured in a real browser."""

from __future__ import annotations

from time import perf_counter

from playwright.sync_api import sync_playwright

from tests.e2e import chromium
from tests.e2e.conftest import serve

# From a click on a cell of the mosaic to the frame in which the large picture is another one.
_CHANGE = """async (cell) => {
    const inside = (key) => [...document.querySelectorAll(`.st-key-${key} *`)].find((e) => e.shadowRoot).shadowRoot
    const heat = inside('channel-probe').querySelector('.heat'), before = heat.src
    const started = performance.now()
    inside('mosaic').querySelectorAll('.cells button')[cell].click()
    while (heat.src === before) await new Promise((done) => setTimeout(done, 1))
    await heat.decode()
    await new Promise(requestAnimationFrame)
    return performance.now() - started
}"""


def channel_changes(query: str, n: int) -> list[float]:
    """Milliseconds from a click on a channel to its picture, warm, n times."""
    with serve() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{url}/feature_maps?{query}")
        chromium.wait_idle(page)
        times = []
        for i in range(n + 3):
            times.append(page.evaluate(_CHANGE, (7 * i + 3) % 32))
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
