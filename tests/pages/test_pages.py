"""Every page with every network, and what the pages say when something is wrong: without a browser."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.networks.catalog import CATALOG

ROOT = Path(__file__).parents[2]
PAGES = {path.stem: path for path in sorted((ROOT / "pages").glob("*.py"))}


def open_app(**query: str) -> AppTest:
    # Each of these apps has a runtime of its own, and components are registered with the one there is when they are
    # imported (before Streamlit 1.67): so they are imported anew, as in a process of its own.
    for name in [name for name in sys.modules if name.startswith("explorer.ui")]:
        del sys.modules[name]
    app = AppTest.from_file(str(ROOT / "explorer" / "ui" / "app.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app


def check(app: AppTest) -> None:
    assert not app.exception, app.exception
    assert not app.error, [error.value for error in app.error]


@pytest.mark.parametrize("network", CATALOG)
def test_every_page_opens_with_every_network(network: str) -> None:
    app = open_app(network=network, weights="Trained" if CATALOG[network].source == "project" else "Untrained")
    check(app.run())
    assert " sees" in app.title[0].value
    assert app.selectbox(key="network").value == network
    check(app.switch_page(str(PAGES["feature_maps"])).run())
    assert app.title[0].value == "Feature maps"
    assert app.selectbox(key="network").value == network  # the choice came along
    options = app.selectbox(key="layer").options
    for layer in (options[len(options) // 2], options[-1]):
        check(app.selectbox(key="layer").set_value(layer).run())


@pytest.mark.parametrize("order", ["number", "mean", "maximum", "zeros", "gradient × activation"])
@pytest.mark.parametrize("scale", ["layer", "channel", "network"])
def test_every_order_and_every_scale(order: str, scale: str) -> None:
    app = open_app()
    app.run()
    app.switch_page(str(PAGES["feature_maps"])).run()
    app.selectbox(key="layer").set_value("layer2.0.bn1")
    app.selectbox(key="order").set_value(order)
    check(app.selectbox(key="scale").set_value(scale).run())


@pytest.mark.parametrize("sample", ["coffee", "bars", "rings", "gradients"])
def test_samples(sample: str) -> None:
    app = open_app(sample=sample)
    check(app.run())
    assert app.selectbox(key="sample").value == sample


def test_settings_that_do_not_exist_are_dropped() -> None:
    app = open_app(network="resnet19", sample="nobody", weights="Stolen", layer="layer9", channel="-4")
    check(app.run())
    assert app.selectbox(key="network").value == "pocket_resnet"
    check(app.switch_page(str(PAGES["feature_maps"])).run())


def test_the_channel_stays_possible_when_the_layer_changes() -> None:
    app = open_app()
    app.run()
    app.switch_page(str(PAGES["feature_maps"])).run()
    app.selectbox(key="layer").set_value("layer4").run()
    check(app.number_input(key="channel").set_value(200).run())
    check(app.selectbox(key="layer").set_value("layer1").run())
    assert app.number_input(key="channel").value < 32


def test_untrained_weights_are_labelled_wherever_they_answer() -> None:
    app = open_app(weights="Untrained")
    check(app.run())
    assert "untrained" in app.title[0].value
    assert any("Untrained" in warning.value for warning in app.warning)


def test_a_class_can_be_searched_by_name() -> None:
    app = open_app()
    app.run()
    check(app.selectbox(key="class").set_value("church").run())
    assert any("church" in markdown.value for markdown in app.markdown)
