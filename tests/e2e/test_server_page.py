"""Whoever started the server, and the others: a real server, real browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from explorer.ui.frame.teacher import VARIABLE
from tests.e2e import published
from tests.e2e.axe import faults
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import LONG, OpenPage, expect_text, expect_title, go

TOKEN = "the-token-of-whoever-started-this-server"


@pytest.fixture(scope="module")
def app(
    cold_server: Callable[..., AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    strays = home / "strays.txt"
    with cold_server("tests.e2e.published", published.environment(home, strays) | {VARIABLE: TOKEN}) as url:
        yield url
    assert not strays.exists(), strays.read_text()


def link(page: Page) -> str:
    """What the page offers to copy."""
    return page.locator("[data-testid=stMain] [data-testid=stCode]").inner_text().strip()


def to_the_server(page: Page) -> None:
    page.get_by_role("link", name="This server", exact=True).click()
    expect_title(page, "^This server$")


def test_the_token_is_gone_from_the_address_and_from_the_way_back(app: str, open_page: OpenPage) -> None:
    page = open_page()
    go(page, f"{app}/server?teacher={TOKEN}")
    expect_text(page, "Nothing is being worked on.")
    expect(page).to_have_url(f"{app}/server")
    assert TOKEN not in page.content()
    page.get_by_role("link", name="Feature maps", exact=True).click()
    expect_title(page, "^Feature maps$")
    page.go_back()
    expect_title(page, "^This server$")
    expect(page).to_have_url(f"{app}/server")


def test_everybody_sees_what_is_chosen(app: str, open_page: OpenPage) -> None:
    teacher, student = open_page(), open_page()
    go(teacher, f"{app}/feature_maps?teacher={TOKEN}&network=pocket_resnet&layer=layer2")
    channel = teacher.locator("#channel")
    channel.fill("7")
    channel.press("Enter")
    teacher.wait_for_timeout(1000)  # until the choice has come to rest
    wait_idle(teacher)
    to_the_server(teacher)
    shared = link(teacher)
    assert TOKEN not in shared
    go(student, shared)
    expect_title(student, "^Feature maps$")
    expect(student.locator("#channel")).to_have_value("7")
    assert "layer=layer2" in student.url
    assert student.get_by_role("link", name="This server").count() == 0


def test_numbers_follow_and_what_is_set_stays(app: str, open_page: OpenPage) -> None:
    teacher = open_page()
    go(teacher, f"{app}/server?teacher={TOKEN}&network=lenet5&weights=Untrained")
    expect_text(teacher, "1 page is open in browsers.")
    student = open_page()
    go(student, f"{app}/?network=lenet5")
    expect(teacher.get_by_text("2 pages are open in browsers.")).to_be_visible(timeout=LONG)
    student.context.close()
    expect(teacher.get_by_text("1 page is open in browsers.")).to_be_visible(timeout=LONG)
    assert "weights=Untrained" in teacher.url
    expect_text(teacher, "LeNet-5")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave(app: str, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    go(page, f"{app}/?teacher={TOKEN}")
    to_the_server(page)
    expect_text(page, "Everybody sees this")
    found = faults(page)
    assert not found, "\n".join(found)


def test_others_find_a_sentence(app: str, page: Page) -> None:
    go(page, f"{app}/server?teacher={TOKEN}x")
    expect_text(page, "This page is for whoever started the server")
    expect(page).to_have_url(f"{app}/server")
    assert "MB" not in page.get_by_test_id("stMain").inner_text()
    assert page.get_by_role("link", name="This server").count() == 0
