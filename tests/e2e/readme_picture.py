"""The picture in README.md, from the running app: `python -m tests.e2e.readme_picture`."""

from __future__ import annotations

import io
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

from explorer.places import assets
from tests.e2e import chromium
from tests.e2e.conftest import serve
from tests.e2e.visit import go

WIDTH, HEIGHT = 1280, 640
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def main() -> int:
    """Open the first page as it is with no click, wait until the lines are as thick as what flows, and keep it."""
    with serve() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=ARGUMENTS)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", device_scale_factor=1.5
        )
        go(page, url)
        page.locator(".st-key-journey path.up").first.wait_for(state="attached")
        page.wait_for_timeout(1500)  # until the last column has arrived
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    place = assets() / "overview.jpg"
    shot.save(place, quality=85, optimize=True)
    print(f"{place}: {shot.width} x {shot.height} pixels, {place.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
