"""A layer in the browser: what a person moves through asks the server for nothing."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, WebSocket, expect

import explorer
from explorer.drawing.color import palette
from explorer.feature_maps.channels import channel_order
from explorer.feature_maps.figures import channel_scales, channel_view
from explorer.pictures.samples import load_sample
from tests.e2e.chromium import wait_idle
from tests.e2e.conftest import Serve
from tests.e2e.visit import OpenPage, expect_setting, go

DRAWN = "canvas => canvas.toDataURL()"
# how many maps are seen while a key is pressed so often, ten times a second, by the browser's own clock
PRESSED = """async (viewer, times) => {
  const seen = new Set(), list = viewer.querySelector(".cells");
  for (let n = 0; n < times; n++) {
    const at = list.querySelector("[aria-selected=true]");
    at.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    await new Promise((done) => setTimeout(done, 100));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); // a busy machine’s
    seen.add(viewer.querySelector("canvas.heat").toDataURL());
  }
  return seen.size;
}"""

PACKED = "performance.getEntriesByType('resource').filter(one => one.name.endsWith('.gz')).length"


@pytest.fixture(scope="module")
def trace() -> explorer.Trace:
    return explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")


def pixels(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))


def expect_chosen(page: Page, channel: int) -> None:
    cell = page.locator(".viewer .cells [aria-selected=true]")
    expect(cell).to_have_attribute("aria-label", f"Channel {channel}")
    expect(page.locator(".viewer canvas.heat")).to_have_attribute("data-channel", str(channel))


def test_twenty_channels_in_two_seconds_are_one_message_to_the_server(server: str, open_page: OpenPage) -> None:
    page = open_page()
    sent: list[bytes | str] = []
    received: list[bytes | str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))
        socket.on("framereceived", lambda frame: received.append(frame))

    page.on("websocket", listen)
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer3")
    page.get_by_role("gridcell", name="Channel 0", exact=True).focus()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    sent.clear()
    received.clear()
    assert page.locator(".viewer").evaluate(PRESSED, 20) == 20  # each was drawn
    assert sent == []
    assert requests == []
    expect(page.get_by_role("gridcell", name="Channel 20", exact=True)).to_be_focused()
    expect(page.locator(".st-key-channel-number input")).to_have_value("20")
    page.wait_for_timeout(600)
    wait_idle(page)
    expect_setting(page, "channel=20")
    assert len(sent) == 1
    assert len(received) <= 10
    assert not [frame for frame in received if isinstance(frame, bytes) and b"PNG" in frame]
    expect(page.locator(".st-key-channel-away")).to_be_visible()


def test_tiles_and_the_map_up_close_have_the_colours_of_the_server_s_pictures(
    server: str, page: Page, trace: explorer.Trace
) -> None:
    for scale in ("layer", "channel"):
        go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer2&channel=5&scale={scale}")
        expect(page.locator(".viewer canvas.heat")).to_have_attribute("data-channel", "5")
        view = channel_view(trace, "layer2", scale, 5)
        drawn = pixels(page.locator(".viewer canvas.heat").evaluate(DRAWN))
        assert np.array_equal(drawn, palette(view.scale.palette)[view.scale.indices(view.values)])
        for channel, on in enumerate(channel_scales(trace, "layer2", range(8), scale)):
            tile = pixels(page.locator(".viewer .cells canvas").nth(channel).evaluate(DRAWN))
            values = trace["layer2"][channel]
            times = len(tile) // len(values)
            assert np.array_equal(tile[::times, ::times], palette(on.palette)[on.indices(values)])


def test_order_and_scale_are_chosen_at_once_and_stand_in_the_link(
    server: str, page: Page, trace: explorer.Trace
) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer3&channel=7")
    page.get_by_label("Order by").select_option("maximum")
    cells = page.locator(".viewer .cells button")
    ranked = channel_order(trace, "layer3", "maximum")
    expect(cells.first).to_have_attribute("aria-label", f"Channel {ranked[ranked.index(7) // 64 * 64]}")
    expect_chosen(page, 7)
    page.get_by_label("One colour scale per").select_option("network")
    page.wait_for_timeout(400)
    wait_idle(page)
    assert re.search("order=maximum.*scale=network", page.url)
    page.reload()
    wait_idle(page)
    assert page.get_by_label("Order by").input_value() == "maximum"
    assert page.get_by_label("One colour scale per").input_value() == "network"
    expect_chosen(page, 7)


def test_what_is_weak_is_drawn_stronger_and_its_number_stays(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer2&channel=5")
    near = page.locator(".viewer .closeup")
    said, high = near.locator(".readout").inner_text(), float(near.locator(".legend .high").inner_text())
    before = near.locator("canvas.heat").evaluate(DRAWN)
    page.get_by_label("Boost").select_option("4")
    expect(near.locator(".legend .unit")).to_contain_text("colours 4 times as strong")
    assert near.locator("canvas.heat").evaluate(DRAWN) != before
    assert near.locator(".readout").inner_text() == said
    stronger = float(near.locator(".legend .high").inner_text().removeprefix("≥ "))
    assert abs(stronger - high / 4) < 1e-3 * high


def test_the_box_and_the_maps_choose_the_same_channel(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer2")
    box = page.locator(".st-key-channel-number input")
    box.fill("33")
    box.press("Enter")
    expect_chosen(page, 33)
    box.fill("999")
    box.press("Enter")
    expect_chosen(page, 63)
    expect(box).to_have_value("63")
    box.fill("21")
    box.press("Enter")
    page.get_by_role("button", name="Previous channel").click()
    expect_chosen(page, 20)
    page.wait_for_timeout(400)
    wait_idle(page)
    page.get_by_role("link", name="Filters", exact=True).click()
    wait_idle(page)
    expect(page.locator(".st-key-channel-number input")).to_have_value("20")


def test_a_layer_of_many_numbers_tells_exact_ones_of_the_chosen_channel(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=resnet50&weights=Untrained&layer=layer1")
    trace = explorer.run(explorer.load_network("resnet50", "random"), load_sample("chelsea"))
    page.get_by_role("gridcell", name="Channel 9", exact=True).click()
    readout = page.locator(".viewer .readout")
    expect(readout).not_to_contain_text("about")
    expect(readout).to_contain_text(f"{trace['layer1'][9].max():.4g}")
    page.get_by_role("button", name="More ▶").click()
    expect(page.locator(".viewer .where")).to_contain_text("65 to 128 of 256 channels")


def test_what_is_in_the_browser_stays_there_when_the_server_is_gone(cold_server: Serve, browser: Browser) -> None:
    page = browser.new_context().new_page()  # whose console may complain
    with cold_server() as url:
        go(page, f"{url}/feature_maps?network=pocket_resnet&layer=layer2")
    page.locator("[data-testid=stApp]:not([data-test-connection-state=CONNECTED])").wait_for()
    before = page.locator(".viewer canvas.heat").evaluate(DRAWN)
    page.get_by_role("gridcell", name="Channel 9", exact=True).click()
    expect(page.locator(".viewer .where")).to_contain_text("The server does not answer")
    assert page.locator(".viewer canvas.heat").evaluate(DRAWN) != before
    page.context.close()


def test_the_stages_beside_the_chosen_one_are_fetched_beforehand(server: str, browser: Browser) -> None:
    page = browser.new_context().new_page()  # whose console may complain
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer2")
    page.wait_for_function(f"{PACKED} >= 6")  # values and ranks of the layer, and of the stage on either side
    page.route(re.compile(r"/media/.*\.gz"), lambda route: route.abort())  # what has not come by now does not come
    for stage in ("layer3", "layer2", "layer1"):
        page.locator(".st-key-stages").get_by_role("button", name=re.compile(f"^{stage},")).click()
        expect(page.locator(".viewer .cells")).to_have_attribute("data-layer", stage)
    page.context.close()


def test_maps_that_cannot_be_fetched_are_said_and_asked_for_again(server: str, browser: Browser) -> None:
    page = browser.new_context().new_page()  # whose console may complain
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer1")
    page.route(re.compile("/media/"), lambda route: route.abort())
    box = page.locator(".st-key-layer input")
    box.click()
    box.fill("layer4")
    page.get_by_role("option", name="layer4", exact=True).click()
    expect(page.locator(".viewer .where")).to_contain_text("The maps of layer4 could not be fetched")
    page.unroute(re.compile("/media/"))
    for layer in ("layer1", "layer4"):
        page.locator(".st-key-stages").get_by_role("button", name=re.compile(f"^{layer},")).click()
        expect(page.locator(".viewer .cells")).to_have_attribute("data-layer", layer)
    page.context.close()


def test_the_link_keeps_the_channel_when_another_layer_is_chosen(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer2")
    page.get_by_role("gridcell", name="Channel 9", exact=True).click()
    expect(page).to_have_url(re.compile("channel=9"))
    wait_idle(page)
    page.locator(".st-key-stages").get_by_role("button", name=re.compile("^layer3,")).click()
    expect(page.locator(".viewer .cells")).to_have_attribute("data-layer", "layer3")
    wait_idle(page)
    expect_chosen(page, 9)
    expect(page).to_have_url(re.compile("channel=9"))
    expect_setting(page, "layer=layer3")
