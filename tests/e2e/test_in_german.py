"""The app in German in a browser: the switch, options that links know by their English names, and the way back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.conftest import OpenPage
from tests.e2e.test_at_hand import ready


def tabs(page: Page) -> list[str]:
    return page.get_by_role("tab").all_inner_texts()


def test_a_page_is_german_and_english_and_german_again_and_what_is_chosen_stays(
    open_page: OpenPage, server: str
) -> None:
    page = open_page(locale="de-DE")
    page.goto(f"{server}/pooling?network=pocket_resnet&pooling_view=A+picture+that+moves")
    wait_idle(page)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("tab", name="Ein Bild, das sich bewegt")).to_have_attribute("aria-selected", "true")
    german = tabs(page)
    assert "language" not in page.url  # it is the browser's own

    box = page.locator(".st-key-shifted-where-max input")
    box.click()
    last = page.get_by_role("option").last
    expect(last).to_have_text(re.compile("Pooling"))
    expect(last).not_to_have_text("all max poolings")
    last.click()
    wait_idle(page)
    expect(box).to_have_value("all max poolings")
    assert "shifted-where-max=all+max+poolings" in page.url  # which anybody's link can say
    page.get_by_role("tab").first.focus()
    expect(page.locator(".st-key-shifted-where-max [data-said]")).to_have_attribute("data-said", re.compile("Pooling"))

    page.locator(".tools .language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    wait_idle(page)
    expect(page.get_by_role("tab", name="A picture that moves")).to_have_attribute("aria-selected", "true")
    assert not set(tabs(page)) & set(german)
    expect(box).to_have_value("all max poolings")
    expect(page.locator(".st-key-shifted-where-max [data-said]")).to_have_count(0)
    assert "language=en" in page.url

    page.get_by_role("tab", name="One window").click()  # an option still works after the switch
    wait_idle(page)
    expect(page.get_by_role("tab", name="One window")).to_have_attribute("aria-selected", "true")
    page.locator(".tools .language").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    wait_idle(page)
    assert tabs(page) == german
    assert "pooling_view" not in page.url  # the first tab, in whatever language
    expect(page.locator(".st-key-menu")).to_contain_text("Überblick")


def test_a_link_asks_for_a_language_and_english_fetches_nothing_for_it(open_page: OpenPage, server: str) -> None:
    page = open_page(locale="en-US")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server}/feature_maps?network=lenet5")
    wait_idle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Feature maps")
    assert not [url for url in asked if "/spoken/" in url]
    page.goto(f"{server}/feature_maps?network=lenet5&language=de")
    wait_idle(page)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Feature maps")
    expect(page.locator(".viewer").first).to_contain_text("Kanäle")
    assert len([url for url in asked if "/spoken/" in url]) == 1
    ready(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("Faltung")
    expect(page.locator("[data-testid=at-hand] [role=option]").first).to_contain_text("Faltung")
