"""A window over a layer: the channels and places that a person moves through ask the server for nothing."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

import explorer
from explorer.convolution.opened import open_value, strongest
from explorer.pictures.samples import load_sample
from explorer.pooling.opened import open_pooling
from explorer.wording import number
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import OpenPage, expect_setting, go, numbers

PLAYER, NEXT = ".st-key-pooling-player", ".st-key-channel-number .more"
# what the player says while the next channel is pressed so often, ten times a second, by the browser's own clock
PRESSED = """async (next, times) => {
  const player = [...document.querySelectorAll(".st-key-pooling-player *")].find((one) => one.shadowRoot).shadowRoot;
  const said = [];
  for (let n = 0; n < times; n++) {
    next.click();
    await new Promise((done) => setTimeout(done, 100));
    said.push(`${player.querySelector(".output .title").textContent}|${player.querySelector(".result").textContent}`);
  }
  return said;
}"""


@pytest.fixture(scope="module")
def trace() -> explorer.Trace:
    return explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")


def frames(page: Page) -> list[str | bytes]:
    """What goes to the server from now on."""
    sent: list[str | bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))

    page.on("websocket", listen)
    return sent


def result(page: Page) -> Locator:
    return page.locator(f"{PLAYER} .result")


def test_fifteen_channels_are_seen_and_the_server_hears_of_the_last(
    server: str, open_page: OpenPage, trace: explorer.Trace
) -> None:
    page = open_page()
    sent = frames(page)
    go(page, f"{server}/pooling?network=pocket_resnet&layer=maxpool")
    expect(result(page)).to_contain_text("Highest of")
    sent.clear()
    said = page.locator(NEXT).evaluate(PRESSED, 15)
    assert sent == []
    for channel, text in enumerate(said, 1):
        unit = strongest(trace, "maxpool", channel)
        opened = open_pooling(trace, "maxpool", (channel, unit[1], unit[2]))
        assert opened.winner is not None
        assert text.startswith(f"maxpool, channel {channel}: 40 × 40|Highest of ")
        assert f"at y {opened.winner[0]}, x {opened.winner[1]}Output at (y {unit[1]}, x {unit[2]}): " in text
        value = float(re.findall(r"[\d.]+", text)[-1])
        assert abs(value - opened.recorded) < 0.006
    page.wait_for_timeout(600)
    wait_idle(page)
    expect_setting(page, "channel=15")
    assert len(sent) == 1


def test_a_place_is_chosen_by_boxes_and_maps_alike_and_stands_in_the_link(
    server: str, page: Page, trace: explorer.Trace
) -> None:
    go(page, f"{server}/pooling?network=pocket_resnet&layer=maxpool&channel=5&unit_y=4")
    best = strongest(trace, "maxpool", 5)
    down, across = page.locator("#unit-y"), page.locator("#unit-x")
    expect(down).to_have_value("4")
    expect(across).to_have_value("")
    expect(across).to_have_attribute("placeholder", str(best[2]))
    expect(result(page)).to_contain_text(f"Output at (y 4, x {best[2]})")
    across.fill("7")
    across.press("Enter")
    expect(result(page)).to_contain_text("Output at (y 4, x 7)")
    page.locator(f"{PLAYER} .output canvas").press("ArrowDown")
    expect(down).to_have_value("5")
    expect(result(page)).to_contain_text("Output at (y 5, x 7)")
    page.wait_for_timeout(600)
    wait_idle(page)
    expect_setting(page, "unit_y=5")
    expect_setting(page, "unit_x=7")
    opened = open_pooling(trace, "maxpool", (5, 5, 7))
    assert np.array_equal(numbers(page, "pooling-window"), opened.values)
    page.reload()
    wait_idle(page)
    expect(result(page)).to_contain_text("Output at (y 5, x 7)")
    page.get_by_role("button", name="Strongest").click()
    expect(result(page)).to_contain_text(f"Output at (y {best[1]}, x {best[2]})")
    page.wait_for_timeout(600)
    wait_idle(page)
    expect(page).not_to_have_url(re.compile("unit_"))


def test_a_layer_of_many_numbers_is_fetched_as_one_moves_on(server: str, page: Page) -> None:
    go(page, f"{server}/pooling?network=resnet50&weights=Untrained&layer=maxpool&channel=14")
    trace = explorer.run(explorer.load_network("resnet50", "random"), load_sample("chelsea"))
    for channel in (15, 16, 17, 63):  # the 20 first maps that it reads are a file
        if channel == 63:
            page.locator(".st-key-channel-number input").fill("63")
            page.locator(".st-key-channel-number input").press("Enter")
        else:
            page.locator(NEXT).click()
        unit = strongest(trace, "maxpool", channel)
        expect(page.locator(f"{PLAYER} .output .title")).to_have_text(f"maxpool, channel {channel}: 56 × 56")
        expect(result(page)).to_contain_text(f"Output at (y {unit[1]}, x {unit[2]})")
    expect(page.locator(f"{PLAYER} .player")).to_have_attribute("aria-busy", "false")


def test_a_filter_s_strongest_input_is_found_in_the_browser(
    server: str, open_page: OpenPage, trace: explorer.Trace
) -> None:
    layer = "layer2.0.conv1"
    page = open_page()
    go(page, f"{server}/convolution?network=pocket_resnet&layer={layer}")
    player = page.locator(".st-key-player")
    expect(player.locator(".result")).to_contain_text("products add up to")
    for channel in range(1, 6):
        page.locator(NEXT).click()
        unit = strongest(trace, layer, channel)
        opened = open_value(trace, layer, unit)
        best = int(np.abs(opened.subtotals).argmax())
        expect(player.locator(".output .title")).to_have_text(f"{layer}, channel {channel}", timeout=500)
        expect(player.locator(".source .title")).to_have_text(f"layer1.1.relu_1, channel {best}")
        expect(player.locator(".result")).to_contain_text(f"Output at (y {unit[1]}, x {unit[2]})")
        added = float(player.locator(".result b").inner_text().rpartition(" ")[2].replace("−", "-"))
        assert abs(added - opened.subtotals[best]) < 0.006
    page.wait_for_timeout(600)
    wait_idle(page)
    expect(page.locator(".ledger").first).to_contain_text(f"✓ recorded {number(opened.recorded)}")
    assert np.array_equal(numbers(page, "window"), opened.inputs)


def test_where_not_all_inputs_are_in_the_browser_the_server_finds_the_strongest(server: str, page: Page) -> None:
    go(page, f"{server}/convolution?network=vgg16&weights=Untrained&layer=features.7")
    trace = explorer.run(explorer.load_network("vgg16", "random"), load_sample("chelsea"))
    player = page.locator(".st-key-player")
    for channel in (0, 1, 2):
        opened = open_value(trace, "features.7", strongest(trace, "features.7", channel))
        best = int(np.abs(opened.subtotals).argmax())
        expect(player.locator(".output .title")).to_have_text(f"features.7, channel {channel}")
        expect(player.locator(".source .title")).to_have_text(f"features.6, channel {best}")
        expect(player.locator(".player")).to_have_attribute("aria-busy", "false")
        page.locator(NEXT).click()


@pytest.mark.parametrize("where", ["convolution", "pooling"])
def test_a_small_network_is_taken_for_a_first_look(server: str, page: Page, where: str) -> None:
    go(page, f"{server}/{where}?network=resnet50&weights=Untrained&layer=maxpool")
    page.get_by_role("button", name="Take Pocket ResNet").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("Network: Pocket ResNet, trained")
    wait_idle(page)
    expect(page.get_by_role("button", name="Take Pocket ResNet")).to_have_count(0)
