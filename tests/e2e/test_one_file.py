"""A file that was taken along: made in the app, opened from a disk without a server and without a connection."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

import explorer
from explorer.exporting import export
from explorer.exporting.verifying import verify
from tests.e2e.axe import faults
from tests.e2e.conftest import OpenPage
from tests.e2e.visit import go

PICTURE = Path(explorer.__file__).parents[1] / "assets" / "samples" / "chelsea.jpg"
OTHER = PICTURE.with_name("raccoon.jpg")
# Instances of WebAssembly, one for each convolution where the page may have them.
COUNTED = """window.nAssembled = 0; WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct: (made, given) => { const found = new made(...given); nAssembled++; return found; } })"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    trace = explorer.run(explorer.load_network("pocket_resnet"), explorer.read_image(PICTURE), "top")
    return export(trace, tmp_path_factory.mktemp("taken") / "cat.html", report=True).as_uri()


@pytest.fixture(scope="module")
def with_network(tmp_path_factory: pytest.TempPathFactory) -> str:
    trace = explorer.run(explorer.load_network("pocket_resnet"), explorer.read_image(PICTURE), "top")
    place = tmp_path_factory.mktemp("taken") / "live.html"
    return export(trace, place, ["layer4"], live=True).as_uri()


def near(page: Page, part: str, view: str) -> None:
    """Bring a view to where it is seen."""
    page.locator(f"#{part} [data-view={view}]").first.scroll_into_view_if_needed()


def test_a_newcomer_has_a_file_in_hand_with_three_presses(server: str, open_page: OpenPage) -> None:
    page = open_page()
    go(page, f"{server}/pooling?network=pocket_resnet")
    page.locator(".st-key-along button").first.click()
    expect(page.get_by_text("5 layers with all maps, and all else: up to")).to_be_visible()
    page.get_by_role("button", name="Make the file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download it").click()
    assert download.value.suggested_filename == "pocket-resnet-chelsea.html"
    content = download.value.path().read_bytes()
    assert content.startswith(b"<!DOCTYPE html>")
    assert b"Pocket ResNet sees: cat" in content


def taken(page: Page, kind: str) -> tuple[str, bytes]:
    """The file of another kind, made and downloaded: its name, and what is in it."""
    page.locator(".st-key-along button").first.click()
    page.get_by_test_id("stPopoverBody").get_by_role("radio", name=kind, exact=True).click()
    page.get_by_role("button", name="Make the file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download it").click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_a_zip_of_the_app_is_verified_to_the_bit(server: str, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    go(page, f"{server}/saliency?network=lenet5&sample=digit")
    name, content = taken(page, "ZIP")
    assert name.endswith(".zip")
    place = tmp_path / name
    place.write_bytes(content)
    found = verify(place)
    assert found.is_same
    assert len(found.figures) > 5


def test_a_notebook_of_the_app_names_what_was_chosen(server: str, open_page: OpenPage) -> None:
    page = open_page()
    go(page, f"{server}/saliency?network=lenet5&sample=digit&class=5")
    name, content = taken(page, "Notebook")
    assert name.endswith(".ipynb")
    found = nbformat.reads(content.decode(), as_version=4)
    nbformat.validate(found)
    code = "\n".join(cell.source for cell in found.cells if cell.cell_type == "code")
    assert "load_sample('digit')" in code
    assert "explorer.load_network('lenet5', 'pretrained')" in code
    assert "target=5" in code


def test_a_live_page_of_the_app_answers_with_no_connection(server: str, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    go(page, f"{server}/?network=pocket_resnet&sample=chelsea")
    name, content = taken(page, "Live page")
    place = tmp_path / name
    network = explorer.load_network("pocket_resnet")
    best = explorer.run(network, explorer.read_image(OTHER)).top(1)[0]
    n_convolutions = sum(layer.kind == "convolution" for layer in network.layers.values())
    for now, n_assembled in ((content, n_convolutions), (content.replace(b"'wasm-unsafe-eval'", b""), 0)):
        place.write_bytes(now)
        alone = open_page(offline=True)
        alone.add_init_script(COUNTED)
        alone.goto(place.as_uri())
        live = alone.locator("#live [data-view=live]")
        with alone.expect_file_chooser() as chooser:
            live.get_by_role("button", name="Choose a picture").click()
        chooser.value.set_files(OTHER)
        expect(live.locator(".answer .rows button").first).to_have_attribute(
            "aria-label", re.compile(f"^{re.escape(best.category)}: probability ")
        )
        assert alone.evaluate("nAssembled") == n_assembled


def test_it_opens_from_a_disk_and_a_pressed_channel_is_another_map(address: str, open_page: OpenPage) -> None:
    page = open_page(offline=True, viewport={"width": 1280, "height": 720})
    page.goto(address)
    expect(page.locator("#journey img").first).to_have_js_property("naturalWidth", 160)
    near(page, "layer-0", "viewer")
    heat = page.locator("#layer-0 [data-view=viewer] canvas.heat")
    expect(heat).to_have_attribute("data-channel", "0")
    before = heat.evaluate("canvas => canvas.toDataURL()")
    page.locator("#layer-0 [data-view=viewer] .cells button").nth(5).click()
    expect(heat).to_have_attribute("data-channel", "5")
    assert heat.evaluate("canvas => canvas.toDataURL()") != before
    # its window shows the same channel, and adds up to what was recorded
    near(page, "layer-0", "operation")
    expect(page.locator("#layer-0 [data-view=operation] .output .title")).to_have_text("conv1, channel 5")
    # a map of the journey opens its layer with its channel
    page.locator("#journey").get_by_role("button", name="of layer1").first.click()
    expect(page.locator("details[open]#layer-1")).to_have_count(1)
    expect(page.locator("#layer-1 [data-view=viewer] [aria-selected=true]")).to_be_visible()
    # so does an operation of the graph
    page.locator("#graph summary").first.click()
    near(page, "graph", "graph")
    page.locator("#graph svg .box").filter(has_text="bn1").first.click()
    expect(page.locator("#layer-0 [data-view=viewer] canvas.heat")).to_be_in_viewport()
    near(page, "graph", "graph")
    expect(page.locator("#graph svg .box.chosen")).to_contain_text("bn1")
    # another class is explained, by name
    page.locator("#evidence").get_by_role("button", name="dog", exact=True).click()
    expect(page.locator("#evidence [data-view=evidence]").first).to_contain_text("“dog”")
    expect(page.locator("#classifier [data-view=ledger] [aria-pressed=true]")).to_contain_text("dog")


def test_a_reader_s_own_picture_is_answered_as_by_torch(with_network: str, open_page: OpenPage) -> None:
    page = open_page(offline=True, viewport={"width": 390, "height": 800}, bypass_csp=True)
    page.goto(with_network)
    live = page.locator("#live [data-view=live]")
    live.locator("input[type=file]").set_input_files(OTHER)
    bars = live.locator(".answer .rows button")
    expect(bars).to_have_count(5)
    trace = explorer.run(explorer.load_network("pocket_resnet"), explorer.read_image(OTHER))
    for bar, best in zip(bars.all(), trace.top(5), strict=True):
        said = bar.get_attribute("aria-label") or ""
        name, percents = said.split(": probability ")
        assert name == best.category
        # four figures are shown, and logits are within 1e-4 of torch's
        assert float(percents.split(" · ")[0]) == pytest.approx(100 * best.probability, rel=6e-4)
    expect(live.locator(".told")).to_contain_text(f"{OTHER.name}: worked out in ")
    expect(live.locator(".layers canvas").first).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert not faults(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it_wide_or_narrow(address: str, open_page: OpenPage, scheme: str) -> None:
    page = open_page(offline=True, viewport={"width": 390, "height": 800}, color_scheme=scheme, bypass_csp=True)
    page.goto(address)
    ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 22, 22)"}
    grounds = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(grounds) == ground[scheme]
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(grounds) == ground["dark" if scheme == "light" else "light"]
    page.get_by_role("button", name="Light or dark").click()
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    for view in page.locator(".view").all():
        view.scroll_into_view_if_needed()
        expect(view).to_have_attribute("data-drawn", "")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert not faults(page)
    page.set_viewport_size({"width": 1280, "height": 720})
    assert not faults(page)
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
