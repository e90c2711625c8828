"""The package that the build makes: what is in it, and that a copy of it takes its own files wherever it is started."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import explorer

pytestmark = pytest.mark.slow

ROOT = Path(explorer.__file__).resolve().parents[1]
ASK = """
import explorer, json, sys
from explorer import places
print(json.dumps([explorer.__file__, explorer.__version__, str(places.assets()), str(places.pages())]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built as pip builds it but without fetching anything: from a copy, so that nothing is left here."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    files = listed.stdout.split("\0")[:-1] if listed.returncode == 0 else []
    if not files:
        pytest.skip("what belongs to the project is known from git alone")
    for name in files:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    for backend in ("build_sdist", "build_wheel"):
        code = f"import hatchling.build as b; b.{backend}({str(target)!r})"
        subprocess.run([sys.executable, "-c", code], cwd=source, check=True, capture_output=True, timeout=120)
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for Python's path with what the wheel installs."""
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of another version, in which nothing works but asking where it is."""
    for folder in ("explorer", "pages", "assets"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "9.9"\n')
    (tmp_path / "pages" / "overview.py").write_text("raise SystemExit('a page of another version')")
    for name in ("__init__.py", "places.py"):
        shutil.copyfile(ROOT / "explorer" / name, tmp_path / "explorer" / name)
    return tmp_path


def run(code: str, cwd: Path, *path: Path) -> Any:
    """What `code` prints as JSON, with these folders on Python's path and, as for a command, not the one it is in."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def answers_of_the_checkout(folder: Path, version: str) -> list[str]:
    return [str(folder / "explorer" / "__init__.py"), version, str(folder / "assets"), str(folder / "pages")]


def answers_of_the_installed(folder: Path) -> list[str]:
    shipped = folder / "explorer" / "_shipped"
    return [
        str(folder / "explorer" / "__init__.py"),
        explorer.__version__,
        *(str(shipped / n) for n in ("assets", "pages")),
    ]


def test_everything_is_in_the_wheel_and_nothing_else(wheel: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    tracked = {name for name in listed if (ROOT / name).is_file()}
    code = {name for name in tracked if name.startswith("explorer/")}
    beside = {name for name in tracked if name.startswith(("assets/", "pages/"))}
    beside |= {".streamlit/config.toml", "pyproject.toml"}
    assert any(name.endswith(".js") for name in code)
    assert any(name.endswith(".safetensors") for name in beside)
    files = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert files == code | {f"explorer/_shipped/{name}" for name in beside}
    about = {name.partition(".dist-info/")[2] for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" in name}
    assert {"licenses/LICENSE", "licenses/assets/samples/LICENSES.md", "entry_points.txt"} <= about


def test_it_asks_for_the_same_as_requirements_txt(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = next(archive.read(name) for name in archive.namelist() if name.endswith("/METADATA")).decode()
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    asked = [line.removeprefix("Requires-Dist: ") for line in about.splitlines() if line.startswith("Requires-Dist: ")]
    optional = [line for line in asked if "extra ==" in line]
    assert sorted(set(asked) - {*optional}) == sorted(line for line in lines if line)
    assert [line.partition(";")[2].strip() for line in optional] == [
        "extra == 'dicom'", "extra == 'heif'", "extra == 'lite'", "extra == 'lite'", "extra == 'notebook'",
        "extra == 'ray'", "extra == 'timm'", "extra == 'tsne'", "extra == 'video'",
    ]  # fmt: skip
    assert f"\nVersion: {explorer.__version__}\n" in about


def test_a_wheel_of_the_source_archive_is_the_same(wheel: Path, tmp_path: Path) -> None:
    archive = next(wheel.parent.glob("*.tar.gz"))
    shutil.unpack_archive(archive, tmp_path, filter="data")
    code = f"import hatchling.build as b; b.build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=next(tmp_path.glob("*/")), check=True, capture_output=True)
    again = zipfile.ZipFile(next(tmp_path.glob("*.whl")))
    assert {info.filename: info.CRC for info in again.infolist()} == {
        info.filename: info.CRC for info in zipfile.ZipFile(wheel).infolist()
    }


def test_an_installed_copy_inside_a_checkout_of_another_version_takes_nothing_from_it(
    installed: Path, checkout: Path
) -> None:
    assert run(ASK, checkout, installed) == answers_of_the_installed(installed)


def test_of_two_copies_the_first_on_the_path_is_whole(installed: Path, checkout: Path, tmp_path: Path) -> None:
    assert run(ASK, tmp_path, installed, checkout) == answers_of_the_installed(installed)
    assert run(ASK, tmp_path, checkout, installed) == answers_of_the_checkout(checkout, "9.9")


def test_an_installed_copy_looks_into_its_own_networks(installed: Path, tmp_path: Path) -> None:
    code = (
        "import explorer, json; from explorer.pictures import load_sample; "
        "trace = explorer.run(explorer.load_network('pocket_resnet'), load_sample('chelsea')); "
        "print(json.dumps([trace.top(1)[0].category, explorer.__file__]))"
    )
    assert run(code, tmp_path, installed) == ["cat", str(installed / "explorer" / "__init__.py")]


def test_an_installed_copy_has_the_settings_of_the_checkout_and_not_those_of_the_folder(
    installed: Path, tmp_path: Path
) -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    names = dict(flat(settings))
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(
        '[server]\nbaseUrlPath = "elsewhere"\n[theme]\nbase = "dark"\n'
    )
    code = (
        "import json; from explorer.ui.serve import leave_the_folder; leave_the_folder(); "
        "from streamlit import config; "
        f"print(json.dumps([config.get_option(name) for name in {[*names, 'server.baseUrlPath', 'theme.base']!r}]))"
    )
    assert run(code, tmp_path, installed) == [*names.values(), "", None]


def flat(settings: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def test_the_app_starts_in_a_folder_that_may_not_be_written_and_leaves_nothing_there(
    installed: Path, checkout: Path
) -> None:
    (checkout / ".streamlit").mkdir()
    (checkout / ".streamlit" / "config.toml").write_text("these are no settings [")
    before = sorted(checkout.rglob("*"))
    checkout.chmod(0o555)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from explorer.cli import main; main(['app', '--port', '{port}'])"
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=checkout, env=environment, stderr=subprocess.PIPE)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
    finally:
        process.terminate()
        process.communicate(timeout=20)
        checkout.chmod(0o755)
    assert sorted(checkout.rglob("*")) == before


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        try:
            assert urllib.request.urlopen(address, timeout=5).read() == b"ok"
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"The app did not start: {process.communicate(timeout=20)}")
