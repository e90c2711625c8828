"""The pictures in docs/, from the running app: `python -m tests.e2e.documentation_pictures`."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

import explorer
from tests.e2e import chromium
from tests.e2e.chromium import wait_idle
from tests.e2e.conftest import serve
from tests.e2e.visit import go

PLACE = Path(explorer.__file__).parents[1] / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 720
MOST_BYTES = 100_000  # of a picture: whoever reads the documents in a browser has all of them at once
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
NO_HINTS = "localStorage.setItem('cnn-explorer-hints', 'shown')"  # who reads a document is not here for the first time


@dataclass(frozen=True)
class Shot:
    """The file's name, the address below the app's, and what is done there before it is taken."""

    name: str
    address: str
    then: Callable[[Page], object] = lambda page: None


def take_along(page: Page) -> None:
    page.get_by_role("button", name="Take it with you").click()
    page.get_by_text("Layers with all their maps").wait_for()


def present(page: Page) -> None:
    page.get_by_role("button", name="Present").click()
    page.get_by_role("button", name="End").wait_for(state="attached")


def search(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("pool")


SHOTS = (
    Shot("lesson", "lessons?lesson=02_kernel&lesson_step=1"),
    Shot("room", "feature_maps?network=pocket_resnet&sample=chelsea&layer=layer1&channel=9", present),
    Shot("along", "saliency?network=pocket_resnet&sample=chelsea", take_along),
    Shot("search", "pooling?network=lenet5&sample=digit", search),
    Shot("evidence", "saliency?network=pocket_resnet&sample=chelsea&words=exact"),
    Shot("sum", "convolution?network=lenet5&sample=digit&words=exact"),
)


def main() -> int:
    """Open each page of SHOTS in the light theme, do what is to be done, and keep what is seen."""
    PLACE.mkdir(exist_ok=True)
    with serve() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=ARGUMENTS)
        for shot in SHOTS:
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
            page.add_init_script(NO_HINTS)
            go(page, f"{url}/{shot.address}")
            page.locator("[data-testid=at-hand]").wait_for(state="attached")  # the keys are listened to
            shot.then(page)
            wait_idle(page)
            page.wait_for_timeout(1000)  # until what moves has come to rest
            kept = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            page.close()
            path = PLACE / f"{shot.name}.webp"
            kept.save(path, quality=80, method=6)
            print(f"{path}: {kept.width} x {kept.height} pixels, {path.stat().st_size:,} bytes")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
