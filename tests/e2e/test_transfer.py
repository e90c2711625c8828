"""A head trained in a browser: on pictures that code draws, and on one's own."""

from __future__ import annotations

import io
import re
from pathlib import Path

import safetensors.torch
from PIL import Image
from playwright.sync_api import Page, expect

from explorer.transfer.drawn import drawn_set
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import expect_text, go

TRAIN = ".st-key-transfer-train button"


def test_a_head_is_trained_looked_into_and_taken_away(server: str, page: Page) -> None:
    go(page, f"{server}/transfer?network=pocket_resnet&transfer_each=8")
    page.locator(TRAIN).click()
    expect_text(page, "held-out pictures right")
    wait_idle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Weights (.safetensors)").click()
    assert safetensors.torch.load(download.value.path().read_bytes())["fc.weight"].shape[0] == 3
    page.get_by_role("button", name="Look inside it on all pages").click()
    expect_text(page, "All pages show this network now.")
    wait_idle(page)
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.locator("h1")).to_have_text(re.compile(r"triangle|square|disc"))


def test_own_pictures_are_brought_class_by_class(server: str, page: Page, tmp_path: Path) -> None:
    go(page, f"{server}/transfer?network=pocket_resnet&transfer_set=your+own+pictures")
    expect_text(page, "Of the class 'class 1' 0 pictures can be used")
    for i, (name, part) in enumerate(drawn_set("textures", 4).items()):
        if i == 2:
            break
        paths = []
        for one in part:
            paths.append(tmp_path / f"{name}{one.number}.png")
            file = io.BytesIO()
            Image.fromarray(one.read().pixels).save(file, "PNG")
            paths[-1].write_bytes(file.getvalue())
        page.set_input_files(f".st-key-transfer-files-{i} input[type=file]", [*map(str, paths)])
        wait_idle(page)
    expect_text(page, "8 pictures of 2 classes; 2 of them are held out")
    page.locator(TRAIN).click()
    expect_text(page, "of 2 held-out pictures right")
    wait_idle(page)
