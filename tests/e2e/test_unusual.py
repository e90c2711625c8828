"""Names without end and more stages than a bar has pixels, in a real browser: nothing overflows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.e2e.test_accessible import sideways
from tests.e2e.visit import OpenPage, go
from tests.unusual import NETWORK

Serve = Callable[..., AbstractContextManager[str]]


def test_names_of_200_letters_break(cold_server: Serve, open_page: OpenPage) -> None:
    page = open_page()
    with cold_server("tests.unusual", {NETWORK: "long_names"}) as url:
        for file in ("", "architecture", "classifier", "saliency"):
            go(page, f"{url}/{file}")
            assert sideways(page) == 0, file


def test_a_strip_of_600_stages_stays_in_the_bar_and_is_walked_with_the_keys(
    cold_server: Serve, open_page: OpenPage
) -> None:
    page = open_page()
    with cold_server("tests.unusual", {NETWORK: "many_stages"}) as url:
        go(page, f"{url}/architecture")
        blocks = page.locator(".stages button")
        assert blocks.count() >= 600
        assert sideways(page) == 0
        bar = page.locator(".st-key-bar-stages").bounding_box()
        first, last = blocks.first.bounding_box(), blocks.last.bounding_box()
        assert bar
        assert first
        assert last
        assert bar["x"] <= first["x"] < last["x"]
        assert last["x"] + last["width"] <= bar["x"] + bar["width"] + 1
        chosen = page.locator(".stages [aria-pressed=true]")
        before = chosen.get_attribute("aria-label")
        chosen.focus()
        page.keyboard.press("End")
        assert chosen.get_attribute("aria-label") != before
        box = chosen.bounding_box()
        assert box is not None
        assert box["width"] >= 3
