"""Painting on a map: what the page says where there are maps of any size, none, and paint on another network's."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import explorer

from .apps import OWN, PAGES, check, open_app, texts


def open_painting(**query: str) -> AppTest:
    app = open_app(**query)
    app.run()
    app.query_params["switchboard"] = "Paint on a map"
    return app.switch_page(str(PAGES["switchboard"])).run()


def steps(name: str, *arguments: object) -> Any:
    """A step, of the modules that the app has imported."""
    return getattr(sys.modules["explorer.feature_maps.painting"], name)(*arguments)


def paint(app: AppTest, *done: Any) -> None:
    """What the page keeps when a browser has told it what was done to the map that was drawn last."""
    easels = app.session_state["easels"]
    name = [*easels][-1]
    easels[name] = replace(easels[name], steps=done)
    app.run()


@pytest.mark.parametrize("network", OWN)
def test_every_layer_can_be_painted_on_or_says_why_not(network: str) -> None:
    app = open_painting(network=network, weights="Untrained")
    names = app.selectbox(key="layer").options
    described = explorer.load_network(network, "random").layer
    for layer in (names[0], names[len(names) // 2], names[-2], names[-1]):
        check(app.selectbox(key="layer").set_value(layer).run())
        if len(described(layer).shape) == 1:
            assert f"{layer} has no maps: its" in texts(app)
        else:
            paint(app, steps("Stroke", 3.5, ((0, 1),)))
            check(app)
            assert f"With 1 cell of channel 0 of {layer} changed, the logit of" in texts(app)


def test_paint_is_kept_for_the_network_that_has_the_layer() -> None:
    app = open_painting(network="pocket_resnet")
    check(app.selectbox(key="layer").set_value("layer2").run())
    paint(app, steps("Stroke", 3.5, ((0, 40),)))
    changed = "With 40 cells of channel 0 of layer2 changed"
    assert changed in texts(app)
    check(app.selectbox(key="layer").set_value("layer3").run())
    assert "Nothing is painted yet" in texts(app)
    assert "Paint is kept on layer2" in texts(app)
    app.selectbox(key="layer").set_value(None)
    check(app.selectbox(key="network").set_value("lenet5").run())
    assert "which LeNet-5 does not have, for when that is chosen again" in texts(app)
    check(app.selectbox(key="network").set_value("pocket_resnet").run())
    check(app.selectbox(key="layer").set_value("layer2").run())
    assert changed in texts(app)


def test_several_channels_are_painted_and_the_paint_is_taken_off_all_of_them() -> None:
    app = open_painting(network="pocket_resnet")
    check(app.selectbox(key="layer").set_value("layer2").run())
    paint(app, steps("Stroke", 3.5, ((0, 40),)))
    app.session_state["channel"] = 5
    check(app.run())
    paint(app, steps("Shift", (0, 0, 3, 3), (1, 1)))
    assert "cells of channels 0, 5 of layer2 changed" in texts(app)
    app.button(key="paint-off").click()
    check(app.run())
    assert "Nothing is painted yet" in texts(app)
