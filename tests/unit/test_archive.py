"""A ZIP of figures with their recipes: what is made anew is the same to the bit, and what was changed is found."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import explorer
from explorer.cli import main
from explorer.errors import BadArchive, BadOption
from explorer.exporting.archive import archive
from explorer.exporting.notebook import notebook
from explorer.exporting.verifying import verify
from explorer.pictures.samples import load_sample
from explorer.trace import Trace


@pytest.fixture(scope="module")
def trace() -> Trace:
    return explorer.run(explorer.load_network("lenet5"), load_sample("chelsea"), "top")


@pytest.fixture
def written(trace: Trace, tmp_path: Path) -> Path:
    return archive(trace, tmp_path / "seen.zip", ["c1", "f6"])


def rewritten(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The same ZIP with other files in it."""
    with zipfile.ZipFile(path) as file:
        files = {name: file.read(name) for name in file.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def with_manifest(path: Path, **changes: object) -> Path:
    def change(files: dict[str, bytes]) -> None:
        files["manifest.json"] = json.dumps({**json.loads(files["manifest.json"]), **changes}).encode()

    return rewritten(path, change)


def test_everything_is_made_anew_to_the_bit(written: Path, trace: Trace) -> None:
    found = verify(written)
    assert found.is_same
    assert {one.state for one in found.figures} == {"same"}
    with zipfile.ZipFile(written) as file:
        assert file.namelist()[-1] == "manifest.json"  # written last: without it, it was never finished
        assert {one.file for one in found.figures} == {*file.namelist()} - {"manifest.json", "picture.png", "code.py"}
        assert np.array_equal(np.load(io.BytesIO(file.read("layers/00.npy"))), trace["c1"])
        assert np.array_equal(np.load(io.BytesIO(file.read("logits.npy"))), trace.logits)


def test_equal_passes_give_equal_files(written: Path, trace: Trace, tmp_path: Path) -> None:
    assert archive(trace, tmp_path / "again.zip", ["c1", "f6"]).read_bytes() == written.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.zip", "seen.zip"]


def test_random_weights_and_other_targets(tmp_path: Path) -> None:
    network = explorer.load_network("lenet5", "random", seed=7)
    for target in (None, 3, "c1:2"):
        assert verify(archive(explorer.run(network, load_sample("chelsea"), target), tmp_path / "x.zip")).is_same


def test_what_was_changed_by_hand_is_said(written: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        values = bytearray(files["logits.npy"])
        values[-1] ^= 1
        files["logits.npy"] = bytes(values)
        del files["layers/01.npy"]

    states = {one.file: one.state for one in verify(rewritten(written, change)).figures}
    assert states["logits.npy"] == "changed"
    assert states["layers/01.npy"] == "missing"
    assert states["input.npy"] == "same"


def test_another_recipe_gives_another_figure(written: Path) -> None:
    with zipfile.ZipFile(written) as file:
        figures = json.loads(file.read("manifest.json"))["figures"]
    by_name: dict[str, dict[str, Any]] = {one["file"]: one for one in figures}
    by_name["layers/00.npy"]["recipe"] = {"figure": "layer", "layer": "tanh1"}
    by_name["logits.npy"]["recipe"] = {"figure": "dance"}
    by_name["evidence/grad_cam.npy"]["recipe"] |= {"method": "rise"}
    by_name["layers/00-maps-00.png"]["recipe"] |= {"page": 10**9}
    found = {one.file: one for one in verify(with_manifest(written, figures=figures)).figures}
    assert found["layers/00.npy"].state == "differs"
    assert found["layers/00.npy"].remark.startswith("4,704 of its 4,704 values differ, by up to ")
    for name in ("logits.npy", "evidence/grad_cam.npy", "layers/00-maps-00.png"):
        assert found[name].state == "failed", name


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-200]), "is no ZIP, or its end is missing"),
        (lambda path: path.write_bytes(b"PK"), "is no ZIP, or its end is missing"),
        (lambda path: path.unlink(), "cannot be read: No such file"),
        (lambda path: rewritten(path, lambda files: files.pop("manifest.json")), "written last: it was never finished"),
        (lambda path: rewritten(path, lambda files: files.pop("picture.png")), "lacks 'picture.png'"),
        (lambda path: rewritten(path, lambda files: files.update({"../x.npy": b""})), r"holds '\.\./x\.npy'"),
        (lambda path: with_manifest(path, format=2), "was written by a newer version of this program"),
        (lambda path: with_manifest(path, figures=[1]), "as after a change by hand"),
        (lambda path: rewritten(path, lambda files: files.update({"manifest.json": b"{"})), "is no JSON"),
        (lambda path: rewritten(path, lambda files: files.update({"x.npy": bytes(500_000_000)})), "would unpack to"),
        (lambda path: with_manifest(path, target="no such class"), "The pass of 'seen.zip' cannot be made"),
    ],
)
def test_a_file_that_cannot_be_checked_says_why(written: Path, change: Callable[[Path], object], sentence: str) -> None:
    change(written)
    with pytest.raises(BadArchive, match=sentence):
        verify(written)


def test_a_damaged_file_inside(written: Path) -> None:
    with zipfile.ZipFile(written) as file:
        info = file.getinfo("picture.png")
    data = bytearray(written.read_bytes())
    name_length, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
    data[info.header_offset + 30 + name_length + extra + 100] ^= 255
    written.write_bytes(data)
    with pytest.raises(BadArchive, match=r"is damaged in 'picture\.png'"):
        verify(written)


def test_another_picture_and_other_weights(written: Path, trace: Trace, tmp_path: Path) -> None:
    other = archive(explorer.run(trace.network, load_sample("coffee")), tmp_path / "other.zip", ["c1"])
    with zipfile.ZipFile(other) as file:
        picture = file.read("picture.png")
    with pytest.raises(BadArchive, match="is not the one that its manifest names"):
        verify(rewritten(other, lambda files: files.update({"picture.png": _png_of(written)})))
    assert picture
    with zipfile.ZipFile(written) as file:
        network = json.loads(file.read("manifest.json"))["network"]
    with pytest.raises(BadArchive, match=r"weights of a file, 'mine\.pth', which is not in it"):
        verify(with_manifest(written, network={**network, "weights": "mine.pth"}))
    with pytest.raises(BadArchive, match="and these are others"):
        verify(with_manifest(written, network={**network, "digest": "0"}))


def _png_of(path: Path) -> bytes:
    with zipfile.ZipFile(path) as file:
        return file.read("picture.png")


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path / "seen.zip")
    assert main(["export", "assets/samples/chelsea.jpg", "--network", "lenet5", "-o", place]) == 0
    assert main(["verify", place]) == 0
    assert "are the same to the bit." in capsys.readouterr().out
    assert main(["export", "assets/samples/chelsea.jpg", "--network", "lenet5", "--live", "-o", place]) == 1
    assert "Only an .html file can have --live" in capsys.readouterr().err


def test_a_pass_that_no_recipe_leads_to(trace: Trace, tmp_path: Path) -> None:
    changed = explorer.run(trace.network, trace.image)
    changed.is_changed = True
    with pytest.raises(BadOption, match="channels were switched on the way"):
        archive(changed, tmp_path / "x.zip")


@pytest.mark.parametrize("picture", ["chelsea", "own"])
def test_a_notebook_s_cells_make_the_same(trace: Trace, tmp_path: Path, picture: str, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    if picture == "own":
        image = explorer.read_image(load_sample("chelsea").pixels[:200, ::-1].copy(), 'a"b\\n<script>.png')
        trace = explorer.run(trace.network, image, "top")
    found = json.loads(notebook(trace, tmp_path / "seen.ipynb", ["c1", "f6"]).read_text(encoding="utf-8"))
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in found["cells"]]
    assert len({*ids}) == len(ids)
    place: dict[str, Any] = {}
    for cell in found["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
            exec(cell["source"], place)
    again = place["trace"]
    assert again.image == trace.image
    assert again.image.name == trace.image.name
    assert again.target == trace.target
    assert np.array_equal(again.logits, trace.logits)
    assert (tmp_path / "seen.html").stat().st_size > 100_000
