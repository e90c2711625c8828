"""The page of a unit: on every kind of layer, by its links, and with a note of the teacher's."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.ui.frame import teacher
from explorer.units.notes import Note, keep, note_of

from .apps import OWN, PAGES, ROOT, check, leave_to_a_button, open_app, texts


@pytest.mark.parametrize("network", [*OWN, "efficientnet_lite0"])
def test_every_kind_of_layer_has_units(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    app = open_app(network=network)
    app.run()
    check(app.switch_page(str(PAGES["units"])).run())
    options = app.selectbox(key="layer").options
    for layer in dict.fromkeys([options[0], *options[:: max(1, len(options) // 6)], options[-1]]):
        check(app.selectbox(key="layer").set_value(layer).run())
        assert "Channel 0 of " in texts(app)


def test_units_are_listed_and_filtered() -> None:
    app = open_app(network="pocket_resnet", unit_view="All units")
    app.run()
    app.query_params["unit_view"] = "All units"
    check(app.switch_page(str(PAGES["units"])).run())
    network = app.session_state["selection"].network
    n = sum(network.layer(stage).n_channels for stage in network.stages)
    assert f"{n:,} of {n:,} units" in texts(app)
    check(app.selectbox(key="units_not_on").set_value("coffee").run())
    assert f"{n:,} of {n:,} units" not in texts(app)
    check(app.selectbox(key="units_from").set_value(app.selectbox(key="units_from").options[1]).run())
    category = app.selectbox(key="units_class").options[1]
    check(app.selectbox(key="units_class").set_value(category).run())
    assert " units" in texts(app)


def test_selective_units_are_those_that_fire_often_enough() -> None:
    app = open_app(network="pocket_resnet", unit_view="All units")
    app.run()
    app.query_params["unit_view"] = "All units"
    app.query_params["units_from"] = "Imagenette, validation (statistics alone)"
    check(app.switch_page(str(PAGES["units"])).run())
    (table,) = app.dataframe
    assert table.value["fires"].min() >= 20
    check(app.number_input(key="units_fires").set_value(0).run())
    (table,) = app.dataframe
    assert table.value["fires"].iloc[0] == 1  # the most selective of all


def test_what_fires_here_is_compared_with_a_picture_of_ones_own() -> None:
    app = open_app(network="pocket_resnet", picture="Upload")
    app.run()
    content = (ROOT / "assets" / "samples" / "coffee.jpg").read_bytes()
    app.file_uploader(key="file").set_value([("own.jpg", content, "image/jpeg")]).run()
    app.query_params["unit_view"] = "All units"
    check(app.switch_page(str(PAGES["units"])).run())
    check(app.selectbox(key="units_not_on").set_value("yours: own.jpg").run())
    assert "No unit is like that" in texts(app)  # it is the picture itself
    check(app.selectbox(key="units_not_on").set_value("rocket").run())
    assert "No unit is like that" not in texts(app)


@pytest.mark.parametrize("page", ["feature_maps", "filters", "classifier"])
def test_maps_kernels_and_ledgers_lead_to_their_unit(page: str) -> None:
    app = open_app(network="pocket_resnet", sample="coffee", channel="9")
    app.run()
    check(app.switch_page(str(PAGES[page])).run())
    (link,) = [button for button in app.button if button.label.startswith("All about channel 9 of ")]
    check(link.click().run())
    assert app.title[0].value == "Units"
    assert "Channel 9 of " in texts(app)
    assert app.selectbox(key="sample").value == "coffee"


def test_a_silent_unit_is_said_to_add_nothing() -> None:
    app = open_app(network="efficientnet_lite0", layer="act2", channel="152")
    app.run()
    app.query_params["layer"] = "act2"
    check(app.switch_page(str(PAGES["units"])).run())
    assert "its mean is 0 and its highest value 0" in texts(app)
    assert "On this picture channel 152 of act2 adds nothing to any logit." in texts(app)


def test_a_note_is_read_by_all_and_written_by_the_teacher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    monkeypatch.setenv("EXPLORER_NOTES_FILE", str(path))
    app = open_app(network="lenet5", sample="digit")
    app.run()
    app.switch_page(str(PAGES["units"])).run()
    assert not app.text_area
    network = app.session_state["selection"].network
    layer = network.resolve(network.stages[0])
    keep(path, Note("lenet5", network.key, layer, 0, "**Edges**"))
    check(app.run())
    assert [one.value for one in app.text] == ["**Edges**"]  # as text
    assert not app.text_area
    app = open_app(network="lenet5", sample="digit", teacher=teacher.token())
    app.run()
    check(app.switch_page(str(PAGES["units"])).run())
    app.text_area[0].set_value("Corners")
    next(button for button in app.button if button.label == "Keep the note").click()
    check(app.run())
    assert note_of(path, network.key, layer, 0) == "Corners"
    path.write_text("no notes")
    app.run()
    assert "holds no notes" in texts(app)
