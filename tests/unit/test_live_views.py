"""Results in a notebook: live views where anywidget is installed, with the app's own views and the exact numbers; the
card where it is not."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import explorer
from explorer.attribution import Attribution
from explorer.convolution.opened import Opened, open_value
from explorer.elements.modules import FRONTEND, own_script, script
from explorer.errors import BadOption, BadWindow, LibraryMissing, NoArithmetic, NoTarget, TooLarge
from explorer.networks.network import Network
from explorer.notebook import views
from explorer.pooling.opened import OpenedPooling, open_pooling
from explorer.trace import Trace, read_by, run
from tests.node import MISSING, node
from tests.tiny import noise_image

WIDGET = "application/vnd.jupyter.widget-view+json"
FILE = "a file of this model"


@pytest.fixture(scope="module")
def found(pocket: Network, pocket_trace: Trace) -> dict[str, Any]:
    """One of everything that is live in a notebook."""
    return {
        "trace": pocket_trace,
        "network": pocket,
        "map": explorer.attribute(pocket, pocket_trace.image, target="cat"),
        "sum": open_value(pocket_trace, "layer2.0.conv1", (3, 5, 6)),
        "pooling": open_pooling(pocket_trace, "maxpool", (2, 3, 4)),
    }


@pytest.fixture
def with_anywidget() -> None:
    pytest.importorskip("anywidget")


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)  # as Python finds what is not installed


KINDS = ("trace", "network", "map", "sum", "pooling")


def given(view: Any) -> dict[str, Any]:
    """What the browser is told."""
    told: dict[str, Any] = json.loads(view._given)
    return told


def floats(view: Any, file: Mapping[str, str]) -> np.ndarray[Any, Any]:
    """The numbers of a packed file of a view."""
    return np.frombuffer(gzip.decompress(view._files[file[FILE]]), "<f4")


def script_of(view: Any) -> str:
    text: str = view._esm
    return text


# Without the optional part


@pytest.mark.parametrize("kind", KINDS)
def test_without_anywidget_there_is_the_card(kind: str, found: dict[str, Any], without: None) -> None:
    assert found[kind]._repr_mimebundle_(include=None, exclude=None) is None
    assert found[kind]._repr_html_().startswith("<div")
    assert found[kind]._display_()._repr_html_() == found[kind]._repr_html_()
    with pytest.raises(LibraryMissing, match=r"pip install 'cnn-explorer\[notebook\]'"):
        found[kind].live()


def test_nothing_of_a_notebook_is_imported_until_somebody_looks() -> None:
    code = (
        "import explorer, sys; from tests.tiny import noise_image\n"
        "trace = explorer.run(explorer.load_network('lenet5'), noise_image(), 0); repr(trace)\n"
        "print([n for n in ('anywidget', 'ipywidgets', 'traitlets', 'explorer.notebook') if n in sys.modules])"
    )
    root = Path(explorer.__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# With it


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_is_offered_the_view_and_the_card(kind: str, found: dict[str, Any], with_anywidget: None) -> None:
    data, _ = found[kind]._repr_mimebundle_(include=None, exclude=None)
    assert data["text/html"] == found[kind]._repr_html_()
    again, _ = found[kind]._repr_mimebundle_()
    assert data[WIDGET]["model_id"] == again[WIDGET]["model_id"]  # one of each, however often it is looked at
    assert data[WIDGET]["model_id"] == found[kind]._display_().model_id


def test_what_is_drawn_is_what_was_recorded(found: dict[str, Any], with_anywidget: None) -> None:
    trace = found["trace"]
    maps = trace.live("layer2")
    assert given(maps)["layer"] == "layer2"
    assert floats(maps, given(maps)["maps"]).tobytes() == trace["layer2"].tobytes()
    opened = found["sum"].live()
    assert (given(opened)["channel"], given(opened)["at"]) == (3, [5, 6])
    (read,) = given(opened)["source"]["parts"]
    assert floats(opened, read["url"]).tobytes() == read_by(trace, "layer2.0.conv1").tobytes()
    pooled = found["pooling"].live()
    assert (given(pooled)["channel"], given(pooled)["at"]) == (2, [3, 4])
    evidence = found["map"].live()
    (target,) = given(evidence)["targets"]
    assert "cat" in target["name"]
    assert floats(evidence, target["url"]).tobytes() == found["map"].values.tobytes()
    kernels = found["network"].live()
    weights = trace.network.weights("conv1")["weight"]
    assert sorted(floats(kernels, given(kernels)["file"])) == sorted(weights.ravel())
    ledger = trace.live_ledger()
    assert given(ledger)["name"] == trace.network.categories[trace.target]


def test_its_script_keeps_the_contract_of_anywidget(with_anywidget: None, tmp_path: Path, pocket_trace: Trace) -> None:
    command = node()
    if command is None:
        pytest.skip(MISSING)
    (tmp_path / "view.mjs").write_text(script_of(pocket_trace.live()), encoding="utf-8")
    code = "const { default: all } = await import(process.argv[1]); console.log(Object.keys(all), all.render.length);"
    done = subprocess.run(
        [*command, "--input-type=module", "--eval", code, (tmp_path / "view.mjs").as_uri()],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[ 'render' ] 1"


def test_what_is_chosen_is_kept_and_nobody_else_s(with_anywidget: None, pocket_trace: Trace) -> None:
    first, second = pocket_trace.live(), pocket_trace.live()
    first.chosen = {"channel": 12}
    assert second.chosen == {}
    assert script_of(first) != script_of(second)


def test_scripts_of_their_own_differ_in_the_addresses_of_their_modules_alone() -> None:
    around = ("shared/fullscreen.js#presented", "houses/notebook.js#inNotebook")
    shared, own = script("viewer.js", *around).split("\n"), own_script("viewer.js", *around).split("\n")
    assert shared[1:] == own[1:]
    assert shared[0] != own[0]
    assert (FRONTEND / "houses" / "notebook.js").is_file()


def test_what_is_too_large_says_so_and_shows_the_card(
    with_anywidget: None, monkeypatch: pytest.MonkeyPatch, pocket: Network
) -> None:
    monkeypatch.setattr(views, "MOST_NUMBERS", 1000)
    trace = run(pocket, noise_image(), 0)
    with pytest.raises(TooLarge, match=r"^The live view of layer1 would take 51.2 k numbers \(205 kB\)"):
        trace.live("layer1")
    data, _ = trace._repr_mimebundle_()
    assert WIDGET not in data
    assert data["text/html"].startswith(trace._repr_html_())
    assert "There is no live view of it: The live view of layer4" in data["text/html"]


def test_what_has_no_live_view_is_refused_in_a_sentence(
    with_anywidget: None, pocket: Network, pocket_trace: Trace, found: dict[str, Any]
) -> None:
    with pytest.raises(NoArithmetic, match="has no kernels"):
        pocket.live("maxpool")
    with pytest.raises(BadWindow, match="Open a convolution"):
        open_value(pocket_trace, "fc", (3,)).live()
    with pytest.raises(NoTarget, match="explains no class"):
        run(pocket, noise_image(), None).live_ledger()
    vars_of = {name: getattr(found["map"], name) for name in found["map"].__dataclass_fields__}
    with pytest.raises(BadOption, match="does not know its picture"):
        Attribution(**{**vars_of, "seen": None}).live()


# The cards of opened values


def test_the_card_of_a_sum_has_its_value_and_the_inputs_that_add_most(found: dict[str, Any]) -> None:
    opened: Opened = found["sum"]
    text = opened._repr_html_()
    largest = opened.channels[int(np.abs(opened.subtotals).argmax())]
    assert text.index(f"channel {largest}<") < min(
        text.find(f"channel {c}<") % 10**6 for c in opened.channels if c != largest
    )
    assert "the same" in text
    assert "not the same" not in text


def test_the_card_of_a_pooling_has_its_window(found: dict[str, Any]) -> None:
    opened: OpenedPooling = found["pooling"]
    text = opened._repr_html_()
    assert f"y {opened.winner[0]}, x {opened.winner[1]}" in text
    corner: OpenedPooling = open_pooling(opened.trace, opened.pooling.layer, (2, 0, 0))
    assert corner._repr_html_().count(">padding<") == int(corner.is_padding.sum())
