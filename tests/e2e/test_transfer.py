"""A head trained in a browser: on pictures that code draws, and on one's own."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path

import safetensors.torch
from PIL import Image
from playwright.sync_api import Page, expect

from explorer.transfer.drawn import drawn_set
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import expect_text, go
from tests.onnx_files import onnx_file, small_network

SIZES = itertools.count(20)
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


def test_the_last_block_is_trained_while_other_pages_are_seen_and_found_after_a_reload(server: str, page: Page) -> None:
    n = next(SIZES)  # another number of pictures each time: what was trained is kept
    where = f"{server}/transfer?network=pocket_resnet&transfer_each={n}&transfer_layers=the+last+block"
    go(page, f"{where}&transfer_epochs=3&transfer_view=Frozen+against+fine-tuned")
    page.locator(TRAIN).click()
    expect_text(page, "The last block and the head,")
    page.get_by_role("button", name="Train the last block on").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.reload()
    done = page.get_by_text("the last block with the head, after the head alone").first
    expect(done).to_be_visible(timeout=180_000)  # the process comes after all others
    wait_idle(page)
    expect(page.locator(".st-key-transfer-moved-chart .js-plotly-plot").first).to_be_visible()
    expect_text(page, "they were not trained")


def test_a_head_over_a_file_of_onnx_is_opened_with_it_on_all_pages(server: str, page: Page, tmp_path: Path) -> None:
    nodes, tensors = small_network()
    base = tmp_path / "net.onnx"
    base.write_bytes(onnx_file(nodes, tensors, ("N", 3, 16, 16), n_classes=4))
    go(page, f"{server}/transfer?weights=Own&transfer_each=8")
    page.set_input_files(".st-key-checkpoint input[type=file]", str(base))
    page.locator(TRAIN).click()
    expect_text(page, "held-out pictures right")
    wait_idle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Weights (.safetensors)").click()
    head = tmp_path / "head.safetensors"
    head.write_bytes(download.value.path().read_bytes())
    assert len(safetensors.torch.load(head.read_bytes())) == 2
    page.get_by_role("button", name="Look inside it on all pages").click()
    expect_text(page, "All pages show this network now.")
    wait_idle(page)
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.locator("h1")).to_have_text(re.compile(r"triangle|square|disc"))
    go(page, f"{server}/?weights=Own")
    page.set_input_files(".st-key-checkpoint input[type=file]", str(head))
    expect_text(page, "which was trained over 'net.onnx'")
    page.set_input_files(".st-key-names input[type=file]", str(base))
    expect(page.locator("h1")).to_have_text(re.compile(r"triangle|square|disc"))


def test_each_press_is_a_picture_from_the_camera(server: str, page: Page) -> None:
    page.context.grant_permissions(["camera"])
    go(page, f"{server}/transfer?network=pocket_resnet&transfer_set=your+own+pictures&transfer_from=the+camera")
    for i in range(2):
        page.get_by_role("radio", name=f"class {i + 1} (0)").click()
        for n in range(1, 4):
            expect(page.locator("[data-testid=stCameraInput] video")).to_have_js_property("paused", False)
            page.get_by_role("button", name="Take Photo").click()
            expect(page.get_by_role("radio", name=f"class {i + 1} ({n})")).to_be_visible()
            wait_idle(page)
    expect_text(page, "6 pictures from the camera")
    page.get_by_role("button", name="Remove the last of class 2").click()
    expect_text(page, "5 pictures from the camera")
