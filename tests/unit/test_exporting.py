"""One file of a pass: exact, closed against whatever a name says, and refused in sentences."""

from __future__ import annotations

import base64
import errno
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import explorer
from explorer.cli import main
from explorer.drawing.answers import likely_bars
from explorer.drawing.series import Axis, Line, Lines
from explorer.elements.modules import FRONTEND
from explorer.errors import BadArgument, TooLarge, UnknownLayer
from explorer.exporting import exported
from explorer.exporting.charts import svg
from explorer.exporting.letters import lettered, n_letters
from explorer.exporting.sizes import MOST_BYTES, checked_layers, choices, default_layers, file_bytes, total_bytes
from explorer.networks.network import Network
from explorer.trace import Trace, read_by, run
from tests.in_node import in_node
from tests.one_file import OneFile
from tests.tiny import as_network, noise_image

ROOT = Path(explorer.__file__).resolve().parents[1]
PICTURE = ROOT / "assets" / "samples" / "chelsea.jpg"
HOSTILE = "</script><img src=x onerror=alert(1)><!--&amp;\u2028'\""
LAYERS = ("conv1", "layer2.0.conv1", "layer4")


@pytest.fixture(scope="module")
def made(pocket: Network) -> tuple[Trace, OneFile]:
    trace = run(pocket, explorer.read_image(PICTURE), "top")
    return trace, OneFile(exported(trace, LAYERS, report=True))


def test_maps_are_the_recorded_ones_bit_for_bit(made: tuple[Trace, OneFile]) -> None:
    trace, file = made
    for i, layer in enumerate(LAYERS):
        data = file.data(f"layer-{i}", 1)
        assert data["layer"] == layer
        assert (data["shape"], data["tiles"]) == (list(trace[layer].shape), [])
        assert file.floats(data["maps"]).tobytes() == trace[layer].tobytes()


def test_a_window_has_what_it_reads_its_filters_and_its_sums(made: tuple[Trace, OneFile]) -> None:
    trace, file = made
    for i, layer in enumerate(LAYERS[:2]):
        data = file.data(f"layer-{i}", 3)
        for side, values in (("source", read_by(trace, layer)), ("output", trace[layer])):
            (part,) = data[side]["parts"]
            assert (part["first"], part["n"]) == (0, len(values))
            assert file.floats(part["url"]).tobytes() == values.tobytes()
        (part,) = data["filters"]["parts"]
        assert file.floats(part["url"]).tobytes() == trace.network.weights(layer)["weight"].tobytes()


def test_an_operation_of_the_graph_opens_the_layer_with_its_channels(made: tuple[Trace, OneFile]) -> None:
    trace, file = made
    acts = json.loads(file.scripts["graph-0"])["acts"]["chosen"]
    assert {name: act["to"] for name, act in acts.items() if act["to"] in ("layer-0", "layer-1")} == {
        **dict.fromkeys(("conv1", "bn1", "relu"), "layer-0"),
        **dict.fromkeys(("layer2.0.conv1", "layer2.0.bn1", "layer2.0.relu"), "layer-1"),
    }
    assert acts[trace.network.resolve("layer4")]["to"] == "layer-2"


def test_one_file_is_kept_once_whoever_reads_it(made: tuple[Trace, OneFile]) -> None:
    _, file = made
    assert file.data("layer-0", 1)["maps"] == file.data("layer-0", 3)["output"]["parts"][0]["url"]


def test_all_parts_are_there_and_say_what_was_run(made: tuple[Trace, OneFile]) -> None:
    trace, file = made
    text = " ".join(file.texts)
    for said in (
        "From the picture to the answer", "layer2.0.conv1: 64 × 20 × 20", "A pooling window", "Graph",
        "The answer as a sum", "Where the evidence is", "The same class by other methods", "Report card of Grad-CAM",
        "What was run",
        trace.image.digest, trace.network.key, trace.network.weights_name, explorer.__version__, torch.__version__,
        np.__version__, "float32, exact",
    ):  # fmt: skip
        assert said in text, said
    assert "network = explorer.load_network('pocket_resnet', 'pretrained')" in text


def test_it_reaches_for_nothing_outside(made: tuple[Trace, OneFile]) -> None:
    _, file = made
    assert not {"src", "srcset", "action", "data"} & set(file.attributes)
    assert file.tags["link"] == file.tags["iframe"] == file.tags["base"] == 0
    assert "http" not in file.scripts["module"].replace("http://www.w3.org/2000/svg", "")


def test_equal_passes_give_equal_files(pocket: Network) -> None:
    image = explorer.read_image(PICTURE)
    assert exported(run(pocket, image, "top"), ["conv1"]) == exported(run(pocket, image, "top"), ["conv1"])


def test_names_are_text_wherever_they_come_from() -> None:
    picture = io.BytesIO()
    Image.fromarray(noise_image().pixels).save(picture, "PNG")
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 4))
    files = []
    for word in ("plain", HOSTILE):
        network = as_network(layers, 24, tuple(f"{word} {i}" for i in range(4)))
        image = explorer.read_image(picture.getvalue(), f"{word}.png")
        files.append(exported(run(network, image, "top"), report=True))
    plain, hostile = map(OneFile, files)
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes
    assert b"<img src=x" not in files[1]
    assert any(HOSTILE in text for text in hostile.texts)  # what it says is kept, letter for letter
    assert f"{HOSTILE} 0" in [one["name"] for one in hostile.data("journey", 1)["answers"]]


# How large, and which layers


@pytest.mark.parametrize("name", ["pocket_resnet", "lenet5", "basic_cnn"])
def test_the_size_that_is_said_is_not_exceeded(name: str) -> None:
    network = explorer.load_network(name)
    trace = run(network, explorer.read_image(PICTURE), "top")
    for layers in (default_layers(network), choices(network)):
        assert len(exported(trace, layers)) <= total_bytes(network, layers)


def test_the_bytes_of_a_layer_are_those_of_its_numbers_as_text(pocket: Network) -> None:
    assert file_bytes(pocket, "conv1") == 32 * 80 * 80 * 5


def test_layers_that_are_left_to_it_are_few_and_have_maps(pocket: Network) -> None:
    assert default_layers(pocket) == ("conv1", "layer1", "layer2", "layer3", "layer4")
    assert checked_layers(pocket, None) == default_layers(pocket)
    assert checked_layers(pocket, ["layer1", "conv1", "layer1"]) == ("layer1", "conv1")


def test_too_large_layers_are_refused_with_their_size_and_with_others_to_choose() -> None:
    layers = (nn.Conv2d(3, 64, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 4))
    network = as_network(nn.Sequential(*layers), 640)
    with pytest.raises(TooLarge) as refused:
        checked_layers(network, ["0"])
    assert file_bytes(network, "0") > MOST_BYTES
    assert re.fullmatch(
        r"The maps of 0 would take 131 MB in a file, and 64 MB are the most; 0 alone holds 26\.2 M numbers\. "
        r"Leave it out, or choose among .+\.",
        str(refused.value),
    )


def test_a_layer_that_is_none_is_refused(pocket_trace: Trace) -> None:
    with pytest.raises(UnknownLayer, match="Nearest: 'layer4'"):
        exported(pocket_trace, ["layer9"])


def test_what_is_no_trace_is_refused() -> None:
    with pytest.raises(BadArgument, match=r"Make one: explorer\.run"):
        exported("cat.jpg")  # type: ignore[arg-type]


def test_bytes_are_letters_that_a_browser_reads() -> None:
    """Those of RFC 1924 but for one, which could end what they stand in."""
    draw = np.random.default_rng(1)
    files = [draw.bytes(n) for n in (0, 1, 2, 3, 4, 5, 4096, 4099)] + [b"\xff" * 7, bytes(6)]
    texts = [lettered(file) for file in files]
    assert texts == [base64.b85encode(file).decode().replace("<", ",") for file in files]
    assert [len(text) for text in texts] == [n_letters(len(file)) for file in files]
    read = in_node("shared/letters.js", "given.map((text) => [...all.unlettered(text)])", texts)
    assert read == [list(file) for file in files]


# Writing


def test_the_file_is_whole_or_not_there(pocket_trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "cat.html"
    assert explorer.export(pocket_trace, place, ["layer4"]) == place
    before = place.read_bytes()
    assert before == exported(pocket_trace, ["layer4"])

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left on device") as refused:
        explorer.export(pocket_trace, place, ["layer3"])
    assert refused.value.filename == str(place)
    assert [path.name for path in tmp_path.iterdir()] == ["cat.html"]
    assert place.read_bytes() == before


def test_whether_it_is_live_comes_after_the_layers(pocket_trace: Trace, tmp_path: Path) -> None:
    file = OneFile(explorer.export(pocket_trace, tmp_path / "cat.html", ["layer4"], True).read_bytes())
    assert "live-1" in file.scripts


def test_progress_goes_up_to_the_end_and_can_cancel(pocket_trace: Trace, tmp_path: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    explorer.export(pocket_trace, tmp_path / "a.html", ["layer4"], progress=lambda *step: steps.append(step))
    assert steps == [(i, 4) for i in range(5)]

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explorer.export(pocket_trace, tmp_path / "b.html", progress=stop)
    assert not (tmp_path / "b.html").exists()


def test_weights_that_are_no_numbers_are_shown_as_such() -> None:
    network = explorer.load_network("pocket_resnet", "random", seed=3)
    with torch.no_grad():
        dict(network.graph.parameters("layer3.0.conv1"))["weight"].fill_(float("nan"))
    trace = run(network, explorer.read_image(PICTURE), "top")
    file = OneFile(exported(trace))
    assert np.isnan(file.floats(file.data("layer-3", 1)["maps"])).any()
    assert file.floats(file.data("layer-1", 1)["maps"]).tobytes() == trace["layer1"].tobytes()
    assert "The answer as a sum" not in file.texts


def test_a_network_without_classes_and_one_without_maps() -> None:
    flat = as_network(nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 24, 4)), 24)
    file = OneFile(exported(run(flat, noise_image(), "top")))
    assert "The answer as a sum" in file.texts
    assert "Where the evidence is" not in file.texts


# The command


def test_the_command_writes_what_the_library_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "cat.html"
    options = ["--network", "pocket_resnet", "--layers", "conv1", "--class", "dog"]
    assert main(["export", str(PICTURE), *options, "-o", str(place)]) == 0
    printed = capsys.readouterr()
    assert "1 layer with all maps, and all else: up to" in printed.err
    assert str(place) in printed.out
    file = OneFile(place.read_bytes())
    assert file.data("classifier", 0)["name"] == "dog"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-picture.jpg"], "no-such-picture.jpg"),
        ([str(PICTURE), "--layers", "layer9"], "has no layer 'layer9'"),
        ([str(PICTURE), "--class", "unicorn"], "unicorn"),
    ],
)
def test_the_command_refuses_in_one_line(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "cat.html"
    assert main(["export", *arguments, "--network", "pocket_resnet", "-o", str(place)]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("explorer: ")
    assert said in error
    assert not place.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "none" / "cat.html"
    options = ["--network", "lenet5", "--layers", "s2", "-o", str(place)]
    assert main(["export", str(PICTURE), *options]) == 1
    assert f"{place} cannot be written" in capsys.readouterr().err


# Charts


def test_bars_are_as_long_as_their_values(pocket_trace: Trace) -> None:
    chart = likely_bars(pocket_trace, 3)
    bars = ElementTree.fromstring(svg(chart)).findall("rect")
    widths = [float(bar.get("width", "nan")) for bar in bars]
    assert np.allclose(np.array(widths) / sum(widths), chart.series[0].values / chart.series[0].values.sum(), atol=2e-3)


def test_a_line_begins_anew_behind_what_is_missing_and_goes_up_for_more() -> None:
    values = np.array([0, 1, np.nan, 1, 0], np.float32)
    chart = Lines(HOSTILE, range(5), [Line(HOSTILE, values, 0)], Axis("x", 0, 4), Axis("y", 0, 1))
    drawn = ElementTree.fromstring(svg(chart))
    path = next(one.get("d", "") for one in drawn.findall("path") if one.get("fill") == "none")
    points = [tuple(map(float, point.split())) for point in re.split("[ML]", path)[1:]]
    assert re.sub("[^ML]", "", path) == "MLML"
    assert points[1][1] < points[0][1]
    assert np.allclose(np.diff([x for x, _ in points]), np.array([1, 2, 1]) * (points[1][0] - points[0][0]), atol=0.2)
    assert HOSTILE in [text.text for text in drawn.findall("text")]


def test_a_house_is_a_shim() -> None:
    """Views are at home in it with few lines of its own."""
    assert len((FRONTEND / "houses" / "file.js").read_text(encoding="utf-8").splitlines()) <= 85
