"""What is taken away from the page on applications, and a number that a visitor brings."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

import explorer
from explorer.applications import heard_evidence, segment, sound_picture
from explorer.pictures import load_sample, read_sound
from explorer.pictures.riff import as_wave
from explorer.pictures.sound import excerpt
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import expect_text, expect_title, go, numbers, open_from_menu
from tests.sounds import tone, wav


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


def test_a_sound_that_is_brought_is_heard_and_seen_on_other_pages(server: str, page: Page, tmp_path: Path) -> None:
    data = wav(np.concatenate([tone(600, 16_000, 2), tone(2500, 16_000, 2)]), 16_000)
    (tmp_path / "tones.wav").write_bytes(data)
    (tmp_path / "broken.wav").write_bytes(as_wave(tone(440), 8000)[:999])
    go(page, f"{server}/applications?application=A+sound&sound=clicks")
    expect_text(page, "Sound CNN takes it for “clicks”")
    page.wait_for_function("document.querySelector('audio').duration === 2.048")  # the browser can play it
    page.get_by_role("button", name="Bring your own").click()
    uploader = page.locator(".st-key-sound-file input[type=file]")
    uploader.set_input_files(str(tmp_path / "broken.wav"))
    expect_text(page, "'broken.wav' is cut off: 40,000 bytes of samples are announced, and 955 are there.")
    uploader.set_input_files(str(tmp_path / "tones.wav"))
    expect_text(page, "From second 0 to 2.048 of 4")
    page.keyboard.press("Escape")
    wait_idle(page)
    network, sound = explorer.load_network("sound_cnn"), read_sound(data, "tones.wav")
    image = sound_picture(excerpt(sound))
    expected = heard_evidence(explorer.run(network, image, "top"))
    assert expected is not None
    assert np.allclose(numbers(page, "heard"), expected, atol=1e-4)
    page.get_by_role("button", name="Feature maps", exact=True).click()
    expect_title(page, "Feature maps")
    expect(page.get_by_text("Network: Sound CNN, trained")).to_be_visible()
    open_from_menu(page, "Overview")
    best = explorer.run(network, image).top(1)[0]
    expect_title(page, f"^Sound CNN hears: {best.category}, ")
