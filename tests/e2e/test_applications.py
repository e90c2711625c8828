"""What is taken away from the page on applications, and a number that a visitor brings."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

import explorer
from explorer.applications import segment
from explorer.pictures.samples import load_sample
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import expect_text, go, numbers


def test_the_mask_is_taken_away_as_large_as_the_picture(server: str, page: Page) -> None:
    go(page, f"{server}/applications?application=Segmentation&network=pocket_resnet&sample=coffee")
    image = load_sample("coffee")
    expected = segment(explorer.run(explorer.load_network("pocket_resnet"), image, "top")).in_picture
    assert np.array_equal(numbers(page, "mask"), expected)
    with page.expect_download() as download:
        page.get_by_role("button", name="Mask as PNG").click()
    mask = np.asarray(Image.open(io.BytesIO(download.value.path().read_bytes())))
    assert mask.shape == image.pixels.shape
    assert np.array_equal(mask[..., 0] == 255, expected)


def test_a_number_that_is_brought_is_read(server: str, page: Page, tmp_path: Path) -> None:
    pixels = np.full((200, 500), 235, np.uint8)
    cv2.putText(pixels, "1680", (60, 150), cv2.FONT_HERSHEY_SIMPLEX, 4, 30, 14, cv2.LINE_AA)
    Image.fromarray(pixels).save(tmp_path / "number.png")
    go(page, f"{server}/applications?application=Reading+a+number&network=lenet5&sample=digit")
    expect_text(page, "It reads 3.")
    page.set_input_files("[data-testid=stFileUploader] input[type=file]", str(tmp_path / "number.png"))
    expect_text(page, "It reads 1680.")
    wait_idle(page)
    found = numbers(page, "number")
    assert found.shape == (4, 10)
    assert found.argmax(axis=1).tolist() == [1, 6, 8, 0]
    expect(page.get_by_role("heading", name="1680")).to_be_visible()


def test_own_pictures_are_searched_in_and_what_cannot_be_read_is_said(server: str, page: Page, tmp_path: Path) -> None:
    names = []
    for name in ("coffee", "raccoon", "rocket"):
        Image.fromarray(load_sample(name).pixels).save(tmp_path / f"my {name}.png")
        names.append(str(tmp_path / f"my {name}.png"))
    (tmp_path / "broken.png").write_bytes(b"none")
    go(page, f"{server}/applications?application=Image+search&network=pocket_resnet&search-in=your+own+pictures")
    expect_text(page, "There is no other picture to search in.")
    uploader = page.locator("[data-testid=stFileUploader] input[type=file]")
    uploader.set_input_files(names[:2])
    expect_text(page, "There is one other picture to search in, so “my coffee.png” is the nearest")
    uploader.set_input_files([str(tmp_path / "broken.png"), names[2]])
    expect_text(page, "The nearest of 2 pictures by the means of 256 channels of layer4")
    said = page.get_by_role("tabpanel").get_by_text("'broken.png' is not a picture that can be read")
    expect(said).to_be_visible()
    assert numbers(page, "found-pictures").shape == (2,)
