"""README.md's Python and its commands, run in a copy of the folder without a network: they do what stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import explorer
from explorer.cli import main, parser

ROOT = Path(explorer.__file__).resolve().parents[1]
LINES = [
    line.removeprefix("    ")
    for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("    ")
]
OURS = re.compile(r"^python -m explorer (.*)$")
# What installs, fetches or serves, and what needs a data set or a file of one's own.
NOT_HERE = re.compile(
    r"^(make |python -m venv |\.venv\\Scripts|explore/bin|source |EXPLORER_(WEIGHTS|DATA)_DIR=)|"
    r"^python -m explorer (fetch|app|train) |\b(FOLDER|imagenette_160_val\.tar)\b"
)
COMMANDS = [found[1].partition("  #")[0] for line in LINES if (found := OURS.match(line))]
HERE = [found[1].partition("  #")[0] for line in LINES if (found := OURS.match(line)) and not NOT_HERE.search(line)]
CODE = [line for line in LINES if not OURS.match(line) and not NOT_HERE.search(line)]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which to write, with the pictures and weights of the project; the internet is out of reach."""

    def refuse(*_: object) -> None:
        raise AssertionError("this asks the internet")

    (tmp_path / "assets").symlink_to(ROOT / "assets")
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_is_something_to_run() -> None:
    assert len(HERE) >= 3
    assert sum("explorer." in line for line in CODE) >= 6


@pytest.mark.slow
def test_the_python_runs_and_its_comments_are_so(copy: Path) -> None:
    names: dict[str, Any] = {}
    exec("\n".join(CODE), names)
    trace, found = names["trace"], names["found"]
    assert trace.network.categories[trace.target] == "Egyptian cat"
    assert trace["blocks.6"].shape == trace.gradient("blocks.6").shape == (320, 7, 7)
    with Image.open(copy / "map.png") as saved:
        assert saved.size == found.overlay().size
    assert [row.category for row in names["explorer"].run(names["mine"], names["image"]).top(2)] in (
        ["ant", "bee"], ["bee", "ant"]
    )  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command: str) -> None:
    assert parser().parse_args(shlex.split(command))


@pytest.mark.slow
@pytest.mark.parametrize("command", HERE)
def test_commands_run(command: str, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out
    written = [word for word in shlex.split(command) if re.search(r"^(map|maps)\b", word)]
    assert written
    assert all((copy / name).exists() for name in written)
