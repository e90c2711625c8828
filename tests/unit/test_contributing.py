"""The worked examples of CONTRIBUTING.md, run: a kind of layer, a method and a page are a row each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from torch import nn

import explorer
from explorer.attribution import methods
from explorer.convolution import open_value
from explorer.networks.kinds import LAYER_KINDS
from explorer.pictures.image import ImageInput
from explorer.trace import Trace
from explorer.ui.frame.session import Selection
from tests.tiny import chain, tiny_network

TEXT = (Path(explorer.__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
KIND, METHOD, PAGE = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code, names)
    return names


def test_a_kind_of_layer_is_one_row(image: ImageInput, monkeypatch: pytest.MonkeyPatch) -> None:
    row = run(KIND)["SOFTSIGN"]
    monkeypatch.setitem(LAYER_KINDS, row.name, row)
    network = tiny_network(chain(nn.Conv2d(3, 5, 3), nn.Softsign()))
    assert network.layers["1"].kind == "softsign"
    (step,) = open_value(explorer.run(network, image), "0", (2, 4, 5)).steps
    assert step.agrees


def test_a_method_is_one_function_and_one_row(pocket_trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(methods._CARDS, "sign_cam", run(METHOD)["SIGN_CAM"])
    found = explorer.attribute(pocket_trace.network, pocket_trace.image, "sign_cam", layer="layer3")
    activation, gradient = pocket_trace.spatial("layer3")
    signs = np.sign(gradient.mean(axis=(1, 2)))
    expected = sum(sign * channel for sign, channel in zip(signs, activation, strict=True))
    assert np.allclose(found.values, np.maximum(expected, 0), atol=1e-4)


def test_a_page_is_one_file(pocket_trace: Trace) -> None:
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.session_state["selection"] = Selection(pocket_trace.image, pocket_trace.network, None)
    app.run()
    assert not app.exception
    assert app.title[0].value == "Received"
    assert "160 × 160 pixels" in app.caption[0].value
