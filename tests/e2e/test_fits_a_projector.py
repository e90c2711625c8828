"""Does each page's main figure, with its controls, fit a projector, and is no page longer than one can find one's way
on?"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from explorer.ui.frame.pages import GROUPS
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import OpenPage, go

HEIGHT, LONGEST = 680, 2600
FIGURES = {  # page: its main figure and what it is moved with; which of two there is depends on the network
    "": (".st-key-journey",),
    "feature_maps": (".st-key-viewer",),
    "filters": (".st-key-filter_order", ".st-key-filter-sheet", ".st-key-filter-response"),
    "switchboard": (".st-key-switched", ".st-key-switch-mosaic", ".st-key-switched-chart"),
    "convolution": (".st-key-unit", ".st-key-player"),
    "pooling": (".st-key-pooling-player, .st-key-pooling-whole",),
    "classifier": (".st-key-ledger_kind", ".st-key-ledger"),
    "saliency": (".st-key-method", ".st-key-evidence-0", ".st-key-evidence-1"),
    "compare": (".st-key-look", ".st-key-pane-1-evidence"),
    "applications": (".st-key-application-threshold", "[class*=st-key-thing-][class*=-drag]"),
    "architecture": (".st-key-graph",),
    "units": (".st-key-unit-map",),
    "scratch": (".st-key-scratch-settings", ".st-key-learning"),
}
NETWORKS = ("efficientnet_lite0", "vgg16&weights=Untrained", "densenet121&weights=Untrained", "lenet5&sample=digit")


@pytest.mark.parametrize("network", NETWORKS)
def test_each_main_figure_and_its_controls_are_wholly_visible(network: str, server: str, open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 1280, "height": HEIGHT})
    below, long = [], []
    for name, figures in FIGURES.items():
        go(page, f"{server}/{name}?network={network}")
        for figure in figures:
            box = page.locator(figure).first.bounding_box()
            assert box is not None, (name, figure)
            if box["height"] < 20 or box["y"] < 0 or box["y"] + box["height"] > HEIGHT:
                below.append((name, figure, box["y"], box["height"]))
        if (height := page_height(page)) > LONGEST:
            long.append((name, height))
    assert not below
    assert not long


def page_height(page: Page) -> float:
    height: float = page.locator("[data-testid=stMainBlockContainer]").evaluate(
        "(e) => e.getBoundingClientRect().height"
    )
    return height


def test_no_tab_is_longer_than_one_can_find_ones_way_in(server: str, page: Page) -> None:
    """With the shipped network, whose slower figures are made at once."""
    long, n_tabs = [], 0
    for name in FIGURES:
        go(page, f"{server}/{name}")
        tabs = page.locator("[data-testid=stMain] [data-testid=stTab]")
        n_tabs += tabs.count()
        for i in range(1, tabs.count()):
            tabs.nth(i).click()
            wait_idle(page)
            if (height := page_height(page)) > LONGEST:
                long.append((name, tabs.nth(i).inner_text(), height))
    assert n_tabs > len(FIGURES)
    assert not long


def test_the_whole_menu_is_in_sight_on_a_projector_and_wide_enough_for_a_finger(server: str, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    go(page, f"{server}/units")
    links = page.locator(".st-key-menu a")
    boxes = [links.nth(i).bounding_box() for i in range(links.count())]
    assert len(boxes) == sum(len(titles) for titles in GROUPS.values())
    for box in boxes:
        assert box is not None
        assert box["height"] >= 24
        assert box["y"] + box["height"] <= 720
