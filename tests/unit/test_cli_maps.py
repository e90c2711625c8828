"""The maps of the command line: what they explain, whose probability scores them, and where their cells are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.attribution import class_activation_map
from explorer.cli import main
from explorer.drawing.color import scale_of
from explorer.drawing.picture import overlay, visible
from explorer.faithfulness.report import report_card
from explorer.loading.catalog import FIRST_NETWORK
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from explorer.trace import Trace
from explorer.wording import percent

PICTURE = str(Path(explorer.__file__).resolve().parents[1] / "assets" / "samples" / "chelsea.jpg")
POCKET = ("--network", "pocket_resnet")


@pytest.mark.slow
def test_the_scores_of_one_class_and_not_another_are_the_first_one_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pocket: Network, pocket_trace: Trace
) -> None:
    options = ["--target", "dog - cat", "--scores", "--signed"]
    assert main(["attribute", PICTURE, *POCKET, "-o", str(tmp_path / "out.png"), *options]) == 0
    dog, cat = (pocket.category_index(name) for name in ("dog", "cat"))
    found = explorer.attribute(pocket, pocket_trace.image, target=Target(dog, against=cat), signed=True)
    card = report_card(pocket_trace, found, dog)
    printed = capsys.readouterr().out.splitlines()
    assert (
        printed[1]
        == f"deletion {card.deletion.area:.3f}, insertion {card.insertion.area:.3f}, ROAD {card.road.score:.3f}"
    )
    assert printed[-1] == "The map explains a difference; the probability is that of “dog”."


@pytest.mark.parametrize("command", ["explain", "attribute"])
def test_cells_lie_where_they_look_unless_a_map_is_to_be_stretched(command: str, tmp_path: Path) -> None:
    picture = tmp_path / "digit.png"
    Image.fromarray(load_sample("digit").pixels).save(picture)
    trace = explorer.run(explorer.load_network("lenet5"), explorer.read_image(picture), "top")
    layer = trace.network.cam_layer
    cam, places = class_activation_map(trace), trace.network.places(layer)
    assert places is not None
    photo, scale = visible(trace.prepared.pixels), scale_of(cam, "inferno")
    for options, expected in (([], places), (["--stretched"], None)):
        png = tmp_path / "out.png"
        assert main([command, str(picture), "--network", "lenet5", "-o", str(png), *options]) == 0
        with Image.open(png) as drawn:
            assert np.array_equal(np.asarray(drawn), overlay(photo, cam, scale, places=expected))


def test_attribute_explains_a_channel_and_keeps_its_sign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pocket: Network, pocket_trace: Trace
) -> None:
    npy = tmp_path / "out.npy"
    options = ["--target", "layer3:5", "--layer", "layer2", "--signed"]
    assert main(["attribute", PICTURE, *POCKET, "-o", str(tmp_path / "o.png"), "--array", str(npy), *options]) == 0
    target = Target(5, layer="layer3")
    expected = explorer.attribute(pocket, pocket_trace.image, "grad_cam", target, "layer2", signed=True)
    assert np.array_equal(np.load(npy), expected.values)
    assert expected.values.min() < 0
    printed = capsys.readouterr().out
    assert printed.startswith("grad_cam of the mean of channel 5 of layer3.1.relu_1 at layer2.1.relu_1, from -")


def test_the_network_that_is_asked_of_unasked_knows_imagenet_s_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", PICTURE, "-o", str(tmp_path / "out.png")]) == 0
    expected = explorer.run(explorer.load_network(FIRST_NETWORK), explorer.read_image(PICTURE)).top(1)[0]
    printed = capsys.readouterr()
    assert f"{percent(expected.probability)}  {expected.category}  (logit {expected.logit:.3f})" in printed.out
    assert printed.err == ""
