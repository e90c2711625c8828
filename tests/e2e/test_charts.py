"""Charts in a real browser: what is pointed at tells the number that the library works out, and opens what it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

import explorer
from explorer.architecture import hierarchy, stage_costs
from explorer.classifier import ledger
from explorer.faithfulness import deletion, insertion
from explorer.feature_maps.channels import layer_histogram
from explorer.filters import tuning
from explorer.interventions import switch
from explorer.pictures.samples import load_sample
from explorer.wording import number
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import expect_setting, go, taken_away

OpenPage = Callable[..., Page]
NETWORK = "network=pocket_resnet"
# Where in a chart, in pixels of the page, the place (x, y) of its axes lies; beside the axes, at the nearer end.
PLACE = """(plot, [x, y]) => {
  const { left, top } = plot.getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
  const within = (axis, value) => axis._offset + Math.min(Math.max(axis.d2p(value), 1), axis._length - 1);
  return [left + within(xaxis, x), top + within(yaxis, y)];
}"""


@pytest.fixture(scope="module")
def trace() -> explorer.Trace:
    return explorer.run(explorer.load_network("pocket_resnet"), load_sample("chelsea"), "top")


def plot(page: Page, name: str) -> Locator:
    found = page.locator(f".st-key-{name}-chart .js-plotly-plot")
    expect(found.locator(".main-svg").first).to_be_visible(timeout=60_000)
    wait_idle(page)
    found.scroll_into_view_if_needed()
    return found


def point(page: Page, chart: Locator, x: float, y: float, click: bool = False) -> list[float]:
    """Point at a place of a chart; the numbers of its label, in order."""
    left, top = chart.evaluate(PLACE, [x, y])
    for shift in (40, 0):  # arrive from beside it, as a pointer does
        page.mouse.move(left + shift, top)
        page.wait_for_timeout(100)  # Plotly looks where it is twenty times a second
    label = chart.locator(".hoverlayer text")
    expect(label.first).to_be_attached()
    text = " ".join(label.all_text_contents()).replace("−", "-").replace(",", "")
    if click:
        page.mouse.click(left, top)
    return [float(one) for one in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", text)]


def has(said: list[float], *values: float) -> None:
    """Four figures of each value are said."""
    for value in values:
        assert any(abs(one - value) <= 5.1e-4 * abs(value) + 1e-9 for one in said), (value, said)


def saved(page: Page, key: str) -> Image.Image:
    """The picture that a chart of the page's own makes of itself."""
    with page.expect_download() as download:
        page.locator(f".st-key-{key} .save").click()
    return Image.open(io.BytesIO(download.value.path().read_bytes()))


def table(page: Page, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(taken_away(page, name, "CSV").decode())))


def test_the_first_page_waits_for_no_chart(server: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    go(page, f"{server}/?{NETWORK}")
    assert not [url for url in asked if "plotly" in url.lower()]
    assert page.locator(".js-plotly-plot").count() == 0


def test_what_a_stage_costs(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/architecture?{NETWORK}&architecture_view=Weights+and+time")
    stages, costs = hierarchy(trace.network).children, stage_costs(trace.network)
    i = next(i for i, stage in enumerate(stages) if stage.name == "layer2")
    shares = 100 * costs / costs.sum(axis=0)
    has(point(page, plot(page, "work"), float(shares[i, 1]) / 2, i), shares[i, 1])
    has(point(page, plot(page, "parameters"), float(shares[i, 0]) / 2, i, click=True), shares[i, 0])
    expect_setting(page, f"layer={stages[i].layers[-1]}")
    head, *rows = table(page, "parameters")
    assert head[0] == "stage"
    assert [row[0] for row in rows] == [stage.name for stage in stages]
    assert np.allclose([float(row[1]) for row in rows], shares[:, 0], rtol=1e-6)


def test_how_often_values_occur(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/feature_maps?{NETWORK}&layer=layer2&view=Statistics")
    found = layer_histogram(trace, "layer2")
    i = int(found.counts.argmax())
    middle = float(found.edges[i] + found.edges[i + 1]) / 2
    said = point(page, plot(page, "histogram"), middle, float(found.counts[i]) / 2)
    has(said, found.counts[i], found.edges[i], found.edges[i + 1])
    values = trace["layer2"]
    assert found.counts[i] == ((values >= found.edges[i]) & (values < found.edges[i + 1]) & (values != 0)).sum()


def test_what_a_switched_channel_changes(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/switchboard?{NETWORK}&layer=layer3&switched=3&factor=0")
    after = switch(trace, "layer3", {3: 0.0})
    best = int(np.maximum(trace.probabilities, after.probabilities).argmax())
    row = page.locator(".st-key-switched-chart .rows button").first
    row.hover()
    told = page.locator(".st-key-switched-chart .said")
    shares = [number(100 * float(one.probabilities[best])) for one in (trace, after)]
    for share in shares:
        expect(told).to_contain_text(f"{share}\u00a0%")
    row.focus()
    page.keyboard.press("ArrowDown")
    expect(told).not_to_contain_text(trace.network.categories[best])
    head, *rows = table(page, "switched")
    assert head == ["class", "before, probability in percent [%]", "after, probability in percent [%]"]
    assert [number(float(share)) for share in rows[0][1:]] == shares
    assert len(saved(page, "switched-chart").convert("RGB").getcolors(1 << 24) or []) > 5


def test_what_a_filter_answers_to(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/filters?{NETWORK}&layer=conv1&channel=5&tuned=true&filters_view=What+it+answers+to")
    found = tuning(trace.network, "conv1")
    assert found.hues is not None
    has(point(page, plot(page, "tuning-curves"), 45, 1), *found.gratings[5, 3].tolist())
    has(point(page, plot(page, "tuning-hues"), 0, 4), found.hues[5, 4])


def test_a_logit_step_by_step(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/classifier?{NETWORK}")
    assert trace.target is not None
    found = ledger(trace, "channels of the last maps", trace.target)
    strongest, second = found.strongest(10)[0][:2]
    ledgers = page.locator(".st-key-ledger")
    step = ledgers.get_by_role("button", name=re.compile(f"^channel {second}: "))
    step.hover()
    so_far = found.bias + found.terms[strongest] + found.terms[second]
    expect(ledgers.locator(".said")).to_contain_text(f"the sum so far {number(so_far)}")
    step.click()
    expect_setting(page, f"channel={second}")
    head, *rows = table(page, "ledger")
    assert head == ["what is added", "adds", "sum so far, in logits"]
    assert abs(float(rows[-1][2]) - float(trace.logits[trace.target])) < 1e-4
    picture = saved(page, "ledger")
    assert picture.height == 2 * 300
    assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 20


def test_curves_and_the_pictures_at_a_point(server: str, page: Page, trace: explorer.Trace) -> None:
    go(page, f"{server}/saliency?{NETWORK}&saliency_view=Report+card")
    given = explorer.attribute(trace.network, trace.image)
    deleted, inserted = (score(trace, given).probabilities for score in (deletion, insertion))
    chart = plot(page, "report-curves")
    said = point(page, chart, 50, 50, click=True)
    has(said, 50, 100 * deleted[16], 100 * inserted[16])
    wait_idle(page)
    expect(page.locator(".st-key-report-step")).to_contain_text("50\u00a0%")
    mark = chart.locator(".main-svg:first-child + .chart-mark")
    left, _ = chart.evaluate(PLACE, [50, 50])
    box = mark.bounding_box()
    assert box is not None
    assert abs(box["x"] + box["width"] / 2 - left) <= 1
    ends = f"{100 * deleted[-1]:.1f}\u00a0% falls to"
    expect(page.get_by_text(ends, exact=False).first).to_be_visible()
    # whoever looks closer goes on doing so when another point is chosen
    chart.locator("[data-attr=dragmode]").click()
    (left, top), (right, _) = (chart.evaluate(PLACE, [x, 50]) for x in (20, 60))
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(right, top, steps=3)
    page.mouse.up()
    seen = chart.evaluate("(plot) => plot._fullLayout.xaxis.range.map(Math.round)")
    assert seen == [20, 60]
    page.locator(".st-key-report-curves-points").get_by_role("button", name="The next point").click()
    expect(page.locator(".st-key-report-step")).to_contain_text("53.1\u00a0%")
    wait_idle(page)
    assert chart.evaluate("(plot) => plot._fullLayout.xaxis.range.map(Math.round)") == seen
    # and reads the numbers without pointing
    page.locator(".st-key-report-curves-table button").first.click()
    row = page.get_by_test_id("stPopoverBody").get_by_role("row").nth(17)
    expect(row).to_contain_text("50")
    has([float(cell.rstrip("%").strip()) for cell in row.locator("td").all_text_contents()], 50, 100 * deleted[16])


def test_forgetting_and_agreement(server: str, page: Page) -> None:
    go(page, f"{server}/saliency?{NETWORK}&saliency_view=Sanity+check")
    for kind in ("signed", "absolute"):
        head, *rows = table(page, f"sanity-{kind}")
        lines = len(head) - 1
        said = point(page, plot(page, f"sanity-{kind}"), 3, 0)
        has(said, *(float(cell) for cell in rows[3][1 : lines + 1]))
    go(page, f"{server}/saliency?{NETWORK}&saliency_view=Report+card")
    matrix = plot(page, "report-agreement")
    rows = table(page, "report-agreement")[1:]
    has(point(page, matrix, 1, 0), float(rows[0][2]))
    assert float(rows[0][1]) == 1


def test_a_picture_that_moves(server: str, page: Page) -> None:
    go(page, f"{server}/pooling?{NETWORK}&pooling_view=A+picture+that+moves")
    page.get_by_role("button", name="Move the picture by 0 to 16 pixels").click()
    chart = plot(page, "shift-probabilities")
    rows = table(page, "shift-probabilities")[1:]
    assert [float(row[0]) for row in rows] == list(range(17))
    has(point(page, chart, 8, 50), *(float(cell) for cell in rows[8]))


def test_a_finger_on_a_chart_scrolls_the_page(server: str, open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    go(page, f"{server}/feature_maps?{NETWORK}&layer=layer2&view=Statistics")
    chart = plot(page, "histogram")
    box = chart.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["height"] <= 320
    finger, x, y = page.context.new_cdp_session(page), box["x"] + 150, box["y"] + 150
    before = page.get_by_test_id("stMain").evaluate("(main) => main.scrollTop")
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for i in range(1, 11):
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 12 * i}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function(f"document.querySelector('[data-testid=stMain]').scrollTop > {before + 50}")
