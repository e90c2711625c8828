"""One lesson in a browser: from the list to what was learned, and the way into a page and back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.visit import expect_setting, expect_text, go


def test_a_lesson_from_the_list_to_what_was_learned(server: str, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    go(page, f"{server}/lessons")
    main = page.get_by_test_id("stMain")

    def press(name: str) -> None:
        main.get_by_role("button", name=name).click()
        wait_idle(page)

    def commit(answer: str) -> None:
        main.get_by_test_id("stRadio").get_by_text(answer, exact=True).click()
        wait_idle(page)
        expect(main.get_by_role("button", name="Commit")).to_be_in_viewport()
        press("Commit")

    for name in ("01_pixels", "11_history"):  # all of them on one screen of a projector
        expect(page.locator(f".st-key-lesson-{name}")).to_be_in_viewport(ratio=1)
    press("Padding, stride")
    expect_setting(page, "lesson=04_size")
    commit("79")
    expect_text(page, "Kept: 79.")
    press("Next")
    expect_setting(page, "lesson_step=1")
    with page.context.expect_page() as opened:
        main.get_by_role("link", name="Open Convolution").click()
    wait_idle(opened.value)
    expect(opened.value.locator("h1")).to_have_text("Convolution")
    expect_setting(opened.value, "layer=c1")
    opened.value.close()
    commit("28")
    expect_text(page, "Yes: 28.")
    main.get_by_test_id("stButtonGroup").get_by_text("After", exact=True).click()
    wait_idle(page)
    commit("80")
    expect_text(page, "Before the lesson you said: 79.")
    press("All lessons")
    expect_text(page, "Before 0 of 11 → after 1 of 11")
