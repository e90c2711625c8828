"""How an atlas is made: whatever is killed, missing, broken, full or busy."""

from __future__ import annotations

import errno
import filecmp
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import explorer
from explorer.atlas import Atlas, AtlasError, NetworkSource, Settings, make_atlas, making, open_atlas, pool
from explorer.atlas import jobs as atlas_jobs
from explorer.atlas.listing import listed
from explorer.atlas.shard import Eye, Shard
from explorer.cli import main
from explorer.errors import BadData, BadOption, LibraryMissing, NotSpatial, UnknownLayer
from explorer.running.worker import Worker
from tests.drawn_folders import drawn_folder

LENET = NetworkSource("lenet5")
LAYERS = ("tanh1", "tanh3")
N_EACH = 35  # 105 in all: four shards
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every tenth file is broken, in one way or another."""
    folder = drawn_folder(tmp_path_factory.mktemp("drawn"), N_EACH, side=40)
    for i, path in enumerate(sorted(folder.rglob("*.png"))[::10]):
        path.write_bytes((path.read_bytes()[:60], b"", b"no picture")[i % 3])
    return folder


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return make_atlas(LENET, [folder], tmp_path_factory.mktemp("made") / "atlas", LAYERS, Settings("Drawn"))


def assert_same(found: Path, expected: Path) -> None:
    """Bit for bit, with nothing besides."""
    names = sorted(path.relative_to(expected).as_posix() for path in expected.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(found).as_posix() for path in found.rglob("*") if path.is_file())
    assert filecmp.cmpfiles(found, expected, names, shallow=False) == (names, [], [])


def test_broken_files_are_counted_named_and_left_out(undisturbed: Atlas) -> None:
    assert (undisturbed.n_pictures, undisturbed.manifest.n_broken) == (94, 11)
    broken = undisturbed.broken()
    assert len(broken) == 11
    assert broken[0][0] == "disc/000.png"
    reasons = {reason.partition("' ")[2].partition(".")[0] for _, reason in broken}
    assert "is empty" in reasons
    assert any(reason.startswith("is not a picture that can be read") for reason in reasons)
    assert len(reasons) == 3
    assert not {name for name, _ in broken} & {*undisturbed.pictures.name}


def test_however_many_work_on_it(undisturbed: Atlas, folder: Path, tmp_path: Path) -> None:
    atlas = make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS, Settings("Drawn"), n_workers=2)
    assert_same(atlas.folder, undisturbed.folder)
    again = make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS, Settings("Drawn"))  # which is there
    assert_same(again.folder, undisturbed.folder)


def test_a_process_that_is_killed(
    undisturbed: Atlas, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Worker] = []

    class Watched(Worker):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            begun.append(self)

    monkeypatch.setattr(pool, "Worker", Watched)

    def kill(done: int, total: int | None) -> None:
        if done and len(begun) < 3:
            os.kill(begun[-1].pid, signal.SIGKILL)

    atlas = make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS, Settings("Drawn"), progress=kill)
    assert len(begun) == 3
    assert_same(atlas.folder, undisturbed.folder)


def test_a_driver_that_is_killed(undisturbed: Atlas, folder: Path, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "explorer", "atlas", str(folder), "--network", "lenet5", "--layers", *LAYERS, "--title",
        "Drawn", "--workers", "1", "-o", str(tmp_path / "atlas"),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(Path(explorer.__file__).parents[1])}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while not [*(tmp_path / "atlas").glob("work/shard-*.json")]:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not (tmp_path / "atlas" / "atlas.json").exists()
    with pytest.raises(AtlasError, match="is not finished"):
        open_atlas(tmp_path / "atlas")
    with pytest.raises(AtlasError, match=r"was begun with something else \(layers\)\. Run the command"):
        make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS[:1], Settings("Drawn"))
    n_done: list[int] = []
    found = make_atlas(
        LENET, [folder], tmp_path / "atlas", LAYERS, Settings("Drawn"), progress=lambda n, _: n_done.append(n)
    )
    assert n_done[0] == 0 or n_done[0] >= 32
    assert n_done[-1] == 105
    assert_same(found.folder, undisturbed.folder)


def test_what_nobody_waits_for_any_more_is_kept(undisturbed: Atlas, folder: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS, Settings("Drawn"), progress=stop)
    assert [*(tmp_path / "atlas").glob("work/shard-*.json")]
    atlas = make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS, Settings("Drawn"))
    assert_same(atlas.folder, undisturbed.folder)


def test_two_in_one_folder(undisturbed: Atlas, folder: Path, tmp_path: Path) -> None:
    with making._alone_in(tmp_path), pytest.raises(AtlasError, match="Another process works on the atlas in"):
        make_atlas(LENET, [folder], tmp_path, LAYERS)
    assert not (tmp_path / ".lock").exists()
    copy = shutil.copytree(undisturbed.folder, tmp_path / "copy")
    with pytest.raises(AtlasError, match=r"holds a finished atlas of LeNet-5 over 94 pictures \('Drawn'\)\."):
        make_atlas(LENET, [folder], Path(copy), LAYERS, Settings("Another"))
    assert_same(Path(copy), undisturbed.folder)


def test_a_full_disk(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same code as in a process, in a thread here."""

    def write(shard: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class Here(threading.local):
        def __init__(self, plan: Any, n_workers: int) -> None:
            self.plan = plan

        def __enter__(self) -> Here:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def work(self, jobs: Any, done: Any) -> None:
            eye = Eye(self.plan)
            for job in jobs:
                with atlas_jobs.said_of_disk(self.plan.folder):
                    job.work(eye)
                done(job)

    monkeypatch.setattr(making, "Pool", Here)
    with monkeypatch.context() as full:
        full.setattr(Shard, "write", write)
        with pytest.raises(AtlasError, match=r"^The disk of '.*' is full\. Make room, and run the command again"):
            make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS)
    assert (tmp_path / "atlas" / "work" / "ranges.npz").exists()
    assert make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS).n_pictures == 94


def test_one_picture_and_none_that_can_be_read(folder: Path, tmp_path: Path) -> None:
    one = make_atlas(LENET, [folder / "disc" / "001.png"], tmp_path / "one", LAYERS)
    assert (one.n_pictures, one.classes, one.title) == (1, (), "001")
    assert len(one.patches("tanh1", 0)) == len(one.random_patches("tanh1", 0)) == 1
    assert one.channel("tanh1", 0).neighbours == ()
    none = make_atlas(LENET, [folder / "disc" / "000.png"], tmp_path / "none", LAYERS)
    assert (none.n_pictures, len(none.broken())) == (0, 1)
    row = none.channel("tanh1", 0)
    assert (row.count, str(row.mean), none.patches("tanh1", 0)) == (0, "nan", [])
    assert none.features("tanh1").shape == (0, 6)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadData, match="There is no picture in"):
        make_atlas(LENET, [tmp_path / "empty"], tmp_path / "no", LAYERS)


def test_the_same_picture_twice_gives_one_patch(folder: Path, tmp_path: Path) -> None:
    for name in ("a/1.png", "b/2.png"):
        (tmp_path / "two" / name).parent.mkdir(parents=True)
        shutil.copy(folder / "disc" / "001.png", tmp_path / "two" / name)
    atlas = make_atlas(LENET, [tmp_path / "two"], tmp_path / "atlas", LAYERS)
    assert atlas.n_pictures == 2
    assert atlas.pictures.digest[0] == atlas.pictures.digest[1]
    assert [patch.name for patch in atlas.patches("tanh1", 0)] == ["a/1.png"]
    assert [patch.name for patch in atlas.random_patches("tanh1", 0)] == ["a/1.png"]


def test_archives_within_archives(folder: Path, tmp_path: Path) -> None:
    good = sorted(folder.rglob("*.png"))[1:4]
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as tar:
        tar.add(good[1], "dogs/1.png")
    with tarfile.open(tmp_path / "outer.tar", "w") as tar:
        tar.add(good[0], "cats/0.png")
        for name, data in (("more/inner.tar", inner.getvalue()), ("cut.tar", b"x" * 700), ("packed.tar.gz", b"x")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        tar.add(good[2], "../../cats/2.png")
    found = listed([tmp_path / "outer.tar"], tmp_path / "list", tmp_path)
    entries = found.shard(0)
    assert [entry.file.name for entry in entries if not entry.problem] == [
        "cats/0.png", "more/inner/dogs/1.png", "cats/2.png"
    ]  # fmt: skip
    assert [entry.file.read().digest for entry in entries if not entry.problem] == [
        explorer.read_image(path).digest for path in good
    ]
    assert {entry.problem.partition("'")[2].partition("'")[0] for entry in entries if entry.problem} == {
        "cut.tar", "packed.tar.gz"
    }  # fmt: skip
    assert found.classes == ("cats", "dogs")
    atlas = make_atlas(LENET, [tmp_path / "outer.tar"], tmp_path / "atlas", LAYERS)
    assert (atlas.n_pictures, len(atlas.broken())) == (3, 2)


def test_what_cannot_be_asked(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotSpatial, match="'tanh6' of lenet5 outputs 84 numbers without height"):
        make_atlas(LENET, [folder], tmp_path / "a", ["tanh6"])
    with pytest.raises(UnknownLayer, match="no layer 'tanh9'"):
        make_atlas(LENET, [folder], tmp_path / "a", ["tanh9"])
    with pytest.raises(AtlasError, match="has no layer with maps"):
        make_atlas(NetworkSource("mlp"), [folder], tmp_path / "a")
    with pytest.raises(BadOption, match="0 workers are asked for"):
        make_atlas(LENET, [folder], tmp_path / "a", n_workers=0)
    with pytest.raises(BadOption, match="There is no engine 'dask'"):
        make_atlas(LENET, [folder], tmp_path / "a", engine="dask")
    with pytest.raises(BadOption, match="n_patches is 0"):
        Settings(n_patches=0)
    with pytest.raises(AtlasError, match="is the folder of the pictures"):
        make_atlas(LENET, [folder], folder)
    assert not (folder / "work").exists()
    with pytest.raises(AtlasError, match=r"is a file\. Choose a folder"):
        make_atlas(LENET, [folder], folder / "disc" / "000.png")
    with pytest.raises(BadData, match="There is no file or folder"):
        make_atlas(LENET, [tmp_path / "nowhere"], tmp_path / "a")
    assert main(["atlas", str(tmp_path / "nowhere"), "--network", "lenet5", "-o", str(tmp_path / "a")]) == 1
    assert capsys.readouterr().err.startswith("explorer: There is no file or folder")


def test_without_pictures_nothing_names_one(folder: Path, tmp_path: Path) -> None:
    settings = Settings("Drawn", pictures=False, brief=True)
    atlas = make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS, settings)
    names = {path.name for path in atlas.folder.rglob("*")}
    assert names == {"atlas.json", "channels.parquet", "broken.parquet"}
    assert atlas.channel("tanh1", 3).count == 94 * 28 * 28


def test_ray_gives_the_same(undisturbed: Atlas, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the optional part `ray` is not installed")
    atlas = make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS, Settings("Drawn"), 2, "ray")
    assert_same(atlas.folder, undisturbed.folder)


def test_without_ray_there_is_a_sentence(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(LibraryMissing, match=r"^The engine 'ray' needs the library Ray\. Install it"):
        make_atlas(LENET, [folder], tmp_path / "atlas", LAYERS, engine="ray")
