"""Every page with a network of every family: without a browser."""

from __future__ import annotations

import re

import pytest

from tests.families import SMALLEST

from .apps import OWN, PAGES, check, leave_to_a_button, open_app, texts


def open_every_page(network: str, weights: str) -> None:
    app = open_app(network=network, weights=weights)
    check(app.run())
    assert re.search(" sees| must choose among (ten digits|9 kinds)", app.title[0].value)
    assert ("untrained" in app.title[0].value) == (weights == "Untrained")
    assert app.selectbox(key="network").value == network
    check(app.switch_page(str(PAGES["feature_maps"])).run())
    assert app.title[0].value == "Feature maps"
    assert app.selectbox(key="network").value == network  # the choice came along
    options = app.selectbox(key="layer").options
    layer, other = options[-1], options[len(options) // 3]
    for chosen in (options[len(options) // 2], layer):
        check(app.selectbox(key="layer").set_value(chosen).run())
    for page in ("architecture", "filters", "switchboard", "convolution"):
        check(app.switch_page(str(PAGES[page])).run())
        assert app.selectbox(key="layer").value == layer  # so did the layer
        check(app.selectbox(key="layer").set_value(other).run())
        layer, other = other, layer
    for page in ("applications", "saliency", "compare", "pooling", "classifier"):
        check(app.switch_page(str(PAGES[page])).run())
    assert "✗" not in texts(app)  # what is worked out again is what was recorded
    assert "✓" in texts(app)


def test_there_are_five_networks_of_the_project_and_a_score_of_families() -> None:
    assert set(OWN) == {"lenet5", "mlp", "basic_cnn", "pocket_resnet", "sound_cnn"}
    assert len(SMALLEST) >= 20


@pytest.mark.parametrize("network", [*OWN, "efficientnet_lite0"])
def test_every_page_opens_with_the_weights_that_come_with_the_program(network: str) -> None:
    open_every_page(network, "Trained")


@pytest.mark.parametrize("network", SMALLEST.values())
def test_every_page_opens_with_the_smallest_network_of_every_family(
    network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if network != "shufflenet_v2_x0_5":  # of the others, too, what takes many passes would be a button
        leave_to_a_button(monkeypatch)
    open_every_page(network, "Untrained")
