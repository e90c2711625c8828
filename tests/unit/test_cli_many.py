"""`explorer explain` on many pictures: a map of each, a table of all, and one that cannot be read stops none."""

from __future__ import annotations

import csv
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.attribution import class_activation_map
from explorer.cli import main
from explorer.cli.one import explained
from explorer.networks.network import Network

ROOT = Path(explorer.__file__).resolve().parents[1]
SAMPLES = ROOT / "assets" / "samples"
POCKET = ("--network", "pocket_resnet")


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two pictures, one below, and a file that is none; the place from which commands are given."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    for name in ("chelsea", "coffee"):
        shutil.copy(SAMPLES / f"{name}.jpg", folder)
    shutil.copy(SAMPLES / "rocket.jpg", folder / "below" / "chelsea.jpg")
    (folder / "broken.png").write_bytes(b"no picture")
    monkeypatch.chdir(tmp_path)
    return folder


def table(folder: Path) -> list[dict[str, Any]]:
    """The rows of the JSON, which are those of the CSV too."""
    rows: list[dict[str, Any]] = json.loads((folder / "table.json").read_text(encoding="utf-8"))["rows"]
    with (folder / "table.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows] == written
    return rows


def test_a_folder_has_a_map_of_each_picture_and_a_table(
    pictures: Path, pocket: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    out, arrays = Path("maps"), Path("arrays")
    assert main(["explain", "pictures", *POCKET, "-o", "maps", "--array", "arrays"]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("explorer: 'broken.png' is not a picture that can be read; ")
    assert printed.err.count("\n") == 1
    *lines, last = printed.out.splitlines()
    assert last == "3 of 4 pictures: maps/table.csv, maps/table.json"
    rows = table(out)
    assert [row["picture"] for row in rows] == ["below/chelsea.jpg", "broken.png", "chelsea.jpg", "coffee.jpg"]
    assert {str(path.relative_to(out)) for path in out.rglob("*.png")} == {
        "below/chelsea.jpg.png", "chelsea.jpg.png", "coffee.jpg.png"
    }  # fmt: skip
    good = [row for row in rows if not row["problem"]]
    for row, line in zip(good, lines, strict=True):
        trace = explorer.run(pocket, explorer.read_image(pictures / row["picture"]), "top")
        cam = class_activation_map(trace)
        best = int(np.argmax(trace.logits))
        assert np.array_equal(np.load(arrays / f"{row['picture']}.npy"), cam)
        assert Path(row["array"]) == arrays / f"{row['picture']}.npy"
        assert (row["target"], row["top"], row["category"]) == (best, best, pocket.categories[best])
        assert row["probability"] == row["top_probability"] == float(trace.probabilities[best])
        assert row["logit"] == float(trace.logits[best])
        assert row["maximum"] == float(cam.max())
        with Image.open(row["map"]) as drawn:
            assert drawn.size == trace.prepared.size[::-1]
        assert line.startswith(f"{row['picture']}: {pocket.categories[best]} ")
        said = f"grad_cam of '{pocket.categories[best]}' at {row['layer']}, up to {cam.max():.4g}: {row['map']}"
        assert line.endswith(said)
    (bad,) = (row for row in rows if row["problem"])
    assert {key for key, value in bad.items() if value not in (None, "")} == {"picture", "problem"}


@pytest.mark.slow
def test_files_patterns_and_archives_together_each_picture_once(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with tarfile.open("more.tar", "w") as tar:
        tar.add(SAMPLES / "raccoon.jpg", "deep/raccoon.jpg")
    given = [
        "pictures/c*.jpg",
        "pictures/chelsea.jpg",
        "pictures/below/chelsea.jpg",
        "more.tar",
        "pictures/chelsea.jpg",
    ]
    assert main(["explain", *given, *POCKET, "-o", "maps"]) == 0
    rows = table(Path("maps"))
    assert [row["picture"] for row in rows] == ["chelsea.jpg", "coffee.jpg", "chelsea-2.jpg", "deep/raccoon.jpg"]
    assert rows[0]["logit"] != rows[2]["logit"]  # of the same name, and another picture
    assert capsys.readouterr().err == ""
    assert main(["explain", "maps", *POCKET, "-o", "again"]) == 0  # maps are pictures, too
    assert len(table(Path("again"))) == 4


def test_what_is_not_there_is_said_and_stops_nothing(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "nowhere.jpg", "pictures/z*.jpg", "pictures/coffee.jpg", *POCKET, "-o", "maps"]) == 1
    assert capsys.readouterr().err == (
        "explorer: There is no file or folder 'nowhere.jpg'. Check the path.\n"
        "explorer: There is no file or folder 'pictures/z*.jpg'. Check the path.\n"
    )
    assert [bool(row["problem"]) for row in table(Path("maps"))] == [True, True, False]


def test_all_pictures_are_explained_as_asked(pictures: Path, pocket: Network) -> None:
    options = ["--target", "golf ball", "--layer", "layer2", "--method", "layer_cam", "--stretched"]
    assert main(["explain", "pictures/chelsea.jpg", "pictures/coffee.jpg", *POCKET, "-o", "maps", *options]) == 0
    for row in table(Path("maps")):
        assert (row["target"], row["category"], row["method"]) == (9, "golf ball", "layer_cam")
        assert row["layer"] == pocket.layer("layer2").name
        assert row["top"] != 9


@pytest.mark.slow
def test_a_second_call_leaves_its_own_maps_out(pictures: Path) -> None:
    (pictures / "broken.png").unlink()
    for _ in range(2):
        assert main(["explain", "pictures", *POCKET, "-o", "pictures/maps"]) == 0
        assert len(table(pictures / "maps")) == 3


def test_one_picture_goes_into_a_folder_that_is_there(pictures: Path) -> None:
    Path("maps").mkdir()
    assert main(["explain", "pictures/coffee.jpg", *POCKET, "-o", "maps"]) == 0
    assert [row["map"] for row in table(Path("maps"))] == ["maps/coffee.jpg.png"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["pictures", "-o", "map.png"], "'map.png' is one file, and there may be several pictures. Name a folder "),
        (["pictures", "-o", "maps", "--array", "map.npy"], "'map.npy' is one file, and there may be several pictures."),
        (["pictures", "-o", "pictures"], "'pictures' is the folder of the pictures themselves. Choose another "),
        (["pictures", "-o", "maps", "--target", "kat"], "pocket_resnet has no class 'kat'. Nearest: 'cat'."),
        (["pictures", "-o", "maps", "--target", "99"], "pocket_resnet has no class 99; its classes are 0 to 10."),
        (["pictures", "-o", "maps", "--layer", "fc"], "'fc' of pocket_resnet outputs 11 numbers without height and"),
        (["pictures", "-o", "maps", "--method", "rise"], "'rise' is not read off one recorded pass: "),
    ],
)
def test_what_is_wrong_for_all_is_said_once_and_before_anything_is_written(
    pictures: Path, arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(pictures.parent.rglob("*"))
    assert main(["explain", *arguments, *POCKET]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"explorer: {text}")
    assert printed.err.count("\n") == 1
    assert sorted(pictures.parent.rglob("*")) == before


def test_a_table_is_left_by_who_loses_patience(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[int] = []

    def impatient(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return explained(*given)

    monkeypatch.setattr("explorer.cli.many.explained", impatient)
    assert main(["explain", "pictures", *POCKET, "-o", "maps"]) == 130
    assert [row["picture"] for row in table(Path("maps"))] == ["below/chelsea.jpg", "broken.png"]
