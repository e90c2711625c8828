"""A network trained before one's eyes: followed, played again, interfered with, found again, and taken away."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
import safetensors.torch
from playwright.sync_api import Page, expect

from tests.e2e.axe import faults
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import LONG, OpenPage, expect_text, go, open_from_menu

BY_HEART = "scratch?experiment=Twenty+pictures+by+heart"  # of all experiments the one that is over first
STEP = re.compile(r"[\d,]+")


def number(page: Page, name: str) -> int:
    """Which frame is `shown`, or how many `frames` there are."""
    return int(page.locator(".stage").get_attribute(f"data-{name}") or 0)


def step(page: Page) -> int:
    """The step that is shown."""
    found = STEP.search(page.locator(".bar .step").inner_text())
    assert found is not None
    return int(found[0].replace(",", ""))


def until(page: Page, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 3 * LONG / 1000
    while not holds():
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def begin(page: Page, url: str) -> None:
    go(page, url)
    page.get_by_role("button", name="▶ Train").click()
    until(page, lambda: number(page, "frames") > 4)


def rest(page: Page) -> None:
    """Train no further."""
    pause = page.get_by_role("button", name="Pause")
    if pause.count() and pause.is_enabled():
        pause.click()
    expect(page.get_by_role("button", name=re.compile("Go on$|Trained to the end"))).to_be_visible(timeout=LONG)
    wait_idle(page)


@pytest.fixture
def training(server: str, page: Page) -> Iterator[Page]:
    """A page on which twenty digits are learned. It ends with the test: others wait for its place."""
    begin(page, f"{server}/{BY_HEART}")
    yield page
    if page.get_by_role("button", name="Pause").count():
        rest(page)


def test_a_training_is_followed_paused_and_played_again_without_the_server(training: Page) -> None:
    page = training
    seen = step(page)
    until(page, lambda: step(page) > seen)
    rest(page)
    last, n = step(page), number(page, "frames")
    page.locator(".stage").focus()
    page.keyboard.press("Home")
    assert (step(page), number(page, "shown")) == (0, 0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert number(page, "shown") == 2
    page.keyboard.press("End")
    assert (step(page), number(page, "frames")) == (last, n)
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: asked.append(socket.url)))
    page.keyboard.press("Space")  # from the beginning: two pictures a second for who wants little motion
    until(page, lambda: 0 < number(page, "shown") < n - 1)
    page.keyboard.press("Space")
    held = number(page, "shown")
    page.wait_for_timeout(1200)
    assert number(page, "shown") == held
    assert not asked


def test_a_training_goes_on_from_an_earlier_step_and_one_step_at_a_time(training: Page) -> None:
    page = training
    rest(page)
    before = step(page)
    page.locator(".stage").focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    back = step(page)
    page.get_by_role("button", name="Go on from here").click()
    until(page, lambda: step(page) > back and number(page, "shown") == number(page, "frames") - 1)
    assert back < before
    rest(page)
    last = step(page)
    page.get_by_role("button", name="One step").click()
    until(page, lambda: step(page) == last + 1)


def test_a_weight_and_a_slider_are_changed_and_stand_in_the_film(training: Page) -> None:
    page = training
    rest(page)
    page.locator(".kernels canvas").nth(2).click(position={"x": 3, "y": 3})
    assert page.get_by_role("spinbutton", name="Kernel").input_value() == "2"
    expect(page.locator("form .now")).to_have_text(re.compile(r"^c1: −?[\d.]+"))
    page.get_by_label("make it").fill("0.75")
    page.get_by_role("button", name="Write it in").click()
    expect(page.locator("form .now")).to_have_text("c1: 0.75", timeout=LONG)
    expect(page.locator(".bar .event")).to_contain_text("Weight [2, 0, 0, 0] of c1 set by hand to 0.75")
    slider = page.get_by_role("slider", name="Learning rate")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".bar .event")).to_contain_text("learning rate 0.02 instead of 0.05", timeout=LONG)
    assert page.locator(".marks button").count() == 2
    page.get_by_role("tab", name="What was changed").click()
    expect_text(page, "learning rate 0.02 instead of 0.05")
    page.get_by_role("tab", name="The curves").click()
    expect(page.locator(".js-plotly-plot")).to_have_count(2, timeout=LONG)
    wait_idle(page)


def test_a_training_is_found_again_by_its_link(training: Page, open_page: OpenPage) -> None:
    page = training
    rest(page)
    last = step(page)
    for other in (page, open_page()):
        go(other, page.url.replace("experiment=Twenty+pictures+by+heart&", ""))
        until(other, lambda other=other: step(other) == last)
        expect(other.locator(".st-key-experiment input")).to_have_value("Twenty pictures by heart")


def test_a_link_to_a_training_that_is_gone_says_so(server: str, page: Page) -> None:
    go(page, f"{server}/scratch?run=nobodys")
    expect_text(page, "The training of this link is not on this server any more")
    assert page.get_by_role("button", name="▶ Train").is_enabled()


def test_what_was_trained_is_looked_into_and_taken_away(training: Page) -> None:
    page = training
    rest(page)
    page.get_by_role("tab", name="As your own network").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Weights (.safetensors)").click()
    assert safetensors.torch.load(download.value.path().read_bytes())["c1.weight"].shape == (6, 1, 5, 5)
    page.get_by_role("button", name="Look inside it on all pages").click()
    expect_text(page, "All pages show LeNet-5, twenty digits as it was after step")
    wait_idle(page)
    open_from_menu(page, "Filters")
    expect_text(page, "LeNet-5, own weights")


def test_two_networks_share_one_slider(server: str, page: Page) -> None:
    begin(page, f"{server}/scratch?experiment=MLP+beside+CNN+on+shifted+digits")
    rest(page)
    assert page.locator(".pane").count() == 2
    expect(page.locator(".pane").nth(1)).to_contain_text("No class activation map: dense layers have no maps")
    expect(page.locator(".pane").nth(1)).to_contain_text("No kernels: the weights of 32 of its 300 units in hidden1")
    page.locator(".stage").focus()
    page.keyboard.press("Home")
    before = page.locator(".readout").all_inner_texts()
    page.keyboard.press("End")
    assert all(one != other for one, other in zip(before, page.locator(".readout").all_inner_texts(), strict=True))


@pytest.mark.parametrize("experiment", ["A+network+learns+to+read+digits", "MLP+beside+CNN+on+shifted+digits"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_film_and_all_its_controls_are_on_one_screen(
    server: str, open_page: OpenPage, experiment: str, scheme: str
) -> None:
    page = open_page(viewport={"width": 1280, "height": 720}, color_scheme=scheme)
    go(page, f"{server}/scratch?experiment={experiment}")
    for part in (".st-key-scratch-settings", ".learning .main", ".kernels .tiles", ".scrub", ".replay"):
        box = page.locator(part).first.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720, part
    box = page.get_by_role("link", name="Weights", exact=True).bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 720
    assert not faults(page)
