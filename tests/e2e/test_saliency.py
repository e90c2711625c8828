"""The page on saliency, clicked through in a real browser."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Page, expect

import explorer
from explorer.faithfulness.figures import forgotten_maps
from explorer.faithfulness.randomisation import sanity
from explorer.pictures.samples import load_sample
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import expect_setting, go, numbers


def test_the_first_screen_has_two_classes_how_far_to_trust_them_and_the_library_s_numbers(
    server: str, page: Page
) -> None:
    go(page, f"{server}/saliency?network=pocket_resnet")
    expect(page.get_by_text("The top class, “cat”", exact=False)).to_be_visible()
    expect(page.get_by_text("The runner-up", exact=False)).to_be_visible()
    found = numbers(page, "evidence-0")
    page.get_by_role("tab", name="Report card").click()
    expect(page.get_by_text(re.compile(r"^Deletion: 0\.\d+"))).to_be_visible()
    network = explorer.load_network("pocket_resnet")
    np.testing.assert_allclose(found, explorer.attribute(network, load_sample("chelsea")).values, atol=1e-5)


def test_a_slow_method_runs_when_asked_and_is_cancelled(server: str, page: Page) -> None:
    go(page, f"{server}/saliency?network=resnet50&weights=Untrained&method=RISE")
    page.get_by_role("button", name=re.compile("^Run RISE")).first.click()
    page.get_by_role("button", name="Cancel", exact=True).first.click()
    wait_idle(page)
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Run RISE")).first).to_be_enabled()


def test_pixels_are_taken_away_a_box_is_scored_and_the_network_forgets(server: str, page: Page) -> None:
    go(page, f"{server}/saliency?network=pocket_resnet&saliency_view=Report+card")
    said = page.get_by_text(re.compile(r"^Left: [\d,]+ of [\d,]+ pixels deleted"))
    before = said.inner_text()
    page.get_by_role("slider", name=re.compile("Pixels changed")).first.focus()
    page.keyboard.press("End")
    wait_idle(page)
    assert said.inner_text() != before
    expect(said).to_contain_text("25,600 of 25,600")

    stage = page.get_by_text("Drag a box around the thing")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] - 60
    page.mouse.move(x - 80, y - 80)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=5)
    page.mouse.up()
    wait_idle(page)
    expect(page.get_by_text(re.compile("overlap", re.IGNORECASE)).first).to_be_visible()

    page.wait_for_load_state("networkidle")  # what is still on its way is forgotten with its tab
    page.get_by_role("tab", name="Sanity check").click()
    wait_idle(page)
    page.get_by_role("slider", name=re.compile("Blocks that have forgotten|Blocks forgotten")).first.focus()
    page.keyboard.press("End")
    wait_idle(page)
    expect(page.get_by_text(re.compile(r"After \d+ blocks: rank correlation")).first).to_be_visible()
    found = sanity(explorer.load_network("pocket_resnet"), load_sample("chelsea"), signed=True)
    np.testing.assert_allclose(numbers(page, "sanity-maps"), forgotten_maps(found), atol=1e-4)


def test_a_map_of_the_strip_is_shown_large_also_while_another_method_is_chosen(server: str, page: Page) -> None:
    go(page, f"{server}/saliency?network=pocket_resnet&method=Gradient&saliency_view=Many+maps")
    page.get_by_role("gridcell", name=re.compile("^Grad-CAM at layer2, ")).click()
    expect_setting(page, "layer=layer2")
    wait_idle(page)
    page.get_by_role("tab", name="Evidence").click()
    expect(page.get_by_text("Grad-CAM at layer2", exact=False).first).to_be_visible()
    expect(page).not_to_have_url(re.compile("method="))  # Grad-CAM again, which is the usual one
