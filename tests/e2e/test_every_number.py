"""Convolution, pooling and the classifier, clicked through in a real browser."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import explorer
from explorer.classifier.logits import ledger, readings
from explorer.convolution.opened import open_value, strongest
from explorer.pictures.samples import load_sample
from explorer.wording import number
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import expect_setting, expect_text, expect_title, go, numbers


@pytest.fixture(scope="module")
def trace() -> explorer.Trace:
    return explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")


def player(page: Page) -> Locator:
    return page.locator(".player").first


def test_a_value_is_opened_down_to_its_products(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/convolution?network=pocket_resnet&layer=layer2.0.conv1&channel=9")
    opened = open_value(trace, "layer2.0.conv1", strongest(trace, "layer2.0.conv1", 9))
    said = page.locator(".ledger").first
    expect(said).to_contain_text(f"✓ recorded {number(opened.recorded)}")
    for step in opened.steps:
        expect(said).to_contain_text(f"✓ recorded {number(step.recorded)}")
    assert "✗" not in said.inner_text()
    strongest_product = max(opened.products.ravel(), key=abs)
    expect(page.locator(".products").first).to_contain_text(number(float(strongest_product)))


def test_rows_of_the_sum_lead_to_their_units(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/convolution?network=pocket_resnet&layer=layer2.0.conv1&channel=9")
    opened = open_value(trace, "layer2.0.conv1", strongest(trace, "layer2.0.conv1", 9))
    channel = int(abs(opened.subtotals).argmax())
    page.locator(".bars").get_by_role("link", name=f"All about channel {channel} of layer1.1.relu_1").click()
    expect_title(page, "Units")
    expect_text(page, f"Channel {channel} of 32 in layer1.1.relu_1")
    go(page, f"{server}/convolution?network=pocket_resnet&layer=layer2.0.conv1&channel=9")
    page.locator(".ledger").get_by_role("link", name="All about channel 9 of layer2.0.relu").click()
    expect_text(page, "Channel 9 of 64 in layer2.0.relu")


def test_the_window_plays_in_the_browser_alone_and_stops_where_it_is(server: str, page: Page) -> None:
    go(page, f"{server}/convolution?network=pocket_resnet&layer=layer2.0.conv1&unit_y=3&unit_x=3")
    sent: list[str] = []
    scrub, play = player(page).locator(".scrub"), player(page).locator(".play")
    before = int(scrub.input_value())
    started = time.monotonic()
    play.click()
    page.on("request", lambda request: sent.append(request.url))
    page.wait_for_timeout(2000)
    steps, seconds = int(scrub.input_value()) - before, time.monotonic() - started
    assert steps >= 5 * seconds  # made for ten a second; a busy machine may halve that
    assert not sent  # no picture or file is asked for on the way
    play.click()
    wait_idle(page)
    stopped = int(scrub.input_value())
    expect(page.locator(".st-key-unit #unit-y")).to_have_value(str(stopped // 20))
    expect(page.locator(".st-key-unit #unit-x")).to_have_value(str(stopped % 20))
    expect_setting(page, f"unit_y={stopped // 20}")


def test_arrow_keys_and_clicks_move_the_window(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/convolution?network=pocket_resnet&layer=layer2.0.conv1&channel=9&unit_y=3&unit_x=3")
    output = player(page).locator(".output canvas")
    output.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".st-key-unit #unit-x")).to_have_value("4")
    expect(page.locator(".st-key-unit #unit-y")).to_have_value("4")
    wait_idle(page)
    opened = open_value(trace, "layer2.0.conv1", (9, 4, 4))
    expect(page.locator(".ledger").first).to_contain_text(f"✓ recorded {number(opened.recorded)}")
    page.get_by_role("button", name="Strongest", exact=True).click()
    wait_idle(page)
    expect(page).not_to_have_url(re.compile("unit_y"))


def test_the_kernel_lab_takes_numbers_and_refuses_others_with_a_sentence(server: str, page: Page) -> None:
    go(page, f"{server}/convolution?network=pocket_resnet&convolution_view=Kernel+lab")
    page.get_by_role("button", name="Change these numbers").click()
    wait_idle(page)
    typed = page.locator("textarea").first
    typed.fill("1 2; 3 x")
    typed.press("Control+Enter")
    typed.blur()
    wait_idle(page)
    expect(page.get_by_role("alert").filter(has_text="x")).to_be_visible()
    typed.fill("0 0 0; 0 2 0; 0 0 0")
    typed.press("Control+Enter")
    typed.blur()
    wait_idle(page)
    expect(page.get_by_role("alert").filter(has_text="x")).to_have_count(0)


def test_a_pooling_window_is_opened_and_another_kind_is_put_in_its_place(server: str, page: Page) -> None:
    go(page, f"{server}/pooling?network=pocket_resnet")
    expect(page.get_by_text("✓ The pass recorded", exact=False).first).to_be_visible()
    page.get_by_role("tab", name="Another kind here").click()
    expect(page.get_by_role("row", name=re.compile("^as it is cat"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(r"^max cat, 91.0\s% 91.0\s% yes"))).to_be_visible()
    page.get_by_role("tab", name="A picture that moves").click()
    move = page.get_by_role("button", name="Move the picture by 0 to 16 pixels")
    if move.is_enabled():  # else somebody has asked for it before, and it is there
        move.click()
    chart = page.get_by_role("figure", name=re.compile("by pixels to the right"))
    expect(chart.locator(".js-plotly-plot").last).to_be_visible(timeout=60_000)
    wait_idle(page)


def test_a_logit_is_a_sum_and_its_channels_are_shown_where_they_are(
    server: str, page: Page, trace: explorer.Trace
) -> None:
    go(page, f"{server}/classifier?network=pocket_resnet")
    found = ledger(trace, readings(trace.network)[0], 2)
    assert abs(float(np.sum(found.terms)) + found.bias - trace.logits[2]) < 1e-4
    expect(page.get_by_text(f"Recorded: {trace.logits[2]:.4f}", exact=False).first).to_be_visible()
    steps = page.locator(".st-key-ledger .steps")
    steps.get_by_role("button", name="The next channel").click()
    strongest = found.strongest(10)[0][0]
    expect(steps.get_by_role("status")).to_contain_text(f"channel {strongest}: ")
    expect_setting(page, f"channel={strongest}")
    wait_idle(page)
    page.locator(".st-key-ledger_kind").get_by_role("combobox").click()
    page.get_by_role("option").nth(1).click()
    expect(page.get_by_text("French horn", exact=False).first).to_be_visible()
    wait_idle(page)


def test_the_temperature_spreads_the_probabilities(server: str, page: Page) -> None:
    go(page, f"{server}/classifier?network=pocket_resnet&classifier_view=From+logits+to+probabilities")
    before = page.get_by_text("The entropy is", exact=False).inner_text()
    page.locator(".st-key-temperature").get_by_role("slider").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    wait_idle(page)
    assert page.get_by_text("The entropy is", exact=False).inner_text() != before


def test_the_numbers_of_a_ledger_are_taken_away(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/classifier?network=pocket_resnet")
    np.testing.assert_allclose(
        numbers(page, "ledger"), ledger(trace, readings(trace.network)[0], 2).terms, rtol=1e-4, atol=1e-6
    )
