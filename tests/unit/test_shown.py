"""Pictures and cards of results: the app's own colours at the right places, and HTML in which nothing from outside
does anything."""

from __future__ import annotations

import base64
import html
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.attribution import Attribution
from explorer.drawing.color import palette
from explorer.drawing.picture import enlarge
from explorer.errors import BadOption, BadTarget, NoArithmetic, NoTarget, UnknownLayer
from explorer.feature_maps.figures import layer_view
from explorer.filters.figures import filter_sheet
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from explorer.trace import Trace
from explorer.wording import number, percent
from tests.tiny import Overwriting, noise_image, tiny_network

ROOT = Path(explorer.__file__).resolve().parents[1]
HOSTILE = "<script>alert('x')</script>\"&"
MOST = 200_000  # characters of a card


@pytest.fixture(scope="module")
def cat(pocket: Network) -> Attribution:
    return explorer.attribute(pocket, load_sample("chelsea"), target="cat")


# Pictures


def blended(photo: np.ndarray[Any, Any], shares: np.ndarray[Any, Any], opacity: float) -> np.ndarray[Any, Any]:
    """The mean of photograph and heat, pixel by pixel as the words say: inferno from 0 to 1, of the map's maximum."""
    colors = palette("inferno")[:255].astype(float)
    level = np.clip(shares, 0, 1) * 254
    return (1 - opacity) * photo + opacity * colors[np.rint(level).astype(int)]


def received(found: Attribution) -> np.ndarray[Any, Any]:
    """Which pixels of the photograph the network was given."""
    assert found.seen is not None
    (height, width, _), (top, left, bottom, right) = found.seen.image.pixels.shape, found.seen.box
    ys, xs = np.arange(height) + 0.5, np.arange(width) + 0.5
    return ((ys >= top) & (ys <= bottom))[:, None] & ((xs >= left) & (xs <= right))


def brightest(found: Attribution, row: int, column: int) -> tuple[float, float]:
    """Where on the photograph a map is brightest in which one cell is 1 and all others are 0."""
    values = np.zeros_like(found.values)
    values[row, column] = 1
    drawn = np.asarray(replace(found, values=values).overlay(1, whole=True)).astype(int)
    heat = np.where(received(found) & (drawn != 255).any(axis=2), drawn.sum(axis=2), 0)  # without the white frame
    y, x = (np.argwhere(heat == heat.max()) + 0.5).mean(axis=0)
    return float(y), float(x)


@pytest.mark.parametrize("opacity", [0, 0.5, 0.8, 1])
def test_a_map_over_what_the_network_received(cat: Attribution, pocket_trace: Trace, opacity: float) -> None:
    drawn = np.asarray(cat.overlay(opacity)).astype(float)
    photo = pocket_trace.prepared.pixels
    expected = blended(photo.astype(float), enlarge(cat.values / cat.values.max(), *photo.shape[:2]), opacity)
    assert drawn.shape == photo.shape
    assert np.abs(drawn - expected).max() <= 8 * opacity + 0.5  # the colour of the level beside it, and a rounding


def test_zero_stays_zero_and_strength_is_not_stretched(cat: Attribution) -> None:
    nothing = replace(cat, values=np.zeros_like(cat.values))
    assert np.array_equal(np.unique(np.asarray(nothing.overlay(1)).reshape(-1, 3), axis=0), [palette("inferno")[0]])
    raised = replace(cat, values=cat.values + 10 * cat.values.max())  # all of it near the maximum: nowhere dark
    assert np.asarray(raised.overlay(1)).sum(axis=2).min() > np.asarray(cat.overlay(1)).sum(axis=2).min() + 200


def test_a_map_over_the_whole_photograph_lies_where_the_network_looked(cat: Attribution) -> None:
    assert cat.seen is not None
    photo, (top, left, bottom, right) = cat.seen.image.pixels, cat.seen.box
    drawn = np.asarray(cat.overlay(1, whole=True))
    assert drawn.shape == photo.shape
    inside = received(cat)
    assert 0.3 < inside.mean() < 0.9
    assert np.array_equal(drawn[~inside], photo[~inside])
    # one bright cell alone: its light is brightest at that cell's middle, counted through crop and resize by hand
    n_rows, n_columns = cat.values.shape
    for row, column in ((1, 1), (2, 6), (8, 4)):
        y, x = brightest(cat, row, column)
        assert abs(y - (top + (row + 0.5) * (bottom - top) / n_rows)) < 1
        assert abs(x - (left + (column + 0.5) * (right - left) / n_columns)) < 1


def test_a_frame_is_drawn_around_what_was_received_and_none_around_all(cat: Attribution) -> None:
    assert cat.seen is not None
    drawn, photo = np.asarray(cat.overlay(0, whole=True)), cat.seen.image.pixels
    changed = (drawn != photo).any(axis=2)
    assert changed.any()
    assert (drawn[changed] == 255).all()
    height, width = photo.shape[:2]
    all_of_it = replace(cat, seen=replace(cat.seen, box=(0, 0, height, width)))
    assert np.array_equal(np.asarray(all_of_it.overlay(0, whole=True)), photo)


def test_cells_of_a_network_without_padding_lie_where_they_look(digit: Trace) -> None:
    """The middle of a digit's map, on the drawing: LeNet-5's cells see less of the border."""
    found = explorer.attribute(digit.network, digit.image, layer="tanh1")
    places, seen = found.places, found.seen
    assert places is not None
    assert seen is not None
    y, x = brightest(found, 12, 15)
    scale = (seen.box[2] - seen.box[0]) / seen.received.shape[0]
    assert abs(y - (seen.box[0] + (places.first[0] + 12 * places.step[0] + 0.5) * scale)) < scale / 2
    assert abs(x - (seen.box[1] + (places.first[1] + 15 * places.step[1] + 0.5) * scale)) < scale / 2


def test_a_signed_map_is_white_at_zero(pocket: Network) -> None:
    found = explorer.attribute(pocket, load_sample("chelsea"), "input_x_gradient", signed=True)
    values = np.zeros_like(found.values)
    values[:, :40], values[:, -40:] = 1, -1
    drawn = np.asarray(replace(found, values=values).overlay(1)).astype(int)
    assert (drawn[:, 60:90] == 255).all()
    assert (drawn[:, :30, 0] > drawn[:, :30, 2]).all()
    assert (drawn[:, -30:, 2] > drawn[:, -30:, 0]).all()


def test_a_map_is_saved_as_picture_or_as_array(cat: Attribution, tmp_path: Path) -> None:
    for name in ("map.png", "map.webp", "MAP.JPG"):
        cat.save(tmp_path / name, whole=True)
        with Image.open(tmp_path / name) as saved:
            assert saved.size == cat.overlay(whole=True).size
    with Image.open(tmp_path / "map.png") as saved:
        assert np.array_equal(np.asarray(saved), np.asarray(cat.overlay(whole=True)))
    cat.save(tmp_path / "map.npy")
    assert np.array_equal(np.load(tmp_path / "map.npy"), cat.values)
    with pytest.raises(BadOption, match=r"^'map\.txt' says no kind of file\. End it in \.png, "):
        cat.save(tmp_path / "map.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["MAP.JPG", "map.npy", "map.png", "map.webp"]


def test_bars_are_as_long_as_the_probabilities(pocket_trace: Trace) -> None:
    chart = pocket_trace.bars(3)
    (drawn,), found = chart.data, pocket_trace.top(3)
    assert list(chart.layout.yaxis.ticktext) == [prediction.category for prediction in found]
    assert list(drawn.y) == list(chart.layout.yaxis.tickvals)
    assert np.allclose(drawn.x, [100 * prediction.probability for prediction in found], rtol=1e-6)


def test_a_mosaic_is_the_page_of_the_app(pocket_trace: Trace) -> None:
    def opened(png: bytes) -> np.ndarray[Any, Any]:
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))

    for layer, order, scale, page in (("conv1", "number", "layer", 0), ("layer4", "mean", "channel", 1)):
        drawn = np.asarray(pocket_trace.mosaic(layer, order, scale, page))
        assert np.array_equal(drawn, opened(layer_view(pocket_trace, layer, order, scale, page).png))
    network = pocket_trace.network
    for folded in (False, True):
        sheet = filter_sheet(network, "conv1", range(len(network.weights("conv1")["weight"])), folded)
        assert np.array_equal(np.asarray(network.filter_sheet("conv1", folded=folded)), opened(sheet.png))
    n_filters = len(network.weights("layer4.0.conv1")["weight"])
    assert network.filter_sheet("layer4.0.conv1", page=(n_filters - 1) // 64).width > 0


@pytest.mark.parametrize(
    ("draw", "kind", "text"),
    [
        (lambda t, a: a.overlay(2), BadOption, "opacity must be a number from 0 to 1, not 2 (int)."),
        (lambda t, a: a.overlay("half"), BadOption, "opacity must be a number from 0 to 1, not 'half' (str)."),
        (lambda t, a: a.overlay(float("nan")), BadOption, "opacity must be a number from 0 to 1, not nan (float)."),
        (lambda t, a: a.overlay(colors="infermo"), BadOption, "colors cannot be 'infermo' (str). Nearest: 'inferno'. "),
        (lambda t, a: replace(a, seen=None).overlay(), BadOption, "This map does not know its picture: "),
        (lambda t, a: t.mosaic("layr4"), UnknownLayer, "pocket_resnet has no layer 'layr4'. Nearest: 'layer4'."),
        (lambda t, a: t.mosaic("layer4", page=9), BadOption, "page must be a whole number from 0 to "),
        (lambda t, a: t.mosaic("layer4", order="men"), BadOption, "order cannot be 'men' (str). Nearest: 'mean'. "),
        (lambda t, a: t.bars(0), BadOption, "No class makes no picture. "),
        (lambda t, a: t.network.filter_sheet("avgpool"), NoArithmetic, "avgpool of pocket_resnet (average pooling) "),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(
    draw: Any, kind: type[Exception], text: str, pocket_trace: Trace, cat: Attribution
) -> None:
    with pytest.raises(kind, match=f"^{re.escape(text)}"):
        draw(pocket_trace, cat)


def test_what_needs_a_target_or_a_classifier_says_so(pocket: Network) -> None:
    with pytest.raises(NoTarget):
        explorer.run(pocket, load_sample("chelsea")).mosaic("conv1", order="gradient × activation")
    headless = tiny_network(Overwriting(), categories=())
    with pytest.raises(BadTarget, match="has no classifier"):
        explorer.run(headless, noise_image()).bars()


# Cards


class Read(HTMLParser):
    """A card as a browser reads it: its tags, all closed in the order in which they were opened, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data}\n"


ALLOWED = {"div", "span", "table", "thead", "tbody", "tr", "th", "td", "img"}


def read(shown: Any) -> Read:
    text = shown._repr_html_()
    assert len(text) <= MOST
    found = Read(text)
    assert {tag for tag, _ in found.tags} <= ALLOWED
    for tag, attributes in found.tags:
        assert set(attributes) <= ({"src", "width", "height", "alt"} if tag == "img" else {"style"})
        assert tag != "img" or str(attributes["src"]).startswith("data:image/png;base64,")
        assert "color:#" not in str(attributes.get("style")).replace("background", "")  # the ink is the notebook's own
    return found


def results(network: Network, image: ImageInput) -> Iterator[Any]:
    trace = explorer.run(network, image, "top")
    yield from (network, image, trace)
    if network.categories:
        yield from (trace.top(), trace.top(1)[0])
    if network.has_maps and network.categories:
        yield explorer.attribute(network, image)
    if network.categories:
        yield explorer.attribute(network, image, "input_x_gradient", signed=True)
        yield explorer.attribute(network, image, "integrated_gradients", steps=3)


@pytest.mark.parametrize("name", ["pocket_resnet", "lenet5", "mlp", "basic_cnn"])
def test_every_result_is_a_card(name: str) -> None:
    sample = load_sample("digit" if name in ("lenet5", "mlp") else "chelsea")
    for shown in results(explorer.load_network(name), sample):
        assert read(shown).text.strip()


def test_a_network_without_a_classifier_has_cards() -> None:
    headless = tiny_network(Overwriting(), categories=())
    for shown in results(headless, noise_image()):
        read(shown)
    assert "has no classifier" in read(headless).text


def test_what_comes_from_outside_is_text_alone(tmp_path: Path) -> None:
    names = (HOSTILE, "a" * 200, "<b>", "</td></table>")
    network = tiny_network(Overwriting(), categories=names)
    network.title, network.name, network.notes = f"{HOSTILE} net", HOSTILE, (HOSTILE, "</div>")
    image = replace(noise_image(), name=HOSTILE, notes=(HOSTILE,))
    texts = [read(shown).text for shown in results(network, image)]
    assert all("<script>" in text or "<b>" in text or "</td>" in text or "aaa" in text for text in texts)
    for shown in results(network, image):
        assert "<script" not in shown._repr_html_()


@pytest.mark.slow
def test_a_card_is_small_whatever_the_picture_and_however_many_classes() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2048, 1500, 3), np.uint8)
    names = tuple(f"{i} {'long ' * 40}"[:200] for i in range(3000))
    network = tiny_network(Overwriting(n_outputs=3000), side=224, categories=names)
    for shown in results(network, explorer.read_image(noise)):
        read(shown)
    trace = explorer.run(network, explorer.read_image(noise))
    assert "and 2,900 more" in read(trace.top(3000)).text


def test_the_numbers_are_those_of_the_arrays(cat: Attribution, pocket: Network, pocket_trace: Trace) -> None:
    text = read(pocket_trace.top(5)).text
    order = np.argsort(-pocket_trace.logits)[:5]
    for index in order:
        assert f"{index}\n{pocket.categories[index]}\n{percent(float(pocket_trace.probabilities[index]))}\n" in text
        assert f"{number(float(pocket_trace.logits[index]))}\n" in text
    text = read(cat).text
    height, width = cat.values.shape
    low, high = number(float(cat.values.min())), number(float(cat.values.max()))
    assert f"{height} × {width} cells, from {low} to {high}, in units of the logit" in text
    assert f"the logit of “cat”, which is {number(float(pocket_trace.logits[pocket.categories.index('cat')]))}" in text
    assert cat.layer in text.splitlines()
    text = read(pocket).text
    assert f"{len(pocket.layers)} layers" in text
    for stage in pocket.stages:
        shape = " × ".join(map(str, pocket_trace[stage].shape))
        assert f"{stage}\n{pocket.layer(stage).kind}\n{shape}\n" in text
    assert " × ".join(map(str, load_sample("chelsea").pixels.shape[:2])) in read(load_sample("chelsea")).text
    listed = read(explorer.list_networks()).text
    assert all(f"{info.name}\n{info.title}\n" in listed for info in explorer.list_networks())
    info = explorer.list_networks()[0]
    assert {info.title, info.name, info.paper} <= set(read(info).text.splitlines())


def test_the_class_that_is_explained_is_marked_even_where_it_is_unlikely(pocket: Network) -> None:
    index = int(np.argmin(explorer.run(pocket, load_sample("chelsea")).logits))
    text = read(explorer.run(pocket, load_sample("chelsea"), index)).text
    assert f"{pocket.categories[index]} ◂ explained" in text


def test_the_picture_of_a_card_is_what_the_network_received(pocket_trace: Trace) -> None:
    (source,) = (attributes["src"] for tag, attributes in read(pocket_trace).tags if tag == "img")
    shown = Image.open(io.BytesIO(base64.b64decode(str(source).partition(",")[2])))
    assert np.array_equal(np.asarray(shown), pocket_trace.prepared.pixels)
    assert html.escape(pocket_trace.image.name) in pocket_trace._repr_html_()


def test_rows_are_still_tuples(pocket_trace: Trace) -> None:
    assert isinstance(explorer.list_networks(), tuple)
    best = pocket_trace.top(2)
    assert best == tuple(best)
    assert best == (pocket_trace.prediction(best[0].index), pocket_trace.prediction(best[1].category))


@pytest.mark.slow
def test_the_app_keeps_maps_without_the_pictures_of_its_visitors(pocket_trace: Trace) -> None:
    from explorer.ui.attribution.requests import MapRequest, explained

    selection: Any = SimpleNamespace(
        network=pocket_trace.network,
        attributions=SimpleNamespace(get=lambda request, make: make()),
        explaining=lambda target: pocket_trace,
    )
    kept = explained(selection, MapRequest("grad_cam", Target(2), "layer4"))
    assert kept.seen is None
    assert kept.values.any()
    assert read(kept).text  # a card it has all the same


@pytest.mark.slow
def test_nothing_is_drawn_before_somebody_looks() -> None:
    code = "import explorer, sys; explorer.run; print('explorer.notebook' in sys.modules, 'plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
