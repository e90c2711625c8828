"""Figures as they are drawn on the page: nothing hides what they show."""

from __future__ import annotations

from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chromium import wait_idle
from tests.e2e.visit import OpenPage, go

# every caption and every part of the picture on a sheet, as rectangles on the page
PLACES = """list => [...list.querySelectorAll("button")].map(
  button => [...button.querySelectorAll("span, i, canvas")].map(part => {
    const { left, top, right, bottom } = part.getBoundingClientRect();
    return [left, top, right, bottom];
  }))"""


@pytest.mark.parametrize(
    ("address", "sheet", "n"),
    [
        ("filters?network=pocket_resnet&layer=layer2.0.conv1", "filter-sheet", 64),
        ("filters?network=pocket_resnet&layer=layer2.0.downsample.0", "filter-sheet", 32),
        ("feature_maps?network=pocket_resnet&layer=layer4", "viewer", 64),
    ],
)
def test_the_number_of_a_tile_stands_beside_it(server: str, page: Page, address: str, sheet: str, n: int) -> None:
    go(page, f"{server}/{address}")
    cells = page.locator(f".st-key-{sheet} .cells")
    places = cells.evaluate(PLACES)
    assert len(places) == n
    tiles = [tile for _, tile in places]
    for caption, _ in places:
        assert caption[3] - caption[1] > 8  # there is one to be read
        for left, top, right, bottom in tiles:
            across = min(caption[2], right) - max(caption[0], left)
            down = min(caption[3], bottom) - max(caption[1], top)
            assert across <= 0.5 or down <= 0.5


def switched(page: Page) -> list[str]:
    wait_idle(page)
    return parse_qs(urlparse(page.url).query).get("switched", [])


def test_channels_are_switched_where_their_maps_are(server: str, page: Page) -> None:
    """By a click and by the keys; the arrows lead on and switch nothing."""
    go(page, f"{server}/switchboard?network=pocket_resnet&layer=layer4")
    maps = page.locator(".st-key-switch-mosaic")
    maps.get_by_role("button", name="Channel 3", exact=True).click()
    expect(maps.get_by_role("button", name="Channel 3, off", exact=True)).to_have_attribute("aria-pressed", "true")
    assert switched(page) == ["3"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert switched(page) == ["3"]
    page.keyboard.press("Enter")
    expect(maps.get_by_role("button", name="Channel 17, off", exact=True)).to_be_focused()
    assert switched(page) == ["3", "17"]
    expect(page.get_by_text("With 2 of 256 channels of layer4 switched off", exact=False)).to_be_visible()
    maps.get_by_role("button", name="Channel 3, off", exact=True).click()
    expect(maps.get_by_role("button", name="Channel 3", exact=True)).to_have_attribute("aria-pressed", "false")
    assert switched(page) == ["17"]


SCROLLED = """place => {
  place.scrollLeft = 80;
  const left = place.getBoundingClientRect().left;
  return [place.scrollLeft, ...[...place.querySelectorAll("%s")].map(
    one => [one.getBoundingClientRect().left - left, getComputedStyle(one).backgroundColor])];
}"""


@pytest.mark.parametrize(
    ("address", "place", "first"),
    [
        (
            "filters?network=pocket_resnet&layer=conv1&filters_view=Its+weights",
            ".st-key-weight-numbers table",
            "th[scope=row]",
        ),
        ("feature_maps?network=pocket_resnet&layer=layer1&view=Through+depth", ".st-key-film-strip .scroll", ".names"),
        ("convolution?network=pocket_resnet&layer=layer1.0.conv1", ".st-key-sum .products", "td:first-child"),
    ],
)
def test_what_a_row_is_called_stays_when_its_numbers_are_scrolled(
    server: str, open_page: OpenPage, address: str, place: str, first: str
) -> None:
    page = open_page(viewport={"width": 300, "height": 900})
    go(page, f"{server}/{address}")
    by, *names = page.locator(place).first.evaluate(SCROLLED % first)
    assert by > 20
    assert names
    for left, background in names:
        assert abs(left) < 2
        assert "rgba" not in background  # nothing shines through


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("network", ["efficientnet_lite0", "pocket_resnet", "lenet5&sample=digit"])
def test_no_number_in_the_window_is_cut(server: str, open_page: OpenPage, network: str, width: int) -> None:
    """With kernels of 3 x 3, 7 x 7 and 5 x 5."""
    page = open_page(viewport={"width": width, "height": 900})
    go(page, f"{server}/convolution?network={network}")
    cells = page.locator(".st-key-player .cells span")
    expect(cells.first).not_to_be_empty()
    cut = cells.evaluate_all("cells => cells.filter(c => c.scrollWidth > c.clientWidth).map(c => c.textContent)")
    assert cells.count() in (27, 147, 75)
    assert cut == []


LONG = "features.denseblock4.denselayer16.conv1"
CUT = """() => [...document.querySelectorAll("[data-testid=stMain] [data-testid=stSelectbox] input")]
  .filter(box => box.scrollWidth > box.clientWidth).map(box => box.value)"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "address",
    [
        f"saliency?evidence_layer={LONG}",
        f"saliency?explain=one+unit+of+a+channel&layer={LONG}",
        "classifier?ledger_kind=one+class+minus+another&other_class=soft-coated+wheaten+terrier",
        f"feature_maps?view=Before+and+after&layer={LONG}",
        f"pooling?pool_map={LONG}",
    ],
)
def test_no_name_in_a_box_is_cut(server: str, open_page: OpenPage, address: str, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 900})
    go(page, f"{server}/{address}&network=densenet121&weights=Untrained")
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate(CUT) == []
