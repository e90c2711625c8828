"""The browser of the tests: which one, how it is started, and when a page in it has come to rest.

`python -m tests.e2e.chromium` prints the browser that the tests will use, and gets one where there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

FLAGS = (
    "--no-sandbox",  # its sandbox does not start as root, as in most containers
    "--disable-gpu",
    # nothing of its own on the wire: what is left is what the app asked for
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera of Chromium's own making, whatever the machine has
)

MISSING = "Browser tests need Chromium. Install it, or name one: CHROMIUM=/path/to/chromium make test"


def find() -> str | None:
    """The browser to use: $CHROMIUM, else one on the PATH, else Playwright's own, else None."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    for name in (*NAMES, str(MAC)):
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if _starts(own) else None


def install() -> str | None:
    """Get one: Playwright's own, else Debian's package where this user may install it."""
    _try(sys.executable, "-m", "playwright", "install", "chromium")
    if (found := find()) is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        _try("apt-get", "update", "-qq")
        _try("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
        found = find()
    return found


def wait_idle(page: Page, timeout: float = 60) -> None:
    """Return when the app has drawn everything and stays so for a moment: a click takes a few ms to start a run."""
    page.evaluate("delete window.idleSince")
    page.wait_for_function(
        """() => {
            const app = document.querySelector('[data-testid=stApp]')
            const inside = root => [...root.querySelectorAll('img, audio'), ...[...root.querySelectorAll('*')]
                .filter(one => one.shadowRoot).flatMap(one => inside(one.shadowRoot))]
            const busy = app?.dataset.testScriptState !== 'notRunning' || document.getElementById('first-view')
                || document.querySelector('[data-stale=true], [data-testid=stSkeleton], [data-testid=stAppSkeleton]')
                || inside(document).some(one => one.src && one.loading !== 'lazy'
                    && !(one.localName === 'img' ? one.complete && one.naturalWidth : one.readyState))
            window.idleSince = busy ? undefined : window.idleSince ?? performance.now()
            return !busy && performance.now() - window.idleSince > 250
        }""",
        polling=50,
        timeout=timeout * 1000,
    )


def _starts(browser: str) -> bool:
    """A browser can be there and still lack system libraries."""
    if not Path(browser).exists():
        return False
    return subprocess.run([browser, "--version"], capture_output=True, check=False).returncode == 0


def _try(*command: str) -> None:
    """Run `command`, which may fail: its last words are shown then."""
    print("$", *command, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        print(*done.stdout.splitlines()[-5:], sep="\n")


def main() -> int:
    """Print the browser; where none can be had, say so loudly, and fail in CI."""
    browser = find()
    if browser is None and not os.environ.get("CHROMIUM"):  # who names one gets that or none
        browser = install()
    if browser:
        print(f"Browser tests use {browser}")
        return 0
    print("!" * 100, "BROWSER TESTS WILL BE SKIPPED.", MISSING, "!" * 100, sep="\n", file=sys.stderr)
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
