"""Tables of scores over many pictures: what is in them, what is left out, and that a stopped run goes on."""

from __future__ import annotations

import csv
import io
import json
import math
import tarfile
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.drawing.color import scale_of
from explorer.drawing.picture import overlay
from explorer.errors import BadData, BadOption, BadTarget, UnknownLayer, UnknownMethod
from explorer.faithfulness import survey as attribution_evaluation
from explorer.faithfulness.report import report_card
from explorer.faithfulness.scores import centred_map
from explorer.faithfulness.survey import Scoring, baseline, evaluate_attribution
from explorer.faithfulness.table import BASELINES, COLUMNS, SCORES, AttributionTable, Row
from explorer.networks.network import Network
from explorer.pictures.folders import find_pictures
from explorer.pictures.image import read_image
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from tests.tiny import noise_image

pytestmark = pytest.mark.slow  # together

ROOT = Path(explorer.__file__).resolve().parents[1]
SAMPLES = ROOT / "assets" / "samples"
VALIDATION = ROOT.parent / "shared" / "data" / "imagenette_160_val.tar"
METHODS = ("grad_cam", "gradient", "centred")
TWO_STEPS = Scoring(n_steps=2)
QUICK: dict[str, Any] = {"methods": METHODS, "how": TWO_STEPS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures in folders called after classes, one in a folder that is not, and two files that are none."""
    for place, sample in (
        ("n02102040/springer.jpg", "chelsea"),
        ("golf ball/deep/er/a.jpg", "coffee"),
        ("golf ball/b.jpg", "rocket"),
        ("other/c.jpg", "coffee"),
    ):
        path = tmp_path / "pictures" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((SAMPLES / f"{sample}.jpg").read_bytes())
    (tmp_path / "pictures" / "golf ball" / "broken.png").write_bytes(b"no picture")
    (tmp_path / "pictures" / "golf ball" / ".hidden.jpg").write_bytes(b"no picture")
    (tmp_path / "pictures" / "readme.txt").write_text("no picture")
    return tmp_path / "pictures"


NAMES = ["golf ball/b.jpg", "golf ball/broken.png", "golf ball/deep/er/a.jpg", "n02102040/springer.jpg", "other/c.jpg"]


# Finding pictures


def test_pictures_are_found_in_folders_and_in_the_folders_in_them(folder: Path) -> None:
    found = find_pictures([folder])
    assert [picture.name for picture in found] == NAMES
    assert [picture.folder for picture in found] == ["golf ball", "golf ball", "er", "n02102040", "other"]
    assert np.array_equal(found[0].read().pixels, load_sample("rocket").pixels)


def test_an_archive_is_as_good_as_a_folder(folder: Path) -> None:
    with tarfile.open(folder.parent / "pictures.tar", "w") as tar:
        tar.add(folder, ".")
    packed, unpacked = find_pictures([folder.parent / "pictures.tar"]), find_pictures([folder])
    assert [picture.name for picture in packed] == [picture.name for picture in unpacked]
    assert [picture.folder for picture in packed] == [picture.folder for picture in unpacked]
    for one, other in zip(packed, unpacked, strict=True):
        if one.name != "golf ball/broken.png":
            assert one.read() == other.read()


def test_names_in_an_archive_lead_nowhere_else(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        for name in ("../../a.png", "/etc/b.png", "x/./../c.png"):
            tar.addfile(tarfile.TarInfo(name))
    assert [picture.name for picture in find_pictures([tmp_path / "evil.tar"])] == ["a.png", "etc/b.png", "x/c.png"]


@pytest.mark.parametrize(
    ("n", "expected"), [(1, [0]), (2, [0, 2]), (3, [0, 1, 3]), (5, [0, 1, 2, 3, 4]), (9, range(5))]
)
def test_few_of_many_are_taken_at_even_steps(folder: Path, n: int, expected: list[int]) -> None:
    assert [picture.name for picture in find_pictures([folder], n)] == [NAMES[i] for i in expected]


def test_several_places_keep_their_names_apart(folder: Path) -> None:
    found = find_pictures([folder / "golf ball" / "b.jpg", folder / "other"])
    assert [picture.name for picture in found] == ["b/b.jpg", "other/c.jpg"]
    assert [picture.name for picture in find_pictures([folder / "other" / "c.jpg"])] == ["c.jpg"]
    with pytest.raises(BadData) as caught:
        find_pictures([folder / "other", folder / "other"])
    assert str(caught.value) == "Two pictures are called 'other/c.jpg'. Rename a folder, or take them one by one."


def test_places_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "broken.tar").write_bytes(b"no archive at all" * 100)
    (tmp_path / "empty").mkdir()
    for places, n, text in (
        ([tmp_path / "none"], None, f"There is no file or folder '{tmp_path / 'none'}'. Check the path."),
        ([tmp_path / "empty"], None, f"There is no picture in {tmp_path / 'empty'}. Choose another."),
        ([], None, "There is no picture in no folder at all. Choose another."),
        (
            [tmp_path / "broken.tar"], None,
            f"'{tmp_path / 'broken.tar'}' is no archive that can be read. Choose another.",
        ),
        ([tmp_path / "empty"], 0, "0 pictures are asked for; 1 or more are needed."),
    ):  # fmt: skip
        with pytest.raises(BadData) as caught:
            find_pictures(places, n)
        assert str(caught.value) == text


# What is in the table


@pytest.mark.slow
def test_every_row_is_the_report_card_of_its_map(pocket: Network, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    table = evaluate_attribution(pocket, folder, METHODS, out, Scoring(n_steps=2, seed=3))
    good = [name for name in NAMES if name != "golf ball/broken.png"]
    assert [(row.picture, row.method) for row in table.rows] == [(name, m) for name in good for m in METHODS]
    assert table.n_pictures == 4
    truths = {"golf ball/b.jpg": "golf ball", "n02102040/springer.jpg": "dog"}
    for row in table.rows:
        image = read_image(folder / row.picture)
        trace = explorer.run(pocket, image, "top")
        if row.method == "centred":
            values = centred_map(160, 160)
            assert (row.layer, row.seconds, row.evaluations) == (None, None, None)
        else:
            found = explorer.attribute(pocket, image, row.method)
            values = found.values
            assert (row.layer, row.evaluations) == (found.layer, found.evaluations)
            assert row.seconds is not None
            assert row.seconds > 0
        card = report_card(trace, values, n_steps=2, seed=3)
        assert card.confidence is not None
        assert (row.target, row.category) == (trace.target, trace.top(1)[0].category)
        assert row.probability == trace.top(1)[0].probability
        assert row.truth == truths.get(row.picture)
        expected = (
            card.deletion.area, card.insertion.area, card.road.score, card.confidence.drop, card.confidence.rose,
            card.entropy, card.gini,
        )  # fmt: skip
        assert tuple(getattr(row, score) for score in SCORES) == pytest.approx(expected, abs=1e-5)
        assert row.problem == ""
        place = out / "maps" / row.picture
        assert np.array_equal(np.load(place / f"{row.method}.npy"), values)
        with Image.open(place / f"{row.method}.png") as drawn:
            assert np.array_equal(
                np.asarray(drawn), overlay(trace.prepared.pixels, values, scale_of(values, "inferno"))
            )


def test_the_table_is_written_as_csv_and_json(pocket: Network, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    table = evaluate_attribution(pocket, folder, METHODS, out, Scoring("folder", n_steps=2))
    with (out / "table.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    for row, written in zip(table.rows, rows, strict=True):
        for column in COLUMNS:
            value = getattr(row, column)
            assert written[column] == ("" if value is None else str(value))
    found = json.loads((out / "table.json").read_text(encoding="utf-8"))
    assert [Row(**row) for row in found["rows"]] == list(table.rows)
    assert found["skipped"] == dict(table.skipped)
    assert found["settings"]["n_steps"] == 2
    assert found["means"]["grad_cam"]["n"] == 2
    assert found["means"]["grad_cam"]["deletion"] == table.mean("grad_cam", "deletion")
    assert found["verdicts"] == list(table.verdicts())
    assert not list(out.rglob("*.part"))


@pytest.mark.slow
def test_a_picture_that_cannot_be_used_is_left_out_with_a_sentence(pocket: Network, folder: Path) -> None:
    assert evaluate_attribution(pocket, folder, **QUICK).skipped == {
        "golf ball/broken.png": "'broken.png' is not a picture that can be read; JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF "
        "can. Choose another file."
    }
    by_folder = evaluate_attribution(pocket, folder, METHODS, how=Scoring("folder", n_steps=2))
    assert [(row.picture, row.category) for row in by_folder.rows if row.method == "centred"] == [
        ("golf ball/b.jpg", "golf ball"),
        ("n02102040/springer.jpg", "dog"),
    ]
    assert by_folder.skipped["other/c.jpg"] == "Its folder 'other' is called after no class of Pocket ResNet."
    assert set(by_folder.skipped) == {NAMES[1], NAMES[2], NAMES[4]}


def test_one_class_for_all(tiny: Network, folder: Path) -> None:
    by_name = evaluate_attribution(tiny, folder, METHODS, how=Scoring("cow", n_steps=2))
    by_index = evaluate_attribution(tiny, folder, METHODS, how=Scoring(tiny.categories.index("cow"), n_steps=2))
    assert {row.category for row in by_name.rows} == {"cow"}
    for one, other in zip(by_name.rows, by_index.rows, strict=True):
        assert (one.deletion, one.insertion) == (other.deletion, other.insertion)


def test_pictures_need_no_files(pocket: Network) -> None:
    images = [load_sample("chelsea"), load_sample("coffee"), noise_image(seed=1), noise_image(seed=1)]
    table = evaluate_attribution(pocket, images, methods=["grad_cam"], how=Scoring(n_steps=1))
    names = [row.picture for row in table.rows]
    assert names[:3] == [images[0].name, images[1].name, "noise-1.png"]
    assert names[3] == f"noise-1.png {images[3].digest[:8]}"
    path = SAMPLES / "chelsea.jpg"
    for single in (images[0], path, str(path), [str(path)]):
        same = evaluate_attribution(pocket, single, methods=["grad_cam"], how=Scoring(n_steps=1))
        assert same.rows[0].deletion == table.rows[0].deletion


def test_a_map_without_a_score_is_a_row_that_says_why(random_network: Callable[[str], Network]) -> None:
    table = evaluate_attribution(random_network("mlp"), noise_image(28, 28), ["grad_cam", "random"], how=TWO_STEPS)
    assert table.rows[0].deletion is None
    assert table.rows[0].problem.startswith("MLP has no feature maps")
    assert table.rows[1].problem == ""
    assert table.mean("grad_cam", "deletion") is None
    assert "Maps without a score: 1 of 2. The first: MLP has no feature maps" in table.markdown()


def test_options_reach_their_method(pocket: Network) -> None:
    options = {"smooth_grad": {"n_samples": 2, "seed": 5}}
    how = Scoring(n_steps=2, options=options)
    table = evaluate_attribution(pocket, load_sample("chelsea"), methods=["smooth_grad"], how=how)
    found = explorer.attribute(pocket, load_sample("chelsea"), "smooth_grad", n_samples=2, seed=5)
    assert table.rows[0].evaluations == found.evaluations
    assert table.rows[0].deletion == pytest.approx(
        report_card(explorer.run(pocket, load_sample("chelsea")), found, n_steps=2).deletion.area
    )


def test_baselines_know_nothing_of_the_picture(pocket_trace: Trace, pocket: Network) -> None:
    other = explorer.run(pocket, load_sample("coffee"))
    assert np.array_equal(baseline(pocket_trace, "centred"), baseline(other, "centred"))
    for name, size in (("random", (10, 10)), ("random_pixels", (160, 160))):
        drawn = baseline(pocket_trace, name)
        assert drawn.shape == size
        assert np.array_equal(drawn, baseline(pocket_trace, name))
        assert not np.array_equal(drawn, baseline(pocket_trace, name, seed=1))
        assert not np.array_equal(drawn, baseline(other, name))  # or their mean would be that of one map


# Going on


class Stopped(Exception):
    pass


@pytest.mark.parametrize("n_done", [1, 2, 8])
def test_a_stopped_run_goes_on_where_it_was(
    tiny: Network, folder: Path, tmp_path: Path, n_done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate_attribution(tiny, folder, **QUICK)
    out = tmp_path / "out"

    def stop(done: int, total: int | None) -> None:
        assert total == 15
        if done == n_done:
            raise Stopped

    with pytest.raises(Stopped):
        evaluate_attribution(tiny, folder, out=out, progress=stop, **QUICK)
    lines = (out / "rows.jsonl").read_text().splitlines()
    assert len(lines) == n_done - 3 * (n_done > 3)  # of the picture that cannot be read, there are no rows
    assert len(json.loads((out / "table.json").read_text())["rows"]) == len(lines)
    with (out / "rows.jsonl").open("a") as file:
        file.write('{"picture": "golf ball/deep/er/a.jpg", "meth')  # the process was killed while it wrote
    drawn: list[str] = []
    original = attribution_evaluation.explain  # type: ignore[attr-defined]  # as that module calls it

    def counted(trace: Trace, method: str, *arguments: Any, **options: Any) -> Any:
        drawn.append(method)
        return original(trace, method, *arguments, **options)

    monkeypatch.setattr(attribution_evaluation, "explain", counted)
    seen: list[tuple[int, int]] = []
    table = evaluate_attribution(tiny, folder, out=out, progress=lambda *step: seen.append(step), **QUICK)
    kept = [json.loads(line)["method"] for line in lines]
    assert sorted([*drawn, *(m for m in kept if m != "centred")]) == sorted(["grad_cam", "gradient"] * 4)
    assert seen[-1] == (15, 15)
    assert seen == sorted(seen)
    for row, expected in zip(table.rows, whole.rows, strict=True):
        assert (row.picture, row.method, row.deletion) == (expected.picture, expected.method, expected.deletion)
    assert table.skipped == whole.skipped
    # and a third time there is nothing left to do
    drawn.clear()
    assert evaluate_attribution(tiny, folder, out=out, **QUICK).rows == table.rows
    assert drawn == []


def test_more_methods_join_the_rows_that_are_there(tiny: Network, folder: Path, tmp_path: Path) -> None:
    first = evaluate_attribution(tiny, folder, ["centred"], tmp_path / "out", TWO_STEPS)
    both = evaluate_attribution(tiny, folder, ["random", "centred"], tmp_path / "out", TWO_STEPS)
    assert [row for row in both.rows if row.method == "centred"] == list(first.rows)
    assert both.methods == ("random", "centred")


def test_rows_of_two_kinds_do_not_mix(pocket: Network, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    evaluate_attribution(pocket, folder, ["centred"], out, TWO_STEPS)
    with pytest.raises(BadData) as caught:
        evaluate_attribution(pocket, folder, ["centred"], out, Scoring(n_steps=3))
    assert (
        str(caught.value)
        == f"'{out}' holds rows of another run: its n_steps was 2, and is 3 now. Choose another folder."
    )
    with pytest.raises(BadData, match="its weights was 'pretrained', and is 'random"):
        evaluate_attribution(explorer.load_network("pocket_resnet", "random"), folder, ["centred"], out, TWO_STEPS)
    with pytest.raises(BadData, match=r"its rise\.n_masks was 1000, and is 5 now"):
        evaluate_attribution(pocket, folder, ["centred"], out, Scoring(n_steps=2, options={"rise": {"n_masks": 5}}))
    (out / "settings.json").write_text("[]")
    with pytest.raises(BadData) as caught:
        evaluate_attribution(pocket, folder, ["centred"], out, TWO_STEPS)
    assert str(caught.value) == f"'{out / 'settings.json'}' is not what an evaluation wrote. Choose another folder."


# Who beats whom


def made_table(deletions: dict[str, list[float | None]]) -> AttributionTable:
    rows = [
        Row(f"{i}.jpg", method, 0, "cat", None, 0.9, deletion=value, insertion=rising, road=rising)
        for method, values in deletions.items()
        for i, value in enumerate(values)
        for rising in [None if value is None else 1 - value]
    ]
    return AttributionTable("Tiny", tuple(deletions), tuple(rows), {}, {})


def test_verdicts_compare_picture_by_picture() -> None:
    table = made_table(
        {
            "better": [0.1, 0.2, 0.3, 0.2], "worse": [0.8, 0.7, 0.9, 0.6], "same": [0.5, 0.3, 0.6, 0.5],
            "once": [0.1, None, None, None], "random": [0.4, 0.4, 0.6, 0.5],
        }
    )  # fmt: skip
    assert table.verdicts() == (
        "better beats random in deletion: 0.200 against 0.475, better on 4 of 4 pictures.",
        "better beats random in insertion: 0.800 against 0.525, better on 4 of 4 pictures.",
        "better beats random in road: 0.800 against 0.525, better on 4 of 4 pictures.",
        "worse loses to random in deletion: 0.750 against 0.475, better on 0 of 4 pictures.",
        "worse loses to random in insertion: 0.250 against 0.525, better on 0 of 4 pictures.",
        "worse loses to random in road: 0.250 against 0.525, better on 0 of 4 pictures.",
        "same cannot be told from random in deletion: 0.475 against 0.475, better on 1 of 4 pictures.",
        "same cannot be told from random in insertion: 0.525 against 0.525, better on 1 of 4 pictures.",
        "same cannot be told from random in road: 0.525 against 0.525, better on 1 of 4 pictures.",
        "once and random share too few pictures to compare their deletion: 1.",
        "once and random share too few pictures to compare their insertion: 1.",
        "once and random share too few pictures to compare their road: 1.",
    )


def test_only_pictures_that_both_have_are_compared() -> None:
    table = made_table({"own": [0.1, 0.2, None, 0.9], "random": [0.4, 0.4, 0.1, None]})
    assert table.verdicts()[0] == "own beats random in deletion: 0.150 against 0.400, better on 2 of 2 pictures."
    assert table.mean("own", "deletion") == pytest.approx(fmean([0.1, 0.2, 0.9]))


def test_two_standard_errors_decide() -> None:
    gains = [0.1, 0.3, -0.1, 0.2, 0.1]
    mean = sum(gains) / 5
    error = math.sqrt(sum((g - mean) ** 2 for g in gains) / 4) / math.sqrt(5)
    assert 1 < mean / error < 2
    weak = made_table({"own": [0.5 - g for g in gains], "random": [0.5] * 5})
    strong = made_table({"own": [0.5 - g for g in gains * 3], "random": [0.5] * 15})
    assert "cannot be told from" in weak.verdicts()[0]
    assert "beats" in strong.verdicts()[0]


def test_the_means_stand_in_a_table_with_their_number() -> None:
    lines = made_table({"own": [0.1, 0.2, None], "random": [0.4, 0.4, 0.4]}).markdown().splitlines()
    assert lines[:6] == [
        "Tiny: means over 3 pictures",
        "",
        "| method | n | deletion ↓ | insertion ↑ | road ↑ | drop ↓ | rose ↑ | entropy | gini | seconds | evaluations |",
        "|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        "| own | 2 | 0.15 | 0.85 | 0.85 |  |  |  |  |  |  |",
        "| random | 3 | 0.4 | 0.6 | 0.6 |  |  |  |  |  |  |",
    ]


# What is refused


def test_nothing_is_run_before_everything_is_known(
    pocket: Network, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(attribution_evaluation, "run", never)
    out, misspelt = tmp_path / "out", Scoring(options={"rise": {"n_mask": 3}})
    for options, kind, text in (
        ({"methods": ["gradcam"]}, UnknownMethod, "There is no method 'gradcam'. Nearest: 'grad_cam'. Pick from grad_"),
        ({"how": Scoring("kat")}, BadTarget, "pocket_resnet has no class 'kat'. Nearest: 'cat'."),
        ({"how": Scoring(11)}, BadTarget, "pocket_resnet has no class 11; its classes are 0 to 10."),
        ({"how": Scoring(layer="layer9")}, UnknownLayer, "pocket_resnet has no layer 'layer9'."),
        ({"how": Scoring(n_steps=0)}, BadOption, "n_steps is 0; 1 to 1024 steps are possible on 25600 pixels."),
        ({"how": Scoring(fill="red")}, BadOption, "There is no fill 'red'."),
        ({"how": misspelt}, BadOption, "rise has no option 'n_mask'. Nearest: 'n_masks'."),
        ({"n_pictures": 0}, BadData, "0 pictures are asked for; 1 or more are needed."),
    ):
        with pytest.raises(kind) as caught:
            evaluate_attribution(pocket, folder, out=out, **options)  # type: ignore[arg-type]
        assert str(caught.value).startswith(text)
        assert not out.exists()


# On pictures that the network was never shown


@pytest.mark.slow
@pytest.mark.skipif(not VALIDATION.is_file(), reason="the validation pictures are not on this machine")
def test_grad_cam_beats_what_knows_nothing(pocket: Network) -> None:
    table = evaluate_attribution(
        pocket, VALIDATION, ["grad_cam", *BASELINES], how=Scoring("folder", n_steps=8), n_pictures=40
    )
    assert table.n_pictures == 40
    for name in BASELINES:
        assert f"grad_cam beats {name} in insertion" in table.markdown()


def test_columns_of_csv_survive_strange_names() -> None:
    row = Row('a, "b"\n.jpg', "grad_cam", 0, "cät; x", None, None)
    table = AttributionTable("Tiny", ("grad_cam",), (row,), {}, {})
    assert next(csv.DictReader(io.StringIO(table.csv())))["picture"] == 'a, "b"\n.jpg'
    assert json.loads(table.json())["rows"][0]["category"] == "cät; x"
