"""docs/engineers.md: its Python runs from top to bottom, and its commands do what they say. What needs an optional part
runs where that is installed."""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import explorer
from explorer.cli import main, parser

ROOT = Path(explorer.__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "engineers.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^    python -m explorer (.+)$", TEXT, re.MULTILINE)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which to write, with the pictures of the project."""
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_python_runs_from_top_to_bottom(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(CODE) >= 6
    names: dict[str, Any] = {}
    exec("\n".join(code for code in CODE if ".live(" not in code or find_spec("anywidget")), names)
    assert np.array_equal(np.load(place / "map.npy"), names["found"].values)
    assert (place / "map.png").stat().st_size > 1000
    said = capsys.readouterr().out
    assert "has no layer 'layer9'. Nearest: 'layer" in said
    assert all(name in said for name in explorer.METHODS)
    assert "layer=layer3&channel=12&class=" in names["link"]


@pytest.mark.slow
@pytest.mark.parametrize("command", [line for line in COMMANDS if not line.startswith("app")])
def test_the_commands_run(command: str, place: Path) -> None:
    assert main(shlex.split(command)) == 0
    assert not re.search(r"-o (\S+)", command) or (place / re.findall(r"-o (\S+)", command)[0]).exists()


def test_the_commands_that_serve_are_understood() -> None:
    assert parser().parse_args(shlex.split(next(line for line in COMMANDS if line.startswith("app"))))
