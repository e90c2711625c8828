"""How often networks are right about changed pictures: against asking them picture by picture."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

import explorer
from explorer.challenges import CHANGES, changed
from explorer.challenges.survey import STRENGTHS, Accuracy, ChallengeTable, evaluate_challenges
from explorer.cli import main
from explorer.errors import BadData
from explorer.networks.network import Network
from explorer.pictures.folders import find_pictures
from explorer.training.recipes import IMAGENETTE, category_of

ROOT = Path(__file__).parents[2]
FEW = ("rotation", "mirror", "zoom")
SHOWS = {"chelsea": "cat", "raccoon": "cat", "coffee": "golf ball"}  # what folders say, right or wrong


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for sample, category in SHOWS.items():
        place = tmp_path / "in" / category
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "assets" / "samples" / f"{sample}.jpg", place)
    return tmp_path / "in"


def test_every_change_has_its_strengths_from_none_outwards() -> None:
    assert list(STRENGTHS) == list(CHANGES)
    for name, strengths in STRENGTHS.items():
        change = CHANGES[name]
        assert strengths[0] == change.still
        assert all(change.low <= strength <= change.high for strength in strengths)
        away = [abs(strength - change.still) for strength in strengths]
        assert away == sorted(set(away))
        assert len(strengths) == (2 if name == "mirror" else 5)  # which is there or is not


def test_each_cell_counts_what_the_network_says_of_each_changed_picture(folder: Path, pocket: Network) -> None:
    told: list[tuple[int, int | None]] = []
    table = evaluate_challenges([pocket], [folder], FEW, progress=lambda *done: told.append(done))
    images = {file.name: (file.folder, file.read()) for file in find_pictures([folder])}
    expected = {
        (name, strength): sum(
            explorer.run(pocket, changed(image, name, strength)).top(1)[0].category == category
            for category, image in images.values()
        )
        for name in FEW for strength in STRENGTHS[name]
    }  # fmt: skip
    assert {(row.change, row.strength): row.right for row in table.rows} == expected
    assert {row.n for row in table.rows} == {3}
    assert len(set(expected.values())) > 1  # or nothing would be told apart
    assert table.skipped == {}
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_unchanged_it_is_the_plain_accuracy_in_every_line(folder: Path, pocket: Network) -> None:
    table = evaluate_challenges([pocket], [folder], FEW)
    right = sum(explorer.run(pocket, file.read()).top(1)[0].category == file.folder for file in find_pictures([folder]))
    assert {row.right for row in table.rows if row.strength == CHANGES[row.change].still} == {right}
    with pytest.raises(
        BadData, match=r"No picture can be used\. The first, cat.chelsea\.jpg: Its folder 'cat' is called"
    ):
        evaluate_challenges([pocket, explorer.load_network("lenet5")], [folder], FEW)


def test_pictures_are_left_out_for_all_networks_alike(folder: Path, pocket: Network) -> None:
    (folder / "spoon").mkdir()
    shutil.copy(ROOT / "assets" / "samples" / "coffee.jpg", folder / "spoon")
    (folder / "cat" / "broken.jpg").write_bytes(b"no picture")
    table = evaluate_challenges([pocket, pocket], [folder], ["mirror"])
    assert {row.n for row in table.rows} == {3}
    assert {*table.skipped} == {"spoon/coffee.jpg", "cat/broken.jpg"}
    assert "called after no class of Pocket ResNet." in table.skipped["spoon/coffee.jpg"]
    assert "\nPictures left out: 2. The first, " in table.markdown()


def test_a_picture_of_which_nothing_can_be_cut_out_is_left_out_of_other_backgrounds_alone(
    folder: Path, pocket: Network
) -> None:
    grey = Image.new("RGB", (40, 40), (90, 90, 90))
    grey.save(folder / "cat" / "grey.png")
    table = evaluate_challenges([pocket], [folder], ["mirror", "bricks"])
    assert {row.change: row.n for row in table.rows} == {"mirror": 4, "bricks": 3}
    assert table.markdown().splitlines()[0].endswith("% of 4 pictures.")
    assert table.markdown().endswith(
        "Lines with something behind: of 3 pictures; of the others nothing can be cut out."
    )
    with pytest.raises(BadData, match="Nothing can be cut out of these pictures"):
        evaluate_challenges([pocket], [folder / "cat" / "grey.png"], ["bricks"])


def test_the_table_says_what_the_rows_hold() -> None:
    rows = [Accuracy(name, "zoom", s, 8 - 2 * i - j, 8) for j, name in enumerate("ab")
            for i, s in enumerate((1, 0.5, 0.25))]  # fmt: skip
    table = ChallengeTable(tuple(rows), {})
    lines = table.markdown().splitlines()
    assert lines[0] == "Unchanged: a 100\u00a0% of 8 pictures, b 87.5\u00a0% of 8 pictures."
    assert lines[-1] == "| zoom (×) | 0.5, 0.25 | 75.0, 50.0 | 62.5, 37.5 |"
    found = list(csv.DictReader(io.StringIO(table.csv())))
    assert [(row["network"], float(row["strength"]), int(row["right"]) / 8) for row in found] == [
        (row.network, row.strength, float(read["accuracy"])) for row, read in zip(rows, found, strict=True)
    ]


@pytest.mark.parametrize("changes", [[], ["rotate"], ["zoom", "cut"]])
def test_changes_that_there_are_not(folder: Path, pocket: Network, changes: list[str]) -> None:
    with pytest.raises(BadData, match="Changes are some of rotation, mirror, "):
        evaluate_challenges([pocket], [folder], changes)


def test_imagenet_s_numbers_are_read_in_the_words_of_each_network() -> None:
    categories = explorer.load_network("efficientnet_lite0").categories
    assert {category_of("efficientnet_lite0", number) for number in IMAGENETTE} <= {*categories}
    assert {category_of("pocket_resnet", number) for number in IMAGENETTE} <= {
        *explorer.load_network("pocket_resnet").categories
    }
    assert category_of("efficientnet_lite0", "tabby") == "tabby"


def test_one_command_makes_the_table(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    networks = ["--networks", "pocket_resnet", "pocket_resnet=random"]
    assert (
        main(["evaluate-challenges", str(folder), *networks, "--changes", "mirror", "-n", "2", "--out", str(out)]) == 0
    )
    printed = capsys.readouterr()
    assert printed.out == (out / "table.md").read_text()
    assert printed.err.endswith("2 of 2 pictures\n")
    assert len((out / "table.csv").read_text().splitlines()) == 5
    assert main(["evaluate-challenges", str(folder), "--networks", "resnet51", "--out", str(out)]) == 1
    assert "resnet51" in capsys.readouterr().err
