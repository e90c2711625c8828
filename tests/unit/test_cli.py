"""The command line: what it prints, writes and refuses."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import explorer
from explorer.attribution import class_activation_map
from explorer.attribution.figures import map_scale
from explorer.cli import main
from explorer.drawing.color import scale_for
from explorer.drawing.picture import overlay
from explorer.faithfulness.report import report_card
from explorer.faithfulness.sentences import curves_sentence, road_sentence, ties_sentence
from explorer.loading.builtin import ARCHITECTURES
from explorer.loading.catalog import CATALOG, LEFT_OUT
from explorer.loading.published import VARIABLE, find_file, find_set
from explorer.loading.sources.source import WeightSet
from explorer.networks.info import NetworkInfo
from explorer.networks.network import Network
from explorer.trace import Trace
from explorer.wording import percent
from tests.servers import CONTENT, NAME, Server, running_server

ROOT = Path(explorer.__file__).resolve().parents[1]
PICTURE = str(ROOT / "assets" / "samples" / "chelsea.jpg")
POCKET = ("--network", "pocket_resnet")


def assert_is_line_of(info: NetworkInfo, line: str) -> None:
    assert line.split()[0] == info.name
    assert str(info.year) in line
    assert info.title in line
    assert f"{info.n_parameters / 1e6:.1f} M" in line
    assert line.endswith(info.brought)


def test_networks_are_listed_one_a_line_and_then_what_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == LEFT_OUT
    assert len(lines) == len(explorer.list_networks())
    for line, info in zip(lines, explorer.list_networks(), strict=True):
        assert_is_line_of(info, line)


def test_networks_that_are_named_are_listed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "resnet50", "lenet5"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert_is_line_of(CATALOG["resnet50"], first)
    assert_is_line_of(CATALOG["lenet5"], second)


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_a_network_that_is_not_listed_is_refused_before_anything_is_done(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["networks", "lenet5", "lenet", *options]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        "explorer: There is no network 'lenet'. Nearest: 'lenet5'. `python -m explorer networks` lists all "
        f"{len(explorer.list_networks())}.\n"
    )


# Fetching


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_server() as server:
        yield server


@pytest.fixture
def published(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every network's weights are on this machine's own server; those of VGG are not, although they should be."""

    def found(info: NetworkInfo, name: str) -> WeightSet:
        real = find_set(info, name)
        if real.url is None:
            return real
        return dataclasses.replace(real, url=server.url("missing" if info.family == "VGG" else "good"), file=NAME)

    monkeypatch.setattr("explorer.loading.inventory.find_set", found)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))


def test_weights_are_fetched_into_a_folder_for_a_lesson(
    published: None, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick" / "weights"
    for _ in range(2):
        assert main(["fetch", "alexnet", "--to", str(stick)]) == 0
        first, last = capsys.readouterr().out.splitlines()[-2:]
        assert first.split() == ["alexnet", str(len(CONTENT) >> 20), "MB", str(stick / NAME)]
        assert last == f"1 of 1 are in {stick}"
        assert (stick / NAME).read_bytes() == CONTENT
        assert (stick / f"{NAME}.sha256").read_text() == f"{hashlib.sha256(CONTENT).hexdigest()}  {NAME}\n"
        assert {path.name for path in stick.iterdir()} == {NAME, f"{NAME}.sha256"}
    assert len(server.requests) == 1  # the second time they are there
    monkeypatch.setenv(VARIABLE, str(stick))
    there = dataclasses.replace(find_set(CATALOG["alexnet"], "pretrained"), file=NAME)
    assert find_file(there) == stick / NAME


def test_without_a_folder_weights_are_fetched_where_the_program_looks_for_them(
    published: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "resnet50", "--set", "IMAGENET1K_V2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"1 of 1 are in {tmp_path / 'hub' / 'checkpoints'}"
    folder = tmp_path / "hub" / "checkpoints"
    assert (folder / NAME).read_bytes() == CONTENT
    assert list(folder.iterdir()) == [folder / NAME]


def test_one_that_fails_does_not_keep_the_others_back(
    published: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "vgg11", "alexnet", "--to", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == f"1 of 2 are in {tmp_path}"
    assert "explorer: The pretrained weights" in printed.err
    assert "the server answered 404 (Not Found)" in printed.err
    assert "Traceback" not in printed.err
    assert {path.name for path in tmp_path.iterdir()} == {NAME, f"{NAME}.sha256"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["alexnett"], "There is no network 'alexnett'. Nearest: 'alexnet'. "),
        (["alexnet", "swin_t"], f"There is no network 'swin_t'. {LEFT_OUT}\n"),
        (["pocket_resnet"], "The weights of pocket_resnet come with the program: there is nothing to fetch.\n"),
        (["alexnet", "--set", "V2"], "AlexNet has no weights 'V2'. "),
    ],
)
def test_what_cannot_be_fetched_is_refused_before_anything_is(
    published: None, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], text: str
) -> None:
    assert main(["fetch", *options, "--to", str(tmp_path / "stick")]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"explorer: {text}")
    assert printed.err.count("\n") == 1
    assert server.requests == []
    assert not (tmp_path / "stick").exists()


def test_a_folder_that_cannot_be_made_is_a_sentence(
    published: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "stick"
    assert main(["fetch", "alexnet", "--to", str(folder)]) == 1
    printed = capsys.readouterr()
    assert "its folder cannot be read or written" in printed.err
    assert printed.out.splitlines()[-1] == f"0 of 1 are in {folder}"


# Explaining


def test_explain_writes_the_picture_and_the_map(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pocket_trace: Trace
) -> None:
    png, npy = tmp_path / "out.png", tmp_path / "out.npy"
    assert main(["explain", PICTURE, *POCKET, "-o", str(png), "--array", str(npy)]) == 0
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
        assert f" {percent(prediction.probability)}  {prediction.category}  (logit {prediction.logit:.3f})" in line
    assert last.startswith(f"grad_cam of '{pocket_trace.top(1)[0].category}' at layer4.1.relu_1, up to ")
    assert last.endswith(str(png))


@pytest.mark.parametrize("target", ["golf ball", "9"])
def test_explain_takes_class_layer_and_method(
    tmp_path: Path, target: str, pocket: Network, pocket_trace: Trace
) -> None:
    png, npy = tmp_path / "out.png", tmp_path / "out.npy"
    options = ["--target", target, "--layer", "layer2", "--method", "layer_cam"]
    assert main(["explain", PICTURE, *POCKET, "-o", str(png), "--array", str(npy), *options]) == 0
    expected = explorer.attribute(pocket, pocket_trace.image, "layer_cam", target=9, layer="layer2")
    assert np.array_equal(np.load(npy), expected.values)
    assert expected.values.shape == (20, 20)


def test_explain_with_random_weights_differs(tmp_path: Path, pocket_trace: Trace) -> None:
    npy = tmp_path / "out.npy"
    assert (
        main(["explain", PICTURE, *POCKET, "-o", str(tmp_path / "o.png"), "--array", str(npy), "--weights", "random"])
        == 0
    )
    assert not np.array_equal(np.load(npy), class_activation_map(pocket_trace))


def test_explain_names_the_classes_of_a_persons_own_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, names, png = tmp_path / "own.pth", tmp_path / "names.txt", tmp_path / "out.png"
    file = io.BytesIO()
    torch.save({"state_dict": ARCHITECTURES["lenet5"](num_classes=3).state_dict()}, file)
    own.write_bytes(file.getvalue())
    names.write_text("hare\nfox\nowl\n")
    options = ["--network", "lenet5", "--weights", str(own), "--target", "owl"]
    assert main(["explain", PICTURE, *POCKET, "-o", str(png), *options, "--categories", str(names)]) == 0
    *predictions, last = capsys.readouterr().out.splitlines()
    assert sorted(line.split("%")[1].split()[0] for line in predictions) == ["fox", "hare", "owl"]
    assert last.startswith("grad_cam of 'owl' at ")
    png.unlink()
    names.write_text("hare\nfox\n")
    assert main(["explain", PICTURE, *POCKET, "-o", str(png), *options, "--categories", str(names)]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("explorer: 'names.txt' has 2 names; this network has 3 classes: ")
    assert printed.out == ""
    assert not png.exists()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            ["--network", "resnet_18"],
            "There is no network 'resnet_18'. Nearest: 'resnet18'. `python -m explorer networks` lists all 76.\n",
        ),
        (["--layer", "layer9"], "pocket_resnet has no layer 'layer9'. Nearest: 'layer"),
        (["--layer", "fc"], "'fc' of pocket_resnet outputs 11 numbers without height and width, so it has no map to "),
        (["--method", "gradcam"], "There is no method 'gradcam'. Nearest: 'grad_cam'. Pick one of grad_cam, "),
        (["--target", "kat"], "pocket_resnet has no class 'kat'. Nearest: 'cat'."),
        (
            ["--target", "11"],
            "pocket_resnet has no class 11; its classes are 0 to 10. See network.categories for their ",
        ),
        (["--network", "mlp", "--weights", "random"], "MLP has no feature maps: its first layer already reads "),
        (["--network", "vit_b_16"], "There is no network 'vit_b_16'. Transformers (ViT, Swin, MaxViT) are not in the "),
        (["--weights", "IMAGENET1K_V1"], "Pocket ResNet has no weights 'IMAGENET1K_V1'. There are project.\n"),
        (["--weights", "nowhere.pt"], "'nowhere.pt' cannot be opened; a readable file of weights is needed. "),
    ],
)
def test_a_refusal_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], text: str
) -> None:
    png = tmp_path / "out.png"
    assert main(["explain", PICTURE, *POCKET, "-o", str(png), *options]) == 1
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


# Attribution


def test_attribute_writes_the_map_of_any_method(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pocket: Network, pocket_trace: Trace
) -> None:
    png, npy = tmp_path / "out.png", tmp_path / "out.npy"
    options = ["--method", "smooth_grad", "--option", "n_samples=2", "--option", "seed=4", "--target", "golf ball"]
    assert main(["attribute", PICTURE, *POCKET, "-o", str(png), "--array", str(npy), *options]) == 0
    expected = explorer.attribute(pocket, pocket_trace.image, "smooth_grad", 9, n_samples=2, seed=4)
    assert np.array_equal(np.load(npy), expected.values)
    with Image.open(png) as drawn:
        scale = map_scale(expected.values, "inferno", signed=False, of_pixels=True)
        assert np.array_equal(np.asarray(drawn), overlay(pocket_trace.prepared.pixels, expected.values, scale))
    assert capsys.readouterr().out == (
        f"smooth_grad of the logit of “golf ball”, from {expected.values.min():.4g} to {expected.values.max():.4g}, in "
        f"{expected.evaluations} passes: {png}\n"
    )


@pytest.mark.slow
def test_attribute_says_how_faithful_the_map_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pocket_trace: Trace
) -> None:
    assert main(["attribute", PICTURE, *POCKET, "-o", str(tmp_path / "out.png"), "--scores"]) == 0
    card = report_card(pocket_trace, class_activation_map(pocket_trace))
    assert card.confidence is not None
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"deletion {card.deletion.area:.3f}, insertion {card.insertion.area:.3f}, ROAD {card.road.score:.3f}",
        f"drop in confidence {percent(card.confidence.drop / 100)}",
        curves_sentence(card),
        road_sentence(card),
        ties_sentence(card.ties),
    ]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--method", "gradcam"], "There is no method 'gradcam'. Nearest: 'grad_cam'. Pick one of grad_cam, "),
        (["--option", "steps"], "'steps' sets no option. Write NAME=VALUE, such as steps=64."),
        (["--option", "steps=3"], "grad_cam has no option 'steps'. It has none."),
        (
            ["--method", "rise", "--option", "n_masks=many"],
            "n_masks must be a whole number from 1 to 20000, not 'many'.",
        ),
        (["--target", "kat"], "pocket_resnet has no class 'kat'. Nearest: 'cat'."),
        (["--target", "layer9:3"], "pocket_resnet has no layer 'layer9'."),
        (
            ["--target", "layer4:3", "--scores"],
            "The trace explains the mean of channel 3 of layer4.1.relu_1, which has no probability. ",
        ),
    ],
)
def test_what_attribute_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], text: str
) -> None:
    png = tmp_path / "out.png"
    assert main(["attribute", PICTURE, *POCKET, "-o", str(png), *options]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"explorer: {text}")
    assert printed.err.count("\n") == 1
    assert not png.exists()


@pytest.mark.slow
def test_methods_are_compared_with_one_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, sample in (("cat", "chelsea"), ("cat", "raccoon"), ("spoon", "coffee")):
        (tmp_path / "in" / folder).mkdir(parents=True, exist_ok=True)
        content = (ROOT / "assets" / "samples" / f"{sample}.jpg").read_bytes()
        (tmp_path / "in" / folder / f"{sample}.jpg").write_bytes(content)
    out = tmp_path / "out"
    options = ["--methods", "grad_cam", "centred", "--target", "folder", "--steps", "2", "--out", str(out)]
    assert main(["evaluate-attribution", str(tmp_path / "in"), *POCKET, *options]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0] == "Pocket ResNet: means over 2 pictures"
    assert [line.split(" | ")[:2] for line in lines[4:6]] == [["| grad_cam", "2"], ["| centred", "2"]]
    assert lines[7].startswith("grad_cam ")
    assert " centred in deletion: " in lines[7]
    assert lines[-2] == (
        "Pictures left out: 1. The first, spoon/coffee.jpg: Its folder 'spoon' is called after no class of Pocket "
        "ResNet."
    )
    assert lines[-1] == f"4 rows: {out / 'table.csv'}, {out / 'table.json'}"
    assert len((out / "table.csv").read_text().splitlines()) == 5
    assert printed.err.endswith("6 of 6 maps\n")


@pytest.mark.slow
def test_options_are_set_method_by_method(tmp_path: Path, pocket: Network, pocket_trace: Trace) -> None:
    out = tmp_path / "out"
    options = ["--methods", "rise", "smooth_grad", "--steps", "2", "--out", str(out)]
    options += ["--option", "rise.n_masks=3", "--option", "rise.keep=0.25", "--option", "smooth_grad.n_samples=2"]
    assert main(["evaluate-attribution", PICTURE, *POCKET, *options]) == 0
    (folder,) = (out / "maps").iterdir()
    for method, chosen in {"rise": {"n_masks": 3, "keep": 0.25}, "smooth_grad": {"n_samples": 2}}.items():
        expected = explorer.attribute(pocket, pocket_trace.image, method, **chosen)
        assert np.array_equal(np.load(folder / f"{method}.npy"), expected.values)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("n_masks=3", "'n_masks=3' sets no option. Write METHOD.NAME=VALUE, such as rise.n_masks=200."),
        ("rise.n_masks", "'rise.n_masks' sets no option. Write METHOD.NAME=VALUE, such as rise.n_masks=200."),
        ("rise=3", "'rise=3' sets no option. Write METHOD.NAME=VALUE, such as rise.n_masks=200."),
        ("rice.n_masks=3", "There is no method 'rice'. Nearest: 'rise'. "),
        ("rise.masks=3", "rise has no option 'masks'."),
    ],
)
def test_options_that_nobody_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, text: str) -> None:
    assert main(["evaluate-attribution", PICTURE, "--out", str(tmp_path / "out"), "--option", option]) == 1
    assert capsys.readouterr().err.startswith(f"explorer: {text}")


def test_a_folder_whose_pictures_cannot_be_used_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    options = ["--methods", "grad_cam", "--out", str(tmp_path / "out")]
    assert main(["evaluate-attribution", str(tmp_path), *options]) == 1
    assert "Pictures left out: 1. The first, broken.jpg: 'broken.jpg' is not a picture " in capsys.readouterr().out
    (tmp_path / "broken.jpg").unlink()
    assert main(["evaluate-attribution", str(tmp_path), *options]) == 1
    assert capsys.readouterr().err == f"explorer: There is no picture in {tmp_path}. Choose another.\n"


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_network_without_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    options = ["--out", str(tmp_path / "out.safetensors")] if command == "train" else []
    assert main([command, "resnet18", "--data", str(tmp_path), *options]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("explorer: There is no recipe for 'resnet18'.")
    assert printed.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["fetch"], ["explain", PICTURE], ["explain", "-o", "out.png"]])
def test_misuse_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: explorer")


@pytest.mark.slow
def test_the_module_runs_as_a_program() -> None:
    """In a process of its own: the exit status and the streams are those of main(), with no traceback."""
    command = [sys.executable, "-m", "explorer", "explain", "nowhere.png", "-o", "out.png"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "explorer: There is no file 'nowhere.png'. Check the path.\n"


def test_who_has_read_enough_is_told_nothing() -> None:
    """`explorer networks | head -1`: the pipe is closed while there is more to say."""
    command = f"{sys.executable} -m explorer networks timm | head -1"
    found = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.count("\n") == 1
    assert found.stderr == ""
