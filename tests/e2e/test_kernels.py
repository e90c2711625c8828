"""Filters in the browser: another one, its kernels and its response ask the server for nothing."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, WebSocket, expect

import explorer
from explorer.drawing.color import palette
from explorer.filters.figures import rgb_tile, scale_around
from explorer.filters.weights import kernels
from explorer.pictures.samples import load_sample
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import OpenPage, expect_setting, go

ADDRESS = "filters?network=pocket_resnet&layer=layer2.0.conv1"
CELLS = ".st-key-{} .cells button"


@pytest.fixture(scope="module")
def trace() -> explorer.Trace:
    return explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")


def drawn(canvas: Locator, height: int, width: int) -> np.ndarray:
    """One pixel of each cell of a tile."""
    url: str = canvas.evaluate("canvas => canvas.toDataURL()")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))
    times = len(pixels) // height
    assert pixels.shape == (height * times, width * times, 3)
    return pixels[::times, ::times]


def test_another_filter_its_kernels_and_its_response_are_seen_before_the_server_hears_of_it(
    server: str, open_page: OpenPage, trace: explorer.Trace
) -> None:
    page = open_page()
    sent: list[bytes | str] = []
    requests: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))

    page.on("websocket", listen)
    go(page, f"{server}/{ADDRESS}")
    page.on("request", lambda request: requests.append(request.url))
    weights = kernels(trace.network, "layer2.0.conv1")
    page.locator(CELLS.format("filter-sheet")).first.focus()
    sent.clear()
    for index in range(1, 11):
        page.keyboard.press("ArrowRight")
        heat = page.locator(".st-key-filter-response canvas.heat")
        expect(heat).to_have_attribute("data-channel", str(index), timeout=250)
        inputs = page.locator(".st-key-input-sheet .cells")
        expect(inputs).to_have_attribute("data-channel", str(index), timeout=250)
    assert sent == []
    assert requests == []
    scale = scale_around(weights[10])
    for i in (0, 17, 31):
        tile = drawn(page.locator(CELLS.format("input-sheet")).nth(i).locator("canvas"), 3, 3)
        assert np.array_equal(tile, palette("signed")[scale.indices(weights[10, i])])
    expect(page.locator(".st-key-input-sheet .cells")).to_have_attribute(
        "aria-label", "Kernels of filter 10 of layer2.0.conv1"
    )
    expect(page.locator(".st-key-input-sheet .legend .high")).to_have_text(f"{scale.high:.4g}")
    page.wait_for_timeout(600)
    wait_idle(page)
    assert len(sent) == 1
    expect_setting(page, "channel=10")
    expect(page.get_by_text("Filter 10", exact=False).first).to_be_visible()


def test_the_filters_of_a_first_layer_have_the_colours_of_the_picture_s_numbers(
    server: str, page: Page, trace: explorer.Trace
) -> None:
    go(page, f"{server}/filters?network=pocket_resnet&layer=conv1&filter_order=colour")
    weights = kernels(trace.network, "conv1")
    cells = page.locator(CELLS.format("filter-sheet"))
    for i in (0, 5):
        index = int(cells.nth(i).locator("span").inner_text())
        tile = drawn(cells.nth(i).locator("canvas").first, *weights.shape[2:])
        taken = rgb_tile(weights[index])[:, :, :3]
        times = len(taken) / len(tile)
        at = [int((n + 0.5) * times) for n in range(len(tile))]
        assert np.array_equal(tile, taken[np.ix_(at, at)])
    response = cells.first.locator("canvas").nth(1)
    index = int(cells.first.locator("span").inner_text())
    values = trace["conv1"][index]
    assert np.array_equal(drawn(response, *values.shape), palette("signed")[scale_around(values).indices(values)])


def test_an_input_is_chosen_where_its_kernel_is(server: str, page: Page) -> None:
    go(page, f"{server}/{ADDRESS}&channel=3")
    page.locator(CELLS.format("input-sheet")).nth(9).click()
    page.wait_for_timeout(400)
    wait_idle(page)
    expect_setting(page, "input=9")
    expect(page.get_by_label("Input, 0 to 31")).to_have_value("9")
    chosen = page.locator(".st-key-input-sheet .cells [aria-selected=true]")
    expect(chosen).to_have_attribute("aria-label", "Input 9")


def test_a_matrix_has_a_row_for_each_filter_and_its_scale(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/filters?network=pocket_resnet&layer=layer2.0.downsample.0")
    weights = kernels(trace.network, "layer2.0.downsample.0")[:, :, 0, 0]
    scale = scale_around(weights)
    rows = page.locator(CELLS.format("filter-sheet"))
    expect(rows).to_have_count(32)
    row = drawn(rows.nth(7).locator("canvas"), 1, weights.shape[1])
    assert np.array_equal(row[0], palette("signed")[scale.indices(weights[7])])
    expect(page.locator(".st-key-filter-sheet .legend .high")).to_have_text(f"{scale.high:.4g}")
