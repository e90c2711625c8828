"""Choosing a network, as people do it: a real server, a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from explorer.loading.catalog import list_networks
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import LONG, expect_setting, expect_text, expect_title, go, open_card, open_from_menu

N_NETWORKS = len(list_networks()) + len(list_networks("timm"))


@pytest.fixture
def search(server: str, page: Page) -> Locator:
    """The search field of the picker, just opened."""
    go(page, server)
    open_card(page, "network")
    page.get_by_role("button", name="Browse all by family").click()
    field = page.locator(".picker input")
    expect(field).to_be_focused(timeout=LONG)
    wait_idle(page)
    return field


def test_a_network_is_found_by_typing_and_chosen_with_enter(search: Locator, page: Page) -> None:
    expect(page.locator(".picker .found")).to_have_text(f"{N_NETWORKS} networks")
    expect(page.locator(".picker [aria-selected=true]").first).to_contain_text("EfficientNet-Lite0")
    page.keyboard.type("resnet 50")
    expect(page.locator(".picker .found")).to_contain_text(f"of {N_NETWORKS} networks")
    page.keyboard.press("Enter")
    expect_setting(page, "network=resnet50")
    expect(page.locator(".picker")).to_have_count(0, timeout=LONG)
    expect_text(page, "ResNet-50, 2015:")


def test_a_network_is_chosen_by_click_and_by_arrow_keys(search: Locator, page: Page) -> None:
    page.keyboard.type("lenet")
    row = page.locator(".picker .row:visible", has_text="LeNet-5").first
    expect(row).to_contain_text("● here")
    row.click()
    expect_setting(page, "network=lenet5")
    expect(page.locator(".picker")).to_have_count(0, timeout=LONG)
    expect_title(page, "LeNet-5 must choose among ten digits")
    open_card(page, "network")
    page.get_by_role("button", name="Browse all by family").click()
    expect(page.locator(".picker input")).to_be_focused(timeout=LONG)
    page.keyboard.type("1998")
    expect(page.locator(".picker .found")).to_have_text(f"2 of {N_NETWORKS} networks")
    page.keyboard.press("PageDown")
    expect(page.locator(".picker .row.active")).to_contain_text("MLP")
    page.keyboard.press("Enter")
    expect_setting(page, "network=mlp")
    expect(page.locator(".picker")).to_have_count(0, timeout=LONG)


def test_a_network_of_timm_is_found_in_the_same_list(search: Locator, page: Page) -> None:
    page.keyboard.type("test_byobnet")
    expect(page.locator(".picker .found")).to_have_text(f"1 of {N_NETWORKS} networks")
    page.keyboard.press("Enter")
    expect_setting(page, "network=timm%2Ftest_byobnet")
    expect(page.locator(".picker")).to_have_count(0, timeout=LONG)
    expect_text(page, "timm/test_byobnet, one of timm's networks in its module byobnet.")


def test_a_word_that_no_network_has_is_told_so(search: Locator, page: Page) -> None:
    page.keyboard.type("<b>swin</b>")
    expect(page.locator(".picker .found")).to_have_text(
        "No network matches “<b>swin</b>”. Try part of a name, a family or a year."
    )
    assert page.locator(".picker .row:visible").count() == 0
    page.keyboard.press("Enter")  # chooses nothing
    search.fill("")
    expect(page.locator(".picker .found")).to_have_text(f"{N_NETWORKS} networks")
    page.keyboard.press("Escape")
    expect(page.locator(".picker")).to_have_count(0, timeout=LONG)
    wait_idle(page)
    expect(page).not_to_have_url(re.compile("network="))
    expect_title(page, "^EfficientNet-Lite0 sees: ")


def test_what_a_link_chose_stays_on_the_pages_that_are_opened_from_there(server: str, page: Page) -> None:
    chosen = page.get_by_role("combobox", name="Class to explain")
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer2.0.conv1&channel=5&class=dog")
    open_from_menu(page, "Saliency")
    expect_title(page, "^Saliency$")
    expect(chosen).to_have_value("dog")
    for setting in ("network=pocket_resnet", "layer=layer2.0.conv1", "class=dog"):
        expect_setting(page, setting)
    open_from_menu(page, "Lessons")
    open_from_menu(page, "Feature maps")
    expect_title(page, "^Feature maps$")
    expect(chosen).to_have_value("dog")
    page.get_by_role("button", name="All about channel 5 of layer2.0.conv1").click()
    expect_title(page, "^Units$")
    expect(chosen).to_have_value("dog")
    expect(page.get_by_role("combobox", name="Layer")).to_have_value("layer2.0.conv1")
    expect_setting(page, "network=pocket_resnet")
