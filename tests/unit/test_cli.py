"""The command line: what it prints, writes and refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.__main__ import main
from explorer.attribution import class_activation_map
from explorer.figures.color import scale_for
from explorer.figures.picture import overlay
from explorer.networks.network import Network
from explorer.trace import Trace

ROOT = Path(explorer.__file__).resolve().parents[1]
PICTURE = str(ROOT / "assets" / "samples" / "chelsea.jpg")


def test_networks_are_listed_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(explorer.list_networks())
    for line, info in zip(lines, explorer.list_networks(), strict=True):
        assert line.split()[0] == info.name
        assert str(info.year) in line
        assert info.title in line
        assert line.endswith(info.brought)


def test_explain_writes_the_picture_and_the_map(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pocket_trace: Trace
) -> None:
    png, npy = tmp_path / "out.png", tmp_path / "out.npy"
    assert main(["explain", PICTURE, "-o", str(png), "--array", str(npy)]) == 0
    cam = class_activation_map(pocket_trace)
    found = np.load(npy)
    assert found.dtype == np.float32
    assert np.array_equal(found, cam)
    with Image.open(png) as drawn:
        expected = overlay(pocket_trace.prepared.pixels, cam, scale_for(0, float(cam.max()), "inferno"))
        assert np.array_equal(np.asarray(drawn), expected)
    *predictions, last = capsys.readouterr().out.splitlines()
    assert len(predictions) == 5
    for line, prediction in zip(predictions, pocket_trace.top(5), strict=True):
        assert line.startswith("*" if prediction.index == pocket_trace.target else " ")
        assert f"{prediction.probability:.2%}  {prediction.category}  (logit {prediction.logit:.3f})" in line
    assert last.startswith(f"grad_cam of '{pocket_trace.top(1)[0].category}' at layer4.1.relu_1, up to ")
    assert last.endswith(str(png))


@pytest.mark.parametrize("target", ["golf ball", "9"])
def test_explain_takes_class_layer_and_method(
    tmp_path: Path, target: str, pocket: Network, pocket_trace: Trace
) -> None:
    png, npy = tmp_path / "out.png", tmp_path / "out.npy"
    options = ["--target", target, "--layer", "layer2", "--method", "layer_cam"]
    assert main(["explain", PICTURE, "-o", str(png), "--array", str(npy), *options]) == 0
    expected = explorer.attribute(pocket, pocket_trace.image, "layer_cam", target=9, layer="layer2")
    assert np.array_equal(np.load(npy), expected.values)
    assert expected.values.shape == (20, 20)


def test_explain_with_random_weights_differs(tmp_path: Path, pocket_trace: Trace) -> None:
    npy = tmp_path / "out.npy"
    assert main(["explain", PICTURE, "-o", str(tmp_path / "o.png"), "--array", str(npy), "--weights", "random"]) == 0
    assert not np.array_equal(np.load(npy), class_activation_map(pocket_trace))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            ["--network", "resnet_18"],
            "There is no network 'resnet_18'. Nearest: 'resnet18'. Pick one of pocket_resnet, ",
        ),
        (["--layer", "layer9"], "pocket_resnet has no layer 'layer9'. Nearest: 'layer"),
        (["--layer", "fc"], "'fc' of pocket_resnet outputs 11 numbers without height and width, so it has no map to "),
        (["--method", "gradcam"], "There is no method 'gradcam'. Nearest: 'grad_cam'. Pick one of grad_cam, "),
        (["--target", "kat"], "pocket_resnet has no class 'kat'. Nearest: 'cat'."),
        (
            ["--target", "11"],
            "pocket_resnet has no class 11; its classes are 0 to 10. See network.categories for their ",
        ),
        (["--weights", "nowhere.pt"], "'nowhere.pt' cannot be opened; a readable file of weights is needed. "),
    ],
)
def test_a_refusal_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], text: str
) -> None:
    png = tmp_path / "out.png"
    assert main(["explain", PICTURE, "-o", str(png), *options]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"explorer: {text}")
    assert printed.err.count("\n") == 1
    assert not png.exists()


@pytest.mark.parametrize("content", [None, b"", b"no picture"])
def test_a_picture_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None) -> None:
    picture = tmp_path / "picture.png"
    if content is not None:
        picture.write_bytes(content)
    assert main(["explain", str(picture), "-o", str(tmp_path / "out.png")]) == 1
    printed = capsys.readouterr().err
    assert "'picture.png'" in printed
    assert printed.startswith("explorer: ")
    assert printed.count("\n") == 1


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_network_without_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    options = ["--out", str(tmp_path / "out.safetensors")] if command == "train" else []
    assert main([command, "resnet18", "--data", str(tmp_path), *options]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("explorer: There is no recipe for 'resnet18'.")
    assert printed.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["explain", PICTURE], ["explain", "-o", "out.png"]])
def test_misuse_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: explorer")


def test_the_module_runs_as_a_program() -> None:
    """In a process of its own: the exit status and the streams are those of main(), with no traceback."""
    command = [sys.executable, "-m", "explorer", "explain", "nowhere.png", "-o", "out.png"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "explorer: There is no file 'nowhere.png'. Check the path.\n"
