"""The page on synthesis without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from explorer.pictures.samples import SAMPLES
from explorer.synthesis import settings as of_settings

from .apps import PAGES, check, open_app, texts


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of steps in the place of hundreds."""
    monkeypatch.setattr(
        of_settings.Settings.__init__, "__defaults__", (4, *of_settings.Settings.__init__.__defaults__[1:])
    )  # type: ignore[misc,index]


def open_synthesis(sample: str = "chelsea", **query: str) -> AppTest:
    app = open_app(
        network=query.pop("network", "pocket_resnet"), weights=query.pop("weights", "Trained"), sample=sample
    )
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(str(PAGES["synthesis"])).run()


@pytest.mark.parametrize("network", ["pocket_resnet", "lenet5", "mlp", "basic_cnn", "sound_cnn"])
def test_every_kind_of_network_is_made_a_picture_for(network: str) -> None:
    app = open_synthesis("digit" if network in ("lenet5", "mlp") else "chelsea", network=network)
    check(app)
    check(app.button(key="synthesis-run").click().run())
    assert "By the rule" in texts(app)
    few = f"the {len(SAMPLES)} pictures that come along"
    beside = "232 pictures in “Samples, shapes and textures”" if network == "pocket_resnet" else few
    assert f"The strongest of {beside}" in texts(app)
    assert ("time runs to the right" in texts(app)) == (network == "sound_cnn")
    assert app.selectbox(key="wants_waves").disabled == (network in ("lenet5", "mlp", "sound_cnn"))
    assert "synthesis-run" not in [str(button.key) for button in app.button]  # made once, for all


def test_everything_that_can_be_wanted() -> None:
    app = open_synthesis(layer="layer3", channel="7")
    kinds = app.selectbox(key="wants").options
    assert len(kinds) == 6
    for kind in kinds:
        check(app.selectbox(key="wants").set_value(kind).run())
        check(app.button(key="synthesis-run").click().run())
        assert "By the rule" in texts(app), kind
    check(app.selectbox(key="wants").set_value("the class and not another").run())
    assert "less that of" in texts(app) or "less the logit of" in texts(app)
    check(app.number_input(key="wants_n").set_value(2).run())
    check(app.button(key="synthesis-run").click().run())
    assert "The 2 pictures reach" in texts(app)


def test_untrained_weights_say_so() -> None:
    app = open_synthesis(weights="Untrained")
    check(app.button(key="synthesis-run").click().run())
    assert "Nothing trained these weights" in texts(app)


@pytest.mark.parametrize("network", ["pocket_resnet", "mlp"])
def test_ones_own_picture_is_dreamt_into_and_made_again(network: str) -> None:
    app = open_synthesis(network=network, synthesis_view="DeepDream", octaves="1", dream_steps="6 steps")
    check(app)
    check(app.button(key="dream-run").click().run())
    assert "In 6 steps along the gradient" in texts(app)
    app = open_synthesis(network=network, synthesis_view="What is left of the picture")
    check(app)
    check(app.button(key="left-run").click().run())
    assert "Begun from noise, the picture was changed in 128 steps" in texts(app)
