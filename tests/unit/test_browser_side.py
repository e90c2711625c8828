"""The browser's side: what computes in it, tested in Node, and the modules that an element's script is made of."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from explorer.elements.modules import FRONTEND, script
from tests.node import MISSING, node

ROOT = Path(__file__).parents[2]
MODULES = sorted(FRONTEND.rglob("*.js"))
ELEMENTS = sorted(FRONTEND.glob("*.js"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = node()
    if command is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_computes_in_the_browser() -> None:
    files = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests" / "browser").glob("*.test.js"))]
    assert files
    done = run("--test", "--test-reporter=tap", *files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.findall(r"^# pass (\d+)", done.stdout, re.MULTILINE)[0]) > len(files)


@pytest.mark.slow
@pytest.mark.parametrize("path", ELEMENTS, ids=lambda path: path.stem)
def test_an_element_s_script_is_one_module_with_all_that_it_imports(path: Path, tmp_path: Path) -> None:
    """Node runs what the browser gets, and finds the function that the module itself exports."""
    (tmp_path / "script.mjs").write_text(script(path.name), encoding="utf-8")
    done = run(
        "--input-type=module",
        "--eval",
        f"const [own, sent] = [await import({path.as_uri()!r}), await import({(tmp_path / 'script.mjs').as_uri()!r})];"
        "console.log(typeof sent.default, own.default.length === sent.default.length);",
    )
    assert done.stdout.split() == ["function", "true"], done.stderr


@pytest.mark.parametrize("path", ELEMENTS, ids=lambda path: path.stem)
def test_an_element_s_script_holds_every_module_once_and_fetches_nothing(path: Path) -> None:
    text, needed = script(path.name), imported(path)
    assert text.count("address(") == len(needed) + 1
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r'from \\"\.', text)


def imported(path: Path) -> set[Path]:
    """All modules that a module needs, without itself."""
    found: set[Path] = set()
    for line in re.findall(r'^(?:import|\}) [^;]*from "(.*)";', path.read_text(encoding="utf-8"), re.MULTILINE):
        below = (path.parent / line).resolve()
        found |= {below} | imported(below)
    return found


def test_every_module_is_needed_by_an_element_or_is_a_house() -> None:
    houses = {path.resolve() for path in (FRONTEND / "houses").glob("*.js")}
    needed = {path.resolve() for path in ELEMENTS}.union(houses, *map(imported, (*ELEMENTS, *houses)))
    assert needed == {path.resolve() for path in MODULES}


# the app's own page: what stands in for it at first, and what is at hand around every view of it
OF_THE_APP = {"first_view", "tools", "at_hand", "spoken"}


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in (*MODULES, *FRONTEND.rglob("*.css"))
        if path.parent.name not in ("houses", *OF_THE_APP) and path.stem not in OF_THE_APP
    ],
    ids=lambda path: path.relative_to(FRONTEND).as_posix(),
)
def test_no_view_knows_a_house(path: Path) -> None:
    """It names none, and reaches for nothing of the document that it was not given."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"streamlit|jupyter|anywidget|marimo|stApp|st-key|data-testid", text, re.IGNORECASE)
    assert not re.search(r"document\.(?:querySelector|getElement)|\b(?:location|history)\.", text)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FRONTEND).as_posix())
def test_names_and_labels_never_become_markup(path: Path) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", path.read_text(encoding="utf-8"))
