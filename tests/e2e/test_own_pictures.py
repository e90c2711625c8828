"""Pictures of one's own: chosen, pasted, taken, several at once, and those that cannot be used."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.visit import LONG, answer, expect_alert, expect_text, expect_title, go

ASSETS = Path(__file__).parents[2] / "assets"
OpenPage = Callable[..., Page]


def drawing(color: tuple[int, int, int]) -> bytes:
    """A picture that no sample is: a coloured square on noise."""
    pixels = np.random.default_rng(sum(color)).integers(0, 255, (200, 260, 3), dtype=np.uint8)
    pixels[40:160, 60:200] = color
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def upload(page: Page, *files: tuple[bytes, str]) -> None:
    """Choose files; what becomes of them is for the test to wait for."""
    page.set_input_files(
        ".st-key-file input[type=file]",
        [{"name": name, "mimeType": "image/png", "buffer": content} for content, name in files],
    )


def expect_answer(page: Page, content: bytes) -> None:
    expect_title(page, re.escape(answer(content)) + "$")


def test_an_uploaded_picture_is_the_one_that_is_explained(server: str, page: Page) -> None:
    content = drawing((200, 30, 30))
    go(page, server)
    upload(page, (content, "mine.png"))
    expect_answer(page, content)
    expect(page).to_have_url(re.compile("picture=Upload"))


def test_a_pasted_picture_is_the_one_that_is_explained(server: str, page: Page) -> None:
    content = drawing((30, 30, 200))
    go(page, server)
    page.locator("[data-testid=stFileUploaderDropzone]").focus()
    page.evaluate(
        """(encoded) => {
            const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0))
            const clipboardData = new DataTransfer()
            clipboardData.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }))
            const target = document.querySelector('[data-testid=stFileUploaderDropzone]')
            target.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
        }""",
        base64.b64encode(content).decode(),
    )
    expect_answer(page, content)


def test_after_a_refresh_the_page_says_that_the_upload_is_gone(server: str, page: Page) -> None:
    content = drawing((20, 160, 60))
    go(page, server)
    upload(page, (content, "mine.png"))
    expect_answer(page, content)
    page.reload()
    wait_idle(page)
    expect_alert(page, "An uploaded picture is not part of the link")  # on the page: the uploader's card is closed
    expect(page.locator("h1")).to_contain_text("sees:")  # of a sample


def test_two_visitors_never_see_each_other_s_picture(server: str, open_page: OpenPage) -> None:
    contents = [drawing((240, 200, 20)), drawing((10, 90, 200))]
    assert answer(contents[0]) != answer(contents[1])
    visitors = [open_page(), open_page()]
    for visitor in visitors:
        visitor.goto(server)
    for visitor in visitors:
        wait_idle(visitor)
    for visitor, content in zip(visitors, contents, strict=True):  # both at once: neither waits for the other
        upload(visitor, (content, "mine.png"))
    for visitor, content in zip(visitors, contents, strict=True):
        expect_answer(visitor, content)
    for visitor, content in zip(visitors, contents, strict=True):  # and still so on another page and back
        visitor.get_by_role("link", name="Feature maps").click()
        wait_idle(visitor)
        visitor.get_by_role("link", name="Overview").click()
        expect_answer(visitor, content)


def test_a_bad_file_gives_a_sentence_and_the_picture_before_it_stays(server: str, page: Page) -> None:
    go(page, server)
    title = page.locator("h1").inner_text()
    for content, name, says in (
        (b"not a picture at all", "notes [x](y) *b* $z$ `c`.png", "is not a picture that can be read"),
        (b"", "empty.png", "is empty"),
        ((ASSETS / "samples" / "chelsea.jpg").read_bytes()[:9000], "cut.jpg", "cut.jpg"),
    ):
        upload(page, (content, name))
        alert = page.locator("[data-testid=stMain] [data-testid=stAlert]", has_text=name)  # as it is, not as Markdown
        expect(alert).to_contain_text(says, timeout=LONG)
        expect(alert).to_contain_text("Until then you see what was there before.")
        assert "Traceback" not in page.content()
        wait_idle(page)
        assert page.locator("h1").inner_text() == title
    content = drawing((90, 10, 90))
    upload(page, (content, "mine.png"))
    expect_answer(page, content)
    upload(page, (b"GIF89a", "cut.gif"))
    expect_alert(page, "cut.gif")
    expect_answer(page, content)


def test_several_pictures_come_at_once_and_any_of_them_is_chosen(server: str, page: Page) -> None:
    red, blue = drawing((200, 30, 30)), drawing((30, 30, 200))
    go(page, server)
    upload(page, (red, "IMG_1.png"), (b"no picture", "IMG_2.png"), (blue, "IMG_1.png"))  # a telephone's names
    expect_answer(page, blue)  # the last one
    unread = page.locator("[data-testid=stMain]").get_by_text("'IMG_2.png' is not a picture that can be read")
    expect(unread).to_be_visible()  # beside the row, for the card with the uploader is closed
    cells = page.locator("[data-testid=stMain] .st-key-my-strip").get_by_role("gridcell")
    expect(cells).to_have_count(3)
    cells.first.click()
    expect_answer(page, red)
    cells.nth(1).click()
    expect_alert(page, "'IMG_2.png' is not a picture that can be read")
    expect_answer(page, red)


def test_a_photograph_is_taken_at_the_camera_s_own_size(server: str, open_page: OpenPage) -> None:
    page = open_page(permissions=["camera"])
    go(page, f"{server}/?picture=Camera")
    expect_text(page, "Take a photograph, or choose another picture")
    page.get_by_role("button", name="Take Photo").click()
    expect(page.get_by_text("Take a photograph, or choose another picture")).to_have_count(0, timeout=LONG)
    wait_idle(page)
    page.get_by_role("tab", name="What the network received").click()
    expect_text(page, "of 1920 × 1080 pixels")
