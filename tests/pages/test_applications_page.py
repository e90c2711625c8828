"""The page on applications: what it shows, and what it says where there is nothing to show."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from .apps import PAGES, check, open_app, texts


def open_view(view: str, network: str = "pocket_resnet", sample: str = "chelsea") -> AppTest:
    app = open_app(network=network, sample=sample)
    app.run()
    app.query_params["application"] = view
    return app.switch_page(str(PAGES["applications"])).run()


def test_a_box_follows_the_threshold() -> None:
    app = open_view("Localisation")
    check(app)
    assert "The box is" in texts(app)
    before = texts(app)
    check(app.slider(key="application-threshold").set_value(0.8).run())
    assert texts(app) != before


@pytest.mark.parametrize("view", ["Localisation", "Segmentation"])
def test_a_network_without_maps_says_so_and_the_page_stays(view: str) -> None:
    app = open_view(view, "mlp", "digit")
    check(app)
    assert "has no feature maps" in texts(app)


def test_a_mask_is_offered_and_shares_that_cross_are_said() -> None:
    app = open_view("Segmentation", sample="coffee")
    check(app)
    assert "GrabCut moved" in texts(app)
    check(app.slider(key="mask-threshold").set_value(0.8).run())
    assert "What is sure begins below what is likely" in texts(app)


def test_the_nearest_are_found_at_the_chosen_layer() -> None:
    app = open_view("Image search")
    check(app)
    assert re.search(r"The nearest of \d+ pictures by the means of 256 channels of layer4 is “", texts(app))
    check(app.selectbox(key="layer").set_value("layer1").run())
    assert re.search(r"by the means of \d+ channels of layer1 is “", texts(app))
    check(app.selectbox(key="search-in").set_value("your own pictures").run())
    assert "There is no other picture to search in." in texts(app)


def test_a_layer_without_maps_is_searched_by_as_well() -> None:
    app = open_view("Image search", "mlp", "digit")
    check(app)
    assert "The nearest of" in texts(app)


def test_a_number_is_read_and_other_networks_offer_the_one_that_reads() -> None:
    app = open_view("Reading a number", sample="digit")
    check(app)
    assert "does not read digits" in texts(app)
    next(button for button in app.button if button.key == "reader").click()
    check(app.run())
    assert app.selectbox(key="network").value == "lenet5"
    assert "It reads 3. That is one digit, “3”, with" in texts(app)
    check(app.selectbox(key="sample").set_value("chelsea").run())
    assert "No digit found: nothing in the picture stands out" in texts(app)
