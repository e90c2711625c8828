"""What is taken away from the page on applications, and a number that a visitor brings."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

import explorer
from explorer.applications import heard_evidence, segment, sound_picture, watch
from explorer.applications.figures import evidence_scale
from explorer.applications.sentences import moment_phrase
from explorer.drawing.color import palette
from explorer.drawing.picture import enlarge
from explorer.pictures import read_sound
from explorer.pictures.frames import read_clip
from explorer.pictures.riff import as_wave
from explorer.pictures.samples import SAMPLES, load_sample
from explorer.pictures.sound import excerpt
from explorer.pictures.tour import tour
from tests.clips import animation
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import LONG, expect_setting, expect_text, expect_title, go, numbers, open_from_menu
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


def test_a_clip_is_played_and_stepped_through_and_its_chart_follows(server: str, page: Page) -> None:
    """All in the browser: nothing is asked of the server."""
    asked: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(frame)))
    go(page, f"{server}/applications?application=Video&network=pocket_resnet")
    watched = watch(explorer.load_network("pocket_resnet"), tour())
    now, stage = page.locator(".clip .now"), page.locator(".clip .stage")
    expect(now).to_have_text(moment_phrase(watched, 0), timeout=LONG)
    expect(page.locator(".points .chosen")).to_have_text(moment_phrase(watched, 0))
    mark = page.locator(".st-key-clip-answers-chart .chart-mark")
    begin = mark.bounding_box()
    assert asked  # to open the page
    asked.clear()
    stage.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(now).to_have_text(moment_phrase(watched, 3))
    expect(page.locator(".points .chosen")).to_have_text(moment_phrase(watched, 3))
    moved = mark.bounding_box()
    assert begin is not None
    assert moved is not None
    assert moved["x"] > begin["x"]
    page.get_by_role("button", name="The next point").click()
    expect(now).to_have_text(moment_phrase(watched, 4))
    stage.focus()
    page.keyboard.press("End")
    expect(now).to_have_text(moment_phrase(watched, 39))
    expect(page.locator(".points .on")).to_be_disabled()
    page.locator(".clip .speed").select_option("10")
    page.get_by_role("button", name="▶ Play").click()  # from its beginning, to its end
    expect(now).to_have_text(moment_phrase(watched, 39), timeout=LONG)
    expect(page.get_by_role("button", name="▶ Play")).to_be_visible(timeout=LONG)
    page.locator(".clip .scrub").fill("20")
    expect(now).to_have_text(moment_phrase(watched, 20))
    expect(page.locator(".points .chosen")).to_have_text(moment_phrase(watched, 20))
    assert not asked


def test_the_frame_and_its_evidence_are_drawn_as_they_are(server: str, page: Page) -> None:
    go(page, f"{server}/applications?application=Video&network=pocket_resnet")
    network = explorer.load_network("pocket_resnet")
    watched = watch(network, tour())
    page.locator(".clip .scrub").fill("30")
    expect(page.locator(".clip canvas.photo")).to_have_attribute("data-shown", "30", timeout=LONG)
    drawn = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(page.locator(f".clip canvas.{name}").evaluate(
            "canvas => canvas.toDataURL().split(',')[1]"
        )))).convert("RGB"), int)
        for name in ("photo", "heat")
    ]  # fmt: skip
    assert np.abs(drawn[0] - watched.pictures[30]).mean() < 6  # a JPEG
    assert watched.maps is not None
    side = network.preprocessing.size
    values = enlarge(np.maximum(watched.maps[30], 0), side, side, network.places(network.cam_layer))
    expected = palette("inferno")[evidence_scale(watched).indices(values)]
    assert np.abs(drawn[1] - expected).max() <= 8
    assert np.abs(drawn[1] - expected).mean() < 0.1


def test_ones_own_clip_is_looked_at_and_taken_away(server: str, page: Page, tmp_path: Path) -> None:
    (tmp_path / "mine.gif").write_bytes(animation("GIF", [120] * 12))
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(99))
    go(page, f"{server}/applications?application=Video&network=pocket_resnet")
    page.get_by_role("button", name="Your own clip").click()
    uploader = page.locator(".st-key-clip input[type=file]")
    uploader.set_input_files(str(tmp_path / "broken.mp4"))
    expect_text(page, "'broken.mp4' is cut off: the list of its frames, which stands at the end, is missing.")
    uploader.set_input_files(str(tmp_path / "mine.gif"))
    expect_text(page, "mine.gif, 128 × 96 pixels: 12 frames, all of them looked at.")
    page.keyboard.press("Escape")
    wait_idle(page)
    clip = read_clip(tmp_path / "mine.gif")
    watched = watch(explorer.load_network("pocket_resnet"), clip)
    assert np.allclose(numbers(page, "clip-answers"), watched.probabilities, atol=1e-5)
    with page.expect_download() as download:
        page.get_by_role("button", name="Animated WebP").click()
    made = read_clip(download.value.path().read_bytes())
    assert (made.n_frames, made.size) == (12, (488, 448))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = download.value.path().read_text(encoding="utf-8").splitlines()
    assert len(rows) == 13
    assert rows[1].startswith("0,0.0,")


def test_a_picture_that_is_found_is_chosen_for_all_pages(server: str, page: Page) -> None:
    go(page, f"{server}/applications?application=Image+search&network=pocket_resnet")
    found = page.locator(".st-key-found .cells button")
    label = found.first.get_attribute("aria-label") or ""
    title = label.partition(": choose it for all pages")[0]
    name = next(one.name for one in SAMPLES.values() if one.title == title)
    found.first.click()
    expect_setting(page, f"sample={name}")
    wait_idle(page)
    expect(page.get_by_text(f"Picture: {title}").first).to_be_visible()
    expect(found.first).not_to_have_attribute("aria-label", label)  # it is searched with, and no longer for


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
