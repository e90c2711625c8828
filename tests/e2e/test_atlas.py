"""The map of an atlas's pictures in a browser: seen in both themes, drawn around, looked at layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import explorer
from tests import atlases
from tests.atlases import drawn_atlas
from tests.e2e.axe import faults
from tests.e2e.chromium import wait_idle
from tests.e2e.conftest import serve
from tests.e2e.visit import expect_text, go

VIEWS = ("The map", "What is taken for what", "Likely mislabelled", "There twice")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("atlases")
    network = explorer.load_network("pocket_resnet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(atlases, "CLASSES", ("cat", "llama", "dog"))
        drawn_atlas(folder / "one", network, tuple(network.resolve(name) for name in ("layer1", "layer4")))
    with serve(environment={"EXPLORER_ATLAS_DIR": str(folder)}) as url:
        yield f"{url}/atlas?network=pocket_resnet"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_grave(address: str, page: Page, view: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    go(page, f"{address}&atlas_view={view.replace(' ', '+')}")
    found = faults(page)
    assert not found, "\n".join(found)


def test_what_is_drawn_around_stands_beside_the_map(address: str, page: Page) -> None:
    go(page, address)
    plot = page.locator(".st-key-atlas-map-chart .js-plotly-plot .nsewdrag").first
    expect(plot).to_be_visible()
    box = plot.bounding_box()
    assert box is not None
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    page.mouse.move(x + 2, y + 2)
    page.mouse.down()
    for right, down in ((0.98, 0.01), (0.98, 0.98), (0.01, 0.98), (0.01, 0.01)):
        page.mouse.move(x + right * width, y + down * height, steps=8)
    page.mouse.up()
    expect_text(page, "pictures drawn around")
    wait_idle(page)


@pytest.mark.parametrize("network", ["pocket_resnet", "efficientnet_lite0"])
def test_the_whole_map_with_its_legend_is_seen_on_a_projector(address: str, page: Page, network: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    go(page, f"{address.partition('?')[0]}?network={network}")
    box = page.locator(".st-key-atlas-map-chart .js-plotly-plot").bounding_box()
    assert box is not None
    assert box["height"] > 350
    assert box["y"] + box["height"] <= 720
    legend = page.locator(".st-key-atlas-map-chart .legend").first.bounding_box()
    assert legend is not None
    assert legend["y"] + legend["height"] <= 720
    page.get_by_role("button", name="Which pictures").click()
    expect_text(page, "Taken for")


def test_it_fits_a_phone(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    go(page, address)
    sideways = page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth")
    assert sideways <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_concept_is_asked_about_and_axe_finds_nothing_grave(address: str, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    view = "saliency_view=A+concept+of+yours&concept_layers=the+chosen+layer"
    go(page, f"{address.replace('/atlas', '/saliency')}&{view}")
    asked = page.get_by_role("button", name="Ask about “stripes”")
    if asked.count():  # what was found for one scheme is there for the other
        asked.click()
    expect_text(page, "a step towards 'stripes' raises the logit of “cat”")
    wait_idle(page)
    expect(page.locator(".st-key-concept-scores-chart .js-plotly-plot").first).to_be_visible()
    found = faults(page)
    assert not found, "\n".join(found)
