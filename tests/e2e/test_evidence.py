"""Evidence in the browser: stages, classes, colours and scales are followed at once, and the server hears later."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, WebSocket, expect

import explorer
from explorer.attribution import class_activation_map
from explorer.attribution.figures import map_scale, one_scale
from explorer.drawing.color import Scale, palette
from explorer.drawing.picture import enlarge
from explorer.pictures.samples import load_sample
from explorer.trace import FloatArray, Trace
from tests.e2e.chromium import wait_idle
from tests.e2e.conftest import Serve
from tests.e2e.visit import LONG, OpenPage, expect_setting, go

SIDE = 160  # pixels of what the network receives
STAGES = ["relu", "layer1", "layer2", "layer3", "layer4"]
DRAWN = "canvas => canvas.toDataURL()"
# press the keys one after another, ten times a second; which maps were seen
PRESSED = """async (keys) => {
  const inside = (key) => [...document.querySelectorAll(`.st-key-${key} *`)].find((e) => e.shadowRoot).shadowRoot;
  const seen = [];
  for (const key of keys) {
    const at = inside("stages").querySelector("[aria-pressed=true]");
    at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await new Promise((done) => setTimeout(done, 100));
    seen.push(inside("evidence-0").querySelector("canvas.heat").dataset.shown);
  }
  return seen;
}"""


@pytest.fixture(scope="module")
def traces() -> dict[int, Trace]:
    """The passes of the five likeliest classes, likeliest first."""
    network, image = explorer.load_network("pocket_resnet"), load_sample("chelsea")
    top = explorer.run(network, image).top(5)
    return {one.index: explorer.run(network, image, one.index) for one in top}


def heat(page: Page, which: int = 0) -> Locator:
    return page.locator(f".st-key-evidence-{which} canvas.heat")


def expect_shown(page: Page, trace: Trace, stage: str, which: int = 0) -> None:
    expect(heat(page, which)).to_have_attribute("data-shown", f"{trace.network.layer(stage).name} {trace.target}")


def expect_ahead(page: Page) -> None:
    """Wait until the maps of five classes at all stages have come, of which nobody sees anything; at one stage they
    take some hundred bytes."""
    files = """() => performance.getEntriesByType('resource')
      .filter(one => one.name.endsWith('.gz') && one.encodedBodySize > 1000).length >= 5"""
    page.wait_for_function(files, timeout=LONG)
    page.wait_for_timeout(100)


def expect_colours(page: Page, values: FloatArray, scale: Scale, which: int = 0) -> None:
    url = heat(page, which).evaluate(DRAWN)
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))
    expected = scale.indices(enlarge(values, *drawn.shape[:2]))
    colours, levels = (
        palette(scale.palette).astype(int),
        [np.clip(expected.astype(int) + i, 0, 254) for i in (-1, 0, 1)],
    )
    away = [np.abs(drawn - colours[level]).sum(axis=2) for level in levels]
    assert np.min(away, axis=0).max() == 0  # no more than the one level by which OpenCV may round otherwise
    assert np.count_nonzero(away[1]) <= 1e-3 * expected.size


def chosen_class(page: Page) -> str:
    return page.locator(".st-key-saliency-classes [aria-pressed=true] .name").inner_text()


def test_stages_under_a_held_key_are_one_message_to_the_server(
    server: str, open_page: OpenPage, traces: dict[int, Trace]
) -> None:
    page = open_page()
    sent: list[bytes | str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))

    page.on("websocket", listen)
    go(page, f"{server}/saliency?network=pocket_resnet")
    top = next(iter(traces.values()))
    expect_shown(page, top, "layer4")
    expect_ahead(page)
    wait_idle(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    sent.clear()
    seen = page.evaluate(PRESSED, ["ArrowLeft"] * 4 + ["ArrowRight"])
    names = [top.network.layer(stage).name for stage in ("layer3", "layer2", "layer1", "relu", "layer1")]
    assert seen == [f"{name} {top.target}" for name in names]  # each was drawn
    assert sent == []
    assert requests == []
    page.wait_for_timeout(600)
    wait_idle(page)
    assert len(sent) == 1
    expect_setting(page, "layer=layer1")
    expect(page.locator(".st-key-evidence-0-away")).to_be_visible()


def test_a_map_has_the_server_s_colours_and_tells_the_network_s_numbers(
    server: str, page: Page, traces: dict[int, Trace]
) -> None:
    go(page, f"{server}/saliency?network=pocket_resnet")
    top, second = list(traces.values())[:2]
    for stage in ("layer4", "layer2"):
        page.get_by_role("button", name=re.compile(f"^{stage}, ")).click()
        for which, trace in enumerate((top, second)):
            expect_shown(page, trace, stage, which)
            values = class_activation_map(trace, "grad_cam", stage)
            expect_colours(page, values, map_scale(values, "inferno", False, False), which)
            near = page.locator(f".st-key-evidence-{which}")
            expect(near.locator(".readout")).to_contain_text(f"= {values.max():.4g}")
            expect(near.locator(".legend .high")).to_have_text(f"{values.max():.4g}")
    field = top.network.layer("layer2").receptive_field
    assert field.size[0] < SIDE
    place = page.locator(".st-key-evidence-0 .stage")
    place.focus()
    values, width = class_activation_map(top, "grad_cam", "layer2"), SIDE // 8
    for _ in range(width):
        place.press("ArrowLeft")
        place.press("ArrowUp")
    y, x = (max(0, int(at) - width) for at in np.unravel_index(values.argmax(), values.shape))
    above, left, below, right = field.box(y, x, SIDE, SIDE)
    said = f"(y {y}, x {x}) = {values[y, x]:.4g} · sees {below - above} × {right - left} pixels"
    expect(page.locator(".st-key-evidence-0 .readout")).to_have_text(said)


def test_a_likely_class_is_shown_at_once_beside_the_one_it_is_compared_with(
    server: str, open_page: OpenPage, traces: dict[int, Trace]
) -> None:
    page = open_page()
    go(page, f"{server}/saliency?network=pocket_resnet")
    top, _, _, fourth, _ = traces.values()
    expect_shown(page, top, "layer4")
    expect_ahead(page)
    wait_idle(page)
    assert fourth.target is not None
    name = fourth.network.categories[fourth.target]
    # stages and classes pressed in one breath; nothing has been answered when the picture is there
    press = "(button) => { button.click(); return new Promise((done) => setTimeout(done, 60)) }"
    page.locator(".st-key-stages button").nth(STAGES.index("layer3")).evaluate(press)
    page.locator(".st-key-saliency-classes button").nth(3).evaluate(press)
    assert heat(page).get_attribute("data-shown") == f"{fourth.network.layer('layer3').name} {fourth.target}"
    assert heat(page, 1).get_attribute("data-shown") == f"{top.network.layer('layer3').name} {top.target}"
    expect(page).not_to_have_url(re.compile("class="))
    expect(page.locator(".st-key-evidence-0 .heading")).to_contain_text(f"“{name}”")
    values = class_activation_map(fourth, "grad_cam", "layer3")
    expect_colours(page, values, map_scale(values, "inferno", False, False))
    expect_setting(page, f"class={name}")
    expect_setting(page, "layer=layer3")  # neither was lost on the way
    wait_idle(page)
    assert chosen_class(page) == name
    expect_shown(page, fourth, "layer3")


def test_colours_and_scale_are_chosen_at_once_and_stand_in_the_link(
    server: str, page: Page, traces: dict[int, Trace]
) -> None:
    go(page, f"{server}/saliency?network=pocket_resnet")
    maps = [class_activation_map(trace, "grad_cam", "layer4") for trace in list(traces.values())[:2]]
    page.get_by_role("button", name="Drawing").click()
    page.get_by_label("Colours").select_option("viridis")
    page.locator(".st-key-look select").nth(1).select_option("one for all")
    page.wait_for_timeout(100)
    scale = one_scale([map_scale(values, "viridis", False, False) for values in maps])
    for which, values in enumerate(maps):
        expect_colours(page, values, scale, which)
    expect_setting(page, "colors=viridis")
    expect_setting(page, r"map_scale=one+for+all")
    page.keyboard.press("Escape")
    page.reload()
    wait_idle(page)
    expect_colours(page, maps[1], scale, 1)
    page.get_by_role("tab", name="Many maps").click()
    wait_idle(page)
    expect(page.locator(".st-key-depth .legend .unit")).to_contain_text("one scale for all stages")
    expect_setting(page, "colors=viridis")


def test_an_answer_of_many_passes_is_drawn_in_the_browser_too(server: str, page: Page) -> None:
    go(page, f"{server}/saliency?network=lenet5&sample=digit&method=Occlusion&signed=true")
    trace = explorer.run(explorer.load_network("lenet5"), load_sample("digit"), "top")
    found = explorer.attribute(trace.network, trace.image, "occlusion", signed=True).values
    expect(heat(page)).to_have_attribute("data-shown", "the pixels 0")
    expect(page.locator(".st-key-evidence-0 .readout")).to_contain_text(f"= {found.max():.4g}")
    assert heat(page).evaluate("canvas => [canvas.height, canvas.width]") == list(found.shape)
    assert heat(page).evaluate("canvas => getComputedStyle(canvas).imageRendering") == "pixelated"


def test_the_strips_are_drawn_here_and_choose_for_the_page(server: str, page: Page, traces: dict[int, Trace]) -> None:
    go(page, f"{server}/saliency?network=pocket_resnet&saliency_view=Many+maps")
    cells = page.locator(".st-key-depth .cells button")
    expect(cells).to_have_count(len(STAGES))
    assert page.locator(".st-key-depth img").count() == 0
    assert page.locator(".st-key-depth canvas").evaluate("canvas => canvas.width / canvas.height") > 4
    cells.nth(1).click()
    expect(page.get_by_role("button", name=re.compile("^layer1, "))).to_have_attribute("aria-pressed", "true")
    expect_setting(page, "layer=layer1")
    page.get_by_role("tab", name="Classes").click()
    wait_idle(page)
    page.locator(".st-key-classes .cells button").nth(2).click()
    third = list(traces.values())[2]
    assert third.target is not None
    expect_setting(page, f"class={third.network.categories[third.target].replace(' ', '+')}")
    page.get_by_role("tab", name="Evidence").click()
    wait_idle(page)
    expect_shown(page, third, "layer1")


def test_what_is_in_the_browser_stays_there_when_the_server_is_gone(
    cold_server: Serve, browser: Browser, traces: dict[int, Trace]
) -> None:
    page = browser.new_context().new_page()  # whose console may complain
    with cold_server() as url:
        go(page, f"{url}/saliency?network=pocket_resnet")
        expect_shown(page, next(iter(traces.values())), "layer4")
        expect_ahead(page)
    page.locator("[data-testid=stApp]:not([data-test-connection-state=CONNECTED])").wait_for()
    page.locator(".st-key-stages button").nth(1).click()
    expect_shown(page, next(iter(traces.values())), "layer1")
    page.context.close()
