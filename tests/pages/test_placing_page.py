"""Maps over the picture, page by page: each cell where it looks, and stretched when somebody wants that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from explorer.drawing.placing import IN_PLACE, STRETCHED
from explorer.networks.network import Network
from explorer.ui.elements import evidence, ledger, probe, viewer

from .apps import PAGES, check, open_app, open_saliency


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was sent to the browser for each map over the picture."""
    found: list[dict[str, Any]] = []

    def recorder(draw: Callable[..., object]) -> Callable[..., object]:
        def record(key: str, data: dict[str, Any], **reports: Any) -> object:
            layers = data.get("layers")  # of maps of evidence each has its own places
            shown = data if layers is None else {**layers[data["layer"]], "legend": layers[data["layer"]]["note"]}
            found.append({"legend": data.get("classes", data.get("units")), **shown})  # some write it themselves
            return draw(key, data, **reports)

        return record

    monkeypatch.setattr(probe, "_probe", recorder(probe._probe))
    monkeypatch.setattr(evidence, "_evidence", recorder(evidence._evidence))
    monkeypatch.setattr(viewer, "_viewer", recorder(viewer._viewer))
    monkeypatch.setattr(ledger, "_ledger", recorder(ledger._ledger))
    return found


@pytest.mark.parametrize("page", ["overview", "saliency", "feature_maps", "filters", "classifier"])
def test_cells_lie_where_they_look_and_a_switch_stretches_them(page: str, sent: list[dict[str, Any]]) -> None:
    if page == "saliency":
        app = open_saliency("digit", network="lenet5")
    else:
        app = open_app(network="lenet5", sample="digit")
        app.run()
        check(app.switch_page(str(PAGES[page])).run())
        if page in ("feature_maps", "filters"):
            check(app.selectbox(key="layer").set_value("s2").run())
    placed = [data["places"] for data in sent if data["places"]]
    assert placed
    assert all(IN_PLACE in str(data["legend"]) for data in sent if data["places"])
    expected = {"begin": [2.0, 2.0], "step": [2.0, 2.0]} if page == "feature_maps" else None
    assert expected is None or placed[-1] == expected  # the first of its cells sees 0 to 5, and lies at 2.5
    sent.clear()
    check(app.toggle(key="stretched").set_value(True).run())
    stretched = [data for data in sent if STRETCHED in str(data["legend"])]
    assert stretched
    assert all(data["places"] is None for data in stretched)


def test_a_padded_network_has_no_such_switch(sent: list[dict[str, Any]], pocket: Network) -> None:
    app = open_app(network="pocket_resnet")
    check(app.run())
    assert sent
    assert not [data for data in sent if data["places"] or IN_PLACE in str(data["legend"])]
    assert not [toggle for toggle in app.toggle if toggle.key == "stretched"]
    assert pocket.places(pocket.cam_layer) is None
