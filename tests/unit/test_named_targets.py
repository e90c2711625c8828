"""Classes that are called as numbers are written: their names go before numbers, in every command."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

import explorer
from explorer.cli import main
from explorer.errors import BadTarget
from explorer.loading.builtin import LeNet5
from explorer.networks.network import Network
from explorer.targets import Target, parse_target

NAMES = ("1", "10", "11", "12", "2", "3", "4", "5", "6", "7", "8", "9")  # as a folder lists 1 to 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("numbers")
    torch.manual_seed(1)
    safetensors.torch.save_file(LeNet5(num_classes=12).state_dict(), folder / "own.safetensors")
    (folder / "names.txt").write_text("\n".join(NAMES))
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32), np.uint8)
    Image.fromarray(pixels).save(folder / "picture.png")
    return folder


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    return explorer.load_network("lenet5", folder / "own.safetensors", categories=folder / "names.txt")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_goes_before_a_number(name: str, network: Network) -> None:
    assert network.category_index(name) == NAMES.index(name)
    assert parse_target(network, name) == Target(NAMES.index(name))


def test_a_number_that_is_no_name_stays_one(network: Network) -> None:
    assert parse_target(network, "0") == Target(0)  # no class is called so
    assert parse_target(network, "10-2") == Target(1, against=4)
    assert parse_target(network, "0 - 10") == Target(0, against=1)
    for text in ("13", "9" * 5000, "9" * 5000 + "-1"):
        with pytest.raises(BadTarget, match="has no class"):
            parse_target(network, text)
    with pytest.raises(BadTarget, match=r"has no class '999.*…'\.$"):
        network.category_index("9" * 5000)


def options(folder: Path, command: str, target: str, *more: str) -> list[str]:
    own = [
        "--network",
        "lenet5",
        "--weights",
        str(folder / "own.safetensors"),
        "--categories",
        str(folder / "names.txt"),
    ]
    return [command, str(folder / "picture.png"), *own, "--target", target, *more]


def values(network: Network, folder: Path, target: Target) -> object:
    image = explorer.read_image(folder / "picture.png")
    return explorer.attribute(network, image, "grad_cam", target).values


@pytest.mark.parametrize("name", ["10", "12"])
@pytest.mark.parametrize("command", ["explain", "attribute"])
def test_commands_that_draw(
    command: str, name: str, folder: Path, network: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    array = folder / f"{command}-{name}.npy"
    assert main(options(folder, command, name, "-o", str(folder / "map.png"), "--array", str(array))) == 0
    said = f"grad_cam of '{name}' at" if command == "explain" else f"grad_cam of the logit of “{name}” at"
    assert said in capsys.readouterr().out
    np.testing.assert_array_equal(np.load(array), values(network, folder, Target(NAMES.index(name))))


def test_one_class_and_not_another(folder: Path, network: Network, capsys: pytest.CaptureFixture[str]) -> None:
    array = folder / "difference.npy"
    assert main(options(folder, "attribute", "10-2", "-o", str(folder / "map.png"), "--array", str(array))) == 0
    assert "the logit of “10” less that of “2”" in capsys.readouterr().out
    np.testing.assert_array_equal(np.load(array), values(network, folder, Target(1, against=4)))


def test_many_pictures(folder: Path) -> None:
    out = folder / "table"
    more = ["--methods", "grad_cam", "--steps", "2", "--out", str(out)]
    assert main(options(folder, "evaluate-attribution", "10", *more)) == 0
    with (out / "table.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["category"], row["target"]) == ("10", "1")
