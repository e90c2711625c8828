"""A real server, a real browser, and pages that notice what must not happen."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from tests.e2e import chromium, published
from tests.e2e.visit import LONG

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
START_TIMEOUT = 60  # seconds, on a slow machine with cold disks
# A picture or a sound that the next run replaces while it is still on its way: `wait_idle` waits for the one in its
# place. So are numbers that are fetched ahead, for a page that is left meanwhile; a view without its numbers is empty.
REPLACED_404 = re.compile(r"/media/[0-9a-f]+\.(png|jpe?g|webp|wav|gz)$")
# A page opened by its own address first looks for the server below that address, and is told that it is not there.
DEEP_LINK_404 = re.compile(r"/[^/]+/_stcore/(health|host-config)$")

expect.set_options(timeout=LONG)  # after 5 s, which is usual, a busy machine may still be at work

WINDOW: ViewportSize = {"width": 1280, "height": 1600}

Serve = Callable[..., AbstractContextManager[str]]
OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder. A test that fails is run once more, and named at the end if it passes then: on a
    machine that does other work as well, a browser may be late in a way that says nothing of the app. What does say
    something fails twice; what fails now and then is to be looked into all the same."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Skipped browser tests must not look like passed ones."""
    if any(chromium.MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())):
        terminalreporter.section("BROWSER TESTS WERE SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.line(chromium.MISSING)


@contextmanager
def serve(module: str = "explorer", environment: Mapping[str, str | None] | None = None) -> Iterator[str]:
    """The app in a process of its own, on a free port of this machine; its address while it runs.

    `module` takes the command line of `explorer`. `environment` is added to that of this process; None takes away.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", module, "app", "--host", "127.0.0.1", "--port", str(port)]
    merged = {**os.environ, **(environment or {})}
    # The shell ends its process group, server included, when the server ends or its own input does: at the latest when
    # this process is gone, however it went.
    guard = ["sh", "-c", '{ "$@"; kill 0; } & cat; kill 0', "sh", *command]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            guard,
            cwd=ROOT,
            env={name: value for name, value in merged.items() if value is not None},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            if not _healthy(url, process):
                log.seek(0)
                pytest.fail(f"The app did not start:\n{log.read()}", pytrace=False)
            yield url
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _healthy(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers; False when it ends first or takes too long."""
    end = time.monotonic() + START_TIMEOUT
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return True
        except OSError:
            time.sleep(0.1)
    return False


# Package scope: over before the tests that follow. Playwright's event loop, left open, would be in their way.


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the one app that most tests share. It has no weights but those that come with the program, and
    must not open a connection to another machine."""
    home = tmp_path_factory.mktemp("home")
    strays = home / "strays.txt"
    with serve("tests.e2e.published", published.environment(home, strays)) as url:
        yield url
    assert not strays.exists(), strays.read_text()


@pytest.fixture(scope="package")
def cold_server() -> Serve:
    """`with cold_server() as url:` a fresh app that nobody has visited; it takes what `serve` takes."""
    return serve


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(chromium.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield browser
        browser.close()


class Visit:
    """Visitors, and what must not happen to any of them: a request to another machine, or an error in the console."""

    def __init__(self, browser: Browser) -> None:
        self.faults: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def open_page(self, **options: Any) -> Page:
        """One more visitor, with cookies and storage of their own. `options` are those of `Browser.new_context`."""
        context = self._browser.new_context(**{"viewport": WINDOW, **options})
        self._contexts.append(context)
        context.on("request", lambda request: self._watch("request", request.url))
        context.on("weberror", lambda error: self.faults.append(f"uncaught: {error.error}"))
        context.on("console", self._listen)
        page = context.new_page()
        page.on("websocket", lambda socket: self._watch("websocket", socket.url))
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _watch(self, kind: str, url: str) -> None:
        if (host := urlsplit(url).hostname) not in (None, "127.0.0.1"):  # data: and blob: have no host
            self.faults.append(f"{kind} to {host}: {url[:200]}")

    def _listen(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        if message.type == "error" and not (DEEP_LINK_404.search(url) or REPLACED_404.search(url)):
            self.faults.append(f"console: {message.text} ({url})")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """`open_page(**options)`: one more visitor. After the test none of them may have seen what must not happen."""
    visit = Visit(browser)
    yield visit.open_page
    visit.close()
    assert not visit.faults, "\n".join(visit.faults)


@pytest.fixture(scope="package")
def tab(browser: Browser) -> Iterator[tuple[Visit, Page]]:
    """The one tab that most tests share: to load the app again in it takes half of what a new one takes, which reads
    and compiles everything anew. It belongs to somebody who wants no motion, which would be drawn without a GPU."""
    visit = Visit(browser)
    yield visit, visit.open_page(reduced_motion="reduce")
    visit.close()


@pytest.fixture
def page(tab: tuple[Visit, Page]) -> Iterator[Page]:
    """One visitor in front of a tall window, of whom the app knows nothing yet: what a test opens is a new session."""
    visit, page = tab
    visit.faults.clear()
    page.set_viewport_size(WINDOW)
    page.emulate_media(color_scheme="light")
    yield page
    page.evaluate("localStorage.clear(), sessionStorage.clear()")
    faults = "\n".join(visit.faults)
    page.goto("about:blank")  # what a page says whose server has ended is not the next test's
    assert not faults, faults
