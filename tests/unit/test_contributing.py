"""The worked examples of CONTRIBUTING.md, run: a source, a kind of layer, a method, a page, a word are a row each."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
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
from explorer.ui.elements import tools
from explorer.ui.frame.pages import GROUPS
from explorer.ui.frame.session import Selection
from explorer.words.glossary import terms
from tests.tiny import chain, tiny_network

TEXT = (Path(explorer.__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
SOURCE, KIND, METHOD, PAGE = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
(TERM,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code, names)
    return names


HOUSE = Path(explorer.__file__).parents[1]
VISIT = """
import io
import sys

import torch
from streamlit.testing.v1 import AppTest

from explorer.loading.catalog import CATALOG

info = CATALOG["one_conv"]
assert "torchvision" not in sys.modules

import explorer
from explorer.loading.checkpoints import read_checkpoint
from explorer.loading.recognition import recognise
from explorer.loading.sources import source_of

torch.manual_seed(0)
module = source_of(info).build(info, 3, False, False)
assert sum(p.numel() for p in module.parameters()) == info.n_parameters
network = explorer.load_network("one_conv", "random")
assert network.categories == ("cat", "dog", "bird")
trace = explorer.run(network, explorer.read_image("assets/samples/chelsea.jpg"), "top")
assert trace["1"].shape == (8, 30, 30)
file = io.BytesIO()
torch.save(module.state_dict(), file)
assert recognise(read_checkpoint(file.getvalue()).state).network == "one_conv"
again = explorer.load_network("one_conv", file.getvalue())
assert (explorer.run(again, trace.image).logits == trace.logits).all()
app = AppTest.from_file("explorer/ui/app.py", default_timeout=60)
app.query_params["network"] = "one_conv"
app.run()
assert not app.exception, app.exception
assert "There are no trained weights of One convolution" in app.error[0].value, app.error
app.button_group(key="weights").set_value("Untrained").run()
assert not app.exception and not app.error, (app.exception, app.error)
assert app.title[0].value.startswith("One convolution, untrained, sees"), app.title[0].value
"""


@pytest.mark.slow
def test_a_source_is_one_file_and_one_row(tmp_path: Path) -> None:
    shutil.copytree(HOUSE / "explorer", tmp_path / "explorer", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("assets", "pages", "pyproject.toml"):
        (tmp_path / name).symlink_to(HOUSE / name)
    sources = tmp_path / "explorer" / "loading" / "sources"
    (sources / "example.py").write_text(SOURCE, encoding="utf-8")
    table = sources / "__init__.py"
    text = table.read_text(encoding="utf-8")
    text = text.replace("import efficientnet_lite,", "import efficientnet_lite, example,").replace(
        "n.SOURCE)", "n.SOURCE, example.SOURCE)"
    )
    table.write_text(text, encoding="utf-8")
    assert "example.SOURCE)" in text
    for command in (["-m", "explorer", "networks"], ["-c", VISIT]):
        done = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "one_conv" in done.stdout or command[0] == "-c"


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


def test_a_word_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = terms(TERM)
    assert row.page in {page for titles in GROUPS.values() for page in titles}
    assert '"name": "leaky ReLU"' not in tools.module()[1].decode()
    monkeypatch.setattr(tools, "GLOSSARY", (row,))
    assert '"name": "leaky ReLU"' in tools.module.__wrapped__()[1].decode()
