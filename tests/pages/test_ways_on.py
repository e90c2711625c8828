"""The ways from one page to another that a script takes: what a visitor's link says goes along."""

from __future__ import annotations

import pytest

from explorer.ui import at_hand
from explorer.ui.frame.undo import go_back
from explorer.ui.overview import hero
from explorer.words.openings import OPENINGS, PAGES

from .apps import PAGES as FILES
from .apps import check, open_app, texts


def test_the_numbers_at_the_end_of_the_band_lead_to_the_classifier_with_all_that_the_link_says() -> None:
    tab = "What the network received"
    app = open_app(network="lenet5", sample="digit", overview_view=tab, **{"class": "3"})
    check(app.run())
    app.session_state[hero._NUMBERS] = True
    check(app.run())
    assert PAGES["classifier"].plain in texts(app)
    said = {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}
    assert said == {"network": "lenet5", "sample": "digit", "class": "3"}  # and no tab of the page that was left


def test_settings_of_a_page_are_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app(network="lenet5", sample="digit")
    app.run()
    check(app.switch_page(str(FILES["saliency"])).run())
    app.query_params["method"] = "LayerCAM"  # a browser writes what is chosen to the address
    check(app.selectbox(key="method").set_value("LayerCAM").run())
    app.query_params["signed"] = "true"
    check(app.toggle(key="signed").set_value(True).run())
    before = texts(app)
    for key, value in (("signed", False), ("method", "Grad-CAM")):
        with monkeypatch.context() as patched:  # what a press of the button does, before any widget is drawn
            patched.setattr(at_hand, "go_on", go_back)
            check(app.run())
        assert app.session_state[key] == value
    assert texts(app) != before
    assert OPENINGS["saliency_view", "Evidence"].plain in texts(app)
