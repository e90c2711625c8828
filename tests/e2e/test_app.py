"""The app as people use it: a real server, a real browser, every click a click."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import explorer
from explorer.loading.catalog import FIRST_NETWORK
from explorer.pictures.samples import load_sample
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import answer, expect_setting, go, open_from_menu

ASSETS = Path(__file__).parents[2] / "assets"
PAGES = Path(__file__).parents[2] / "pages"
OpenPage = Callable[..., Page]


MENU = ".st-key-menu [data-testid=stPageLink-NavLink]"


def headline(page: Page) -> str:
    return page.locator("h1").inner_text()


def test_a_deep_link_to_a_cold_server_restores_page_network_layer_channel_and_class(
    cold_server: Callable[[], AbstractContextManager[str]], open_page: OpenPage
) -> None:
    page = open_page()
    query = "network=squeezenet1_1&weights=Untrained&layer=features.4.expand3x3&channel=37&class=tabby&sample=coffee"
    with cold_server() as url:
        go(page, f"{url}/feature_maps?{query}")
        expect(page.locator("h1")).to_have_text("Feature maps")
        assert page.locator("[data-testid=stSidebarNav]").count() == 0
        assert page.locator(MENU).count() == len([*PAGES.glob("*.py")]) - 1  # one is for whoever started the server
        expect(page.locator(".st-key-channel-number input")).to_have_value("37")
        expect(page.get_by_role("gridcell", name="Channel 37", exact=True)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_text("features.4.expand3x3 is convolution", exact=False)).to_be_visible()
        expect(page.get_by_text("Network: SqueezeNet 1.1, untrained", exact=True)).to_be_visible()
        expect(page.get_by_text(re.compile("^Picture: .*[Ee]spresso"))).to_be_visible()
        for setting in query.split("&"):
            expect_setting(page, setting)


def test_the_first_screen_already_says_what_the_network_sees(server: str, page: Page) -> None:
    go(page, server)
    assert headline(page) == f"EfficientNet-Lite0 sees: {answer((ASSETS / 'samples' / 'chelsea.jpg').read_bytes())}"
    band = page.locator(".st-key-journey")
    expect(band.locator(".node")).to_have_count(15)  # three maps of each of five stages
    expect(band.locator(".answer button")).to_have_count(5)
    expect(band.locator("path.up").first).to_be_attached()  # what flows is worked out once the band is there


def test_another_class_of_the_five_is_explained_when_chosen(server: str, page: Page) -> None:
    go(page, server)
    second = page.locator(".answer button").nth(1)
    name = second.locator(".name").inner_text()
    second.click()
    wait_idle(page)
    expect(page.get_by_text(f"add most to the score of “{name}”", exact=False)).to_be_visible()
    expect_setting(page, f"class={name.replace(' ', '+')}")
    trace = explorer.run(explorer.load_network(FIRST_NETWORK), load_sample("chelsea"), "top")
    cam = explorer.attribute(trace.network, trace.image, target=trace.network.categories.index(name)).values
    assert f"{cam.max():.4g}" in page.locator(".probe .legend .high").inner_text()


@pytest.mark.parametrize("by", ["pointer", "keys"])
def test_a_click_in_the_menu_before_the_network_is_ready_is_not_lost(
    by: str, cold_server: Callable[[], AbstractContextManager[str]], open_page: OpenPage
) -> None:
    page = open_page()
    with cold_server() as url:
        page.goto(url, wait_until="commit")
        if by == "pointer":  # which presses what is seen: the first page as it is kept
            page.wait_for_function("document.getElementById('first-view')?.letGo !== undefined")
            box = page.locator("#first-view nav span", has_text="Filters").bounding_box()
            assert box is not None
            page.mouse.click(box["x"] + 20, box["y"] + 10)
        else:
            page.get_by_role("link", name="Filters", exact=True).press("Enter")
        expect(page.locator("h1")).to_have_text("Filters")
        wait_idle(page)
        assert page.url.startswith(f"{url}/filters")


def test_a_stage_of_the_journey_opens_in_feature_maps_and_back_leads_home(server: str, page: Page) -> None:
    go(page, server)
    node = page.get_by_role("button", name=re.compile(r"^Open channel \d+ of blocks\.2$")).first
    channel = re.findall(r"\d+", node.get_attribute("aria-label") or "")[0]
    node.hover()
    expect(page.locator(".journey .said")).to_contain_text(f"Channel {channel} of blocks.2, from ")
    node.click()
    expect(page.locator("h1")).to_have_text("Feature maps")
    wait_idle(page)
    expect_setting(page, "layer=blocks.2")
    expect_setting(page, f"channel={channel}")
    expect(page.get_by_text("blocks.2 ends with addition", exact=False)).to_be_visible()
    page.go_back()
    wait_idle(page)
    assert "sees:" in headline(page)


def test_channels_are_chosen_by_mouse_and_by_arrow_keys(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer1")
    page.get_by_role("gridcell", name="Channel 9", exact=True).click()
    wait_idle(page)
    expect(page.locator(".st-key-channel-number input")).to_have_value("9")
    for key, channel in (("ArrowRight", 10), ("ArrowDown", 18), ("ArrowLeft", 17), ("ArrowUp", 9)):
        page.keyboard.press(key)
        expect(page.locator(".st-key-channel-number input")).to_have_value(str(channel))
        wait_idle(page)
        expect_setting(page, f"channel={channel}")


def test_the_probe_reads_the_network_s_own_numbers(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer2&channel=5")
    trace = explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"))
    values = trace["layer2"][5]
    stage = page.locator(".stage")
    box = stage.bounding_box()
    assert box is not None
    height, width = values.shape
    for y, x in ((0, 0), (7, 12), (height - 1, width - 1)):
        stage.hover(position={"x": (x + 0.5) / width * box["width"], "y": (y + 0.5) / height * box["height"]})
        text = page.locator(".readout").inner_text()
        found = re.search(rf"\(y {y}, x {x}\) = ([-+.e\d]+)", text)
        assert found, text
        assert float(found.group(1)) == pytest.approx(float(values[y, x]), rel=1e-3)
        assert "sees" in text
    stage.focus()
    page.keyboard.press("ArrowLeft")
    assert f"(y {height - 1}, x {width - 2})" in page.locator(".readout").inner_text()


def test_paging_reaches_the_last_channel(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=layer4")
    for first in (64, 128, 192):
        page.get_by_role("button", name="More ▶").click()
        expect(page.get_by_role("gridcell", name=f"Channel {first}", exact=True)).to_be_visible()
        wait_idle(page)
    assert page.get_by_role("gridcell", name="Channel 255", exact=True).count() == 1
    assert page.get_by_role("button", name="More ▶").is_disabled()


def test_absent_weights_are_offered_and_never_become_random(
    server: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    from explorer.loading.load import pretrained_is_here

    if pretrained_is_here("resnet152"):
        pytest.skip("the weights of resnet152 are on this machine")
    go(page, f"{server}/?network=resnet152")
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("are not on this machine yet")
    expect(page.get_by_role("button", name="Fetch ResNet-152 (")).to_be_visible()
    assert page.locator("h1").count() == 0


def test_a_layer_without_height_and_width_is_shown_for_what_it_is(server: str, page: Page) -> None:
    go(page, f"{server}/feature_maps?network=pocket_resnet&layer=fc&channel=2")
    expect(page.get_by_text("It has no place in the picture", exact=False)).to_be_visible()
    trace = explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"))
    expect(page.get_by_text(f"{trace.logits[2]:.6g}", exact=False).first).to_be_visible()


@pytest.mark.parametrize("path", ["", "feature_maps", "?network=lenet5&sample=digit"])
def test_every_picture_is_there_and_none_was_made_lossy(server: str, page: Page, path: str) -> None:
    go(page, f"{server}/{path}")
    page.wait_for_load_state("networkidle")
    pictures = page.evaluate("[...document.images].map(i => [i.src.slice(0, 200), i.complete && i.naturalWidth > 0])")
    assert pictures
    for source, loaded in pictures:
        assert loaded, source
        assert source.startswith("data:image/png") or source.endswith(".png"), source


def test_nothing_is_wider_than_the_window_and_the_ground_is_as_the_system_says(server: str, page: Page) -> None:
    go(page, server)
    for name in page.locator(MENU).all_inner_texts():
        page.set_viewport_size({"width": 1280, "height": 720})  # narrower, the menu would be folded away
        open_from_menu(page, name)
        for width, scheme in ((1280, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 720})
            page.emulate_media(color_scheme=scheme)
            wait_idle(page)
            assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width, name
            ground = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
            brightness = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
            assert (brightness > 128) == (scheme == "light")
