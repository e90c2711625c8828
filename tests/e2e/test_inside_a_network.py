"""Architecture, filters, feature maps and the switchboard, clicked through in a real browser."""

from __future__ import annotations

import base64
import io
import re
from urllib.parse import parse_qs, urlparse

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

import explorer
from explorer.architecture.field import effective_field
from explorer.architecture.figures import field_heat, field_png
from explorer.architecture.hierarchy import stage_costs
from explorer.architecture.nearby import fields_of
from explorer.attribution import class_activation_map
from explorer.filters.gratings import tuning
from explorer.filters.weights import chosen_kernels
from explorer.interventions import sweep
from explorer.pictures.samples import load_sample
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import go, numbers, open_from_menu, taken_away

# Enough to do that there is time to stop it: each channel of 256 switched off takes most of a pass, and stripes are
# shown to layers with large maps for seconds.
LARGE = "network=resnet50&weights=Untrained&layer=layer1"


def test_the_graph_unfolds_and_a_layer_chosen_there_stays_chosen(server: str, page: Page) -> None:
    go(page, f"{server}/architecture?network=pocket_resnet")
    page.get_by_role("button", name=re.compile(r"^layer2: ")).click()
    page.get_by_role("button", name=re.compile(r"^layer2\.0: ")).click()
    page.get_by_role("button", name=re.compile(r"^layer2\.0\.conv1: convolution")).click()
    expect(page.get_by_text("layer2.0.conv1 is convolution: 64 × 20 × 20 values", exact=False)).to_be_visible()
    wait_idle(page)
    open_from_menu(page, "Filters")
    expect(page.locator("h1")).to_have_text("Filters")
    expect(page.get_by_text("layer2.0.conv1 is a convolution of 64 filters", exact=False)).to_be_visible()
    wait_idle(page)
    open_from_menu(page, "Switchboard")
    expect(page.get_by_text("Channels of layer2.0.conv1, 0 to 63", exact=False).first).to_be_visible()
    wait_idle(page)


def test_the_graph_is_sent_once_and_saved_as_it_stands(server: str, page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith(".json") else None)
    go(page, f"{server}/architecture?network=pocket_resnet")
    with page.expect_download() as folded:
        page.get_by_role("button", name="Picture", exact=True).click()
    page.get_by_role("button", name=re.compile(r"^layer4: ")).click()
    page.get_by_role("button", name=re.compile(r"^layer4\.0: ")).click()
    page.get_by_role("button", name=re.compile(r"^layer4\.0\.relu: ")).click()
    expect(page.get_by_text("layer4.0.relu is ReLU: ", exact=False)).to_be_visible()
    wait_idle(page)
    with page.expect_download() as unfolded:
        page.get_by_role("button", name="Picture", exact=True).click()
    small, large = (Image.open(io.BytesIO(found.value.path().read_bytes())) for found in (folded, unfolded))
    assert large.size[1] > small.size[1] > 1000
    assert len(small.convert("RGB").getcolors(1 << 24)) > 20  # boxes, lines and letters, not an empty sheet
    assert len([url for url in sent if "/media/" in url]) == 1


def test_picture_numbers_and_code_can_be_taken_away(server: str, page: Page) -> None:
    go(page, f"{server}/?network=pocket_resnet")
    trace = explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")
    assert np.allclose(numbers(page, "evidence"), class_activation_map(trace), atol=1e-5)
    assert Image.open(io.BytesIO(taken_away(page, "evidence", "Picture"))).size[0] >= 160
    page.locator(".st-key-evidence-away button").first.click()
    expect(page.get_by_text("class_activation_map(trace, 'grad_cam', 'layer4')", exact=False)).to_be_visible()
    wait_idle(page)
    go(page, f"{server}/architecture?network=pocket_resnet&architecture_view=Weights+and+time")
    assert np.array_equal(numbers(page, "parameters"), stage_costs(trace.network)[:, 0])
    go(page, f"{server}/filters?network=pocket_resnet&layer=layer1.0.conv1&filter=5")  # as links once named it
    assert np.array_equal(numbers(page, "response"), trace["layer1.0.conv1"][5])
    page.get_by_role("tab", name="Its weights").click()
    assert np.array_equal(numbers(page, "weights"), chosen_kernels(trace.network, "layer1.0.conv1", [5], False))
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer2&channel=9")
    assert np.array_equal(numbers(page, "channel"), trace["layer2"][9])


def test_a_unit_moves_and_sees_another_part(server: str, page: Page) -> None:
    trace = explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")
    go(page, f"{server}/architecture?network=pocket_resnet&layer=layer1")
    expect(page.get_by_text("Unit (20, 20) of layer1 can see", exact=False)).to_be_visible()
    figure = page.locator(".st-key-unit-seen")
    drawn = figure.locator("canvas.all")
    expect(drawn).to_have_attribute("data-channel", "0,20,20")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    figure.get_by_role("slider", name="Unit y").press("ArrowLeft")
    expect(drawn).to_have_attribute("data-channel", "0,19,20", timeout=250)  # the server hears of it after 300 ms
    assert requests == []
    (field,) = fields_of(trace, "layer1", [(0, 19, 20)])
    shown = field_png(trace, field_heat(trace.network, "layer1", (0, 19, 20), field))
    painted = drawn.evaluate("canvas => canvas.toDataURL()").partition(",")[2]
    found, right = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), np.int16) for png in (base64.b64decode(painted), shown)
    )
    assert np.abs(found - right).max() <= 2  # a browser rounds the mean of two colours otherwise
    expect(page.get_by_text("Unit (19, 20) of layer1 can see", exact=False)).to_be_visible()
    wait_idle(page)
    for _ in range(9):  # farther than what was sent ahead
        figure.get_by_role("slider", name="Unit x").press("ArrowRight")
    expect(drawn).to_have_attribute("data-channel", "0,19,29")
    expect(page.get_by_text("Unit (19, 29) of layer1 can see", exact=False)).to_be_visible()
    page.locator(".st-key-channel-number .more").click()
    expect(drawn).to_have_attribute("data-channel", "1,19,29")
    wait_idle(page)
    effective = effective_field(trace.network, trace.image, "layer1", 1, 19, 29)
    assert np.array_equal(numbers(page, "unit"), effective)


def test_what_a_unit_of_an_early_layer_sees_is_enlarged(server: str, page: Page) -> None:
    go(page, f"{server}/architecture?network=pocket_resnet&layer=conv1")
    near = page.locator(".st-key-unit-seen canvas.near")
    expect(near).to_be_visible()
    assert near.evaluate("canvas => [canvas.width, canvas.height]") == [7, 7]
    go(page, f"{server}/architecture?network=pocket_resnet&layer=layer4")
    expect(page.locator(".st-key-unit-seen canvas.all")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".st-key-unit-seen canvas.near")).to_be_hidden()


def test_the_times_are_measured(server: str, page: Page) -> None:
    go(page, f"{server}/architecture?network=pocket_resnet&architecture_view=Weights+and+time")
    page.get_by_role("button", name="Measure each layer’s time").click()
    expect(page.get_by_role("button", name="Measure again")).to_be_visible(timeout=60_000)
    wait_idle(page)
    expect(page.get_by_text("The time was measured on this machine", exact=False)).to_be_visible()


def test_filters_are_ordered_folded_and_set_beside_their_untrained_twin(server: str, page: Page) -> None:
    go(page, f"{server}/filters?network=pocket_resnet&layer=conv1")
    page.get_by_label("Order by").click()
    page.get_by_role("option", name="norm", exact=True).click()
    expect(page.get_by_text("In order", exact=False).first).to_be_visible()
    page.get_by_text("Folded with batch norm").click()
    wait_idle(page)
    page.get_by_role("tab", name="Its weights").click()
    expect(page.get_by_text("folded with its batch norm", exact=False).first).to_be_visible()
    wait_idle(page)
    page.get_by_role("tab", name="All filters").click()
    wait_idle(page)
    page.get_by_text("Beside the untrained twin").click()
    expect(page.get_by_text("Its untrained twin")).to_be_visible()
    wait_idle(page)
    page.get_by_role("gridcell", name="Filter 7", exact=True).first.click()
    expect(page.locator(".st-key-channel-number input")).to_have_value("7")
    wait_idle(page)


def test_what_a_filter_answers_to_is_measured(server: str, page: Page) -> None:
    go(page, f"{server}/filters?network=pocket_resnet&layer=conv1&channel=3&filters_view=What+it+answers+to")
    page.get_by_text("Measure it with stripes and plain colours").click()
    expect(page.get_by_text("Filter 3 of conv1 answers most to stripes at", exact=False)).to_be_visible(timeout=60_000)
    found = tuning(explorer.load_network("pocket_resnet"), "conv1").gratings[3]
    np.testing.assert_allclose(numbers(page, "tuning"), found, rtol=1e-4, atol=1e-6)


def test_the_measurement_of_a_filter_can_be_stopped(server: str, page: Page) -> None:
    page.goto(f"{server}/filters?{LARGE}&tuned=true&filters_view=What+it+answers+to")
    page.locator(".st-key-tuned-stop button").click(timeout=60_000)
    expect(page.get_by_text("Showing it stripes and colours: stopped.")).to_be_visible()
    page.get_by_role("button", name="Start again").click()
    page.locator(".st-key-tuned-stop button").click(timeout=60_000)
    expect(page.get_by_text("Showing it stripes and colours: stopped.")).to_be_visible()


def test_every_view_of_the_maps_opens_and_is_in_the_link(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer2")
    for view, words in (
        ("Statistics", "Which channels are alike"),
        ("Before and after", "both on one scale"),
        ("Several pictures", "Choose up to four samples"),
        ("Through depth", "compare patterns, not brightness"),
        ("All channels", "one map per channel"),
    ):
        page.get_by_role("tab", name=view, exact=True).click()
        expect(page.get_by_text(words, exact=False).first).to_be_visible()
        wait_idle(page)
        page.reload()
        wait_idle(page)
        expect(page.get_by_text(words, exact=False).first).to_be_visible()


def test_a_channel_is_switched_off_and_on_again(server: str, page: Page) -> None:
    go(page, f"{server}/switchboard?network=pocket_resnet&layer=layer4&switched=5")
    switched_off = page.locator("p", has_text="off").first
    expect(switched_off).to_be_visible()
    page.get_by_role("button", name="Only these", exact=True).click()
    wait_idle(page)
    page.get_by_role("button", name="Reset", exact=True).click()
    wait_idle(page)
    expect(page).not_to_have_url(re.compile("switched="))


def test_which_channels_matter_is_swept_and_taken_over(server: str, page: Page) -> None:
    go(page, f"{server}/switchboard?network=pocket_resnet&layer=layer4")
    page.get_by_role("button", name="Which channels matter?").click()
    expect(page.get_by_role("button", name="Take these over")).to_be_visible(timeout=60_000)
    trace = explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")
    np.testing.assert_allclose(numbers(page, "sweep"), sweep(trace, "layer4"), rtol=1e-3, atol=1e-4)
    page.get_by_role("button", name="Take these over").click()
    wait_idle(page)
    expect(page).to_have_url(re.compile("switched="))


def test_a_sweep_can_be_cancelled(server: str, page: Page) -> None:
    go(page, f"{server}/switchboard?{LARGE}")
    page.get_by_role("button", name="Which channels matter?").click()
    page.locator(".st-key-sweep-cancel button").click()
    wait_idle(page)
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Which channels matter?")).to_be_enabled()
    expect(page.get_by_role("button", name="Take these over")).to_have_count(0)


def test_a_typed_number_is_one_channel(server: str, page: Page) -> None:
    go(page, f"{server}/switchboard?network=pocket_resnet&layer=layer4")
    page.locator(".st-key-switched input").first.click()
    page.keyboard.type("92")
    page.keyboard.press("Enter")
    wait_idle(page)
    expect(page.locator("p", has_text="off").first).to_be_visible()
    assert parse_qs(urlparse(page.url).query)["switched"] == ["92"]
