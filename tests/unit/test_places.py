"""Where the files are that come with the program, and that it takes no others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from explorer import places
from explorer.loading.published import VARIABLE
from explorer.ui.serve import leave_the_folder

ROOT = Path(places.__file__).resolve().parents[1]


def test_a_checkout_has_them_at_its_top() -> None:
    assert (places.home(), places.assets(), places.pages()) == (ROOT, ROOT / "assets", ROOT / "pages")


def test_an_installed_copy_has_them_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "_shipped"
    shipped.mkdir()
    (shipped / "pyproject.toml").write_text('[project]\nversion = "9.8"\n')
    monkeypatch.setattr(places, "_SHIPPED", shipped)
    assert (places.home(), places.assets(), places.pages()) == (shipped, shipped / "assets", shipped / "pages")
    assert places.version() == "9.8"


def test_paths_in_the_environment_keep_their_meaning_when_the_folder_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "weights")
    monkeypatch.setenv("TORCH_HOME", "/absolute")
    leave_the_folder()
    assert Path.cwd() == ROOT
    assert os.environ[VARIABLE] == str(tmp_path / "weights")
    assert os.environ["TORCH_HOME"] == "/absolute"
