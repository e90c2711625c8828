"""A logit as a sum in the browser: another channel, class or number of rows asks the server for nothing."""

from __future__ import annotations

import base64
import io
import re
from urllib.parse import quote_plus

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, WebSocket, expect

import explorer
from explorer.classifier import channel_map, class_map, ledger
from explorer.drawing.color import palette, scale_of
from explorer.drawing.placing import placed_cells
from explorer.pictures.samples import load_sample
from explorer.trace import FloatArray
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import OpenPage, expect_setting, expect_text, expect_title, go

CHANNELS = "channels of the last maps"
ADDRESS = "classifier?network=pocket_resnet"


@pytest.fixture(scope="module")
def trace() -> explorer.Trace:
    return explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")


def steps(page: Page) -> Locator:
    return page.locator(".st-key-ledger .columns button")


def expect_map(page: Page, trace: explorer.Trace, values: FloatArray, shown: str) -> None:
    """The map has the server's colours to the level, each cell where it looks."""
    canvas = page.locator(".st-key-ledger canvas.heat")
    expect(canvas).to_have_attribute("data-channel", shown)
    url: str = canvas.evaluate("canvas => canvas.toDataURL()")
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))
    scale, places = scale_of(values), trace.network.places("layer4")
    cells = values if places is None else placed_cells(values, *places.size, places)
    assert np.array_equal(drawn, palette(scale.palette)[scale.indices(cells)])


def test_ten_channels_and_a_class_are_seen_before_the_server_hears_of_them(
    server: str, open_page: OpenPage, trace: explorer.Trace
) -> None:
    page = open_page()
    sent: list[bytes | str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))

    page.on("websocket", listen)
    go(page, f"{server}/{ADDRESS}&ledger_map=one+channel")
    assert trace.target is not None
    supports = ledger(trace, CHANNELS, trace.target).strongest(10)[0]
    steps(page).nth(1).focus()
    sent.clear()
    for channel in supports[1:]:
        page.keyboard.press("ArrowRight")
        shown = page.locator(".st-key-ledger canvas.heat")
        expect(shown).to_have_attribute("data-channel", re.compile(f"^{channel} of "), timeout=250)
    assert sent == []
    name = trace.network.categories[trace.target]
    expect_map(page, trace, channel_map(trace, supports[-1], trace.target), f"{supports[-1]} of {name}")
    expect(page.locator(".st-key-channel-number input")).to_have_value(str(supports[-1]))
    page.wait_for_timeout(400)
    wait_idle(page)
    assert len(sent) == 1
    expect_setting(page, f"channel={supports[-1]}")


def test_another_class_is_there_at_once_and_then_explained_everywhere(
    server: str, page: Page, trace: explorer.Trace
) -> None:
    go(page, f"{server}/{ADDRESS}")
    second = trace.top(2)[1]
    names = page.locator(".st-key-ledger .classes button")
    assert names.evaluate_all("all => all.map(one => one.title)") == [one.category for one in trace.top(5)]
    names.nth(1).click()
    expect(page.locator(".st-key-ledger .check")).to_contain_text(f"Recorded: {second.logit:.6g}".replace("-", "−"))
    expect_map(page, trace, class_map(trace, second.index), f"all of {second.category}")
    strongest = ledger(trace, CHANNELS, second.index).strongest(10)[0][0]
    expect(steps(page).nth(1)).to_have_attribute("aria-label", re.compile(f"^channel {strongest}: "))
    page.wait_for_timeout(600)
    wait_idle(page)
    expect_setting(page, f"class={quote_plus(second.category)}")
    expect(page.get_by_text(f"speak most for “{second.category}”", exact=False).first).to_be_visible()
    names.nth(0).click()
    page.wait_for_timeout(600)
    wait_idle(page)
    expect(page).not_to_have_url(re.compile("class="))


def test_the_number_of_rows_and_the_map_stand_in_the_link(server: str, page: Page) -> None:
    go(page, f"{server}/{ADDRESS}&ledger_rows=20+on+each+side")
    expect(steps(page)).to_have_count(43)
    page.get_by_label("Show the strongest").select_option("5 on each side")
    expect(steps(page)).to_have_count(13)
    page.locator(".st-key-ledger select.map").select_option("one channel")
    page.wait_for_timeout(600)
    wait_idle(page)
    expect_setting(page, "ledger_rows=5+on+each+side")
    expect_setting(page, "ledger_map=one+channel")
    page.reload()
    wait_idle(page)
    expect(steps(page)).to_have_count(13)
    expect(page.locator(".st-key-ledger canvas.heat")).to_have_attribute("data-channel", re.compile("^0 of "))


def test_what_is_no_channel_is_told_and_not_chosen(server: str, page: Page) -> None:
    go(page, f"{server}/classifier?network=lenet5&sample=digit&ledger_of=inputs+of+the+last+dense+layer")
    first = steps(page).first
    first.click()
    expect(page.locator(".st-key-ledger .said")).to_contain_text("bias: ")
    assert first.get_attribute("aria-pressed") is None
    expect(page.locator(".st-key-ledger .steps .back")).to_be_hidden()
    expect(page.locator(".st-key-ledger .over")).to_be_hidden()


def test_every_step_of_a_channel_leads_to_its_own_page(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/{ADDRESS}")
    assert trace.target is not None
    shown = ledger(trace, CHANNELS, trace.target).strongest(10)
    ways = page.locator(".st-key-ledger .units a")
    expect(ways).to_have_count(sum(map(len, shown)))
    channel = shown[0][2]
    link = page.get_by_role("link", name=f"All about channel {channel} of layer4.1.relu_1", exact=True)
    address = link.get_attribute("href") or ""
    assert address.endswith(f"channel={channel}")
    steps(page).nth(3).focus()  # behind the bias and two others
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    link.click()
    expect_title(page, "Units")
    expect_text(page, f"Channel {channel} of 256 in layer4.1.relu_1")
    other = page.context.new_page()
    go(other, f"{server}/{address}")
    expect_text(other, f"Channel {channel} of 256 in layer4.1.relu_1")
