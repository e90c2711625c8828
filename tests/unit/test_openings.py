"""What pages and tabs are about is said of each of them, in both registers of words."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import explorer
from explorer.places import pages
from explorer.ui.frame.pages import GROUPS
from explorer.words import REGISTERS
from explorer.words.openings import OPENINGS, PAGES, TABS, Opening, first_tabs
from tests.unit.test_glossary import SYMBOLS

ROOT = Path(explorer.__file__).parents[1]
SOURCES = [*(ROOT / "pages").glob("*.py"), *(ROOT / "explorer" / "ui").rglob("*.py")]
ALL = {**PAGES, **{f"{key}: {tab}": one for (key, tab), one in OPENINGS.items()}}


def titles_of(key: ast.expr | None, tree: ast.Module) -> Iterator[str]:
    """What a key of a dictionary of tabs may be: one title or one of two, as it stands there or by an imported name."""
    for node in (key.body, key.orelse) if isinstance(key, ast.IfExp) else (key,):
        if isinstance(node, ast.Name):
            sources = [one for one in tree.body if isinstance(one, ast.ImportFrom)]
            (module,) = [one.module for one in sources if node.id in [alias.name for alias in one.names]]
            yield getattr(importlib.import_module(str(module)), node.id)
            continue
        assert isinstance(node, ast.Constant)
        yield str(node.value)


def tabs_in(path: Path) -> set[tuple[str, str]]:
    """The key and the title of every tab that a file draws, as it is written there."""
    tree, found = ast.parse(path.read_text(encoding="utf-8")), set()
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "views"):
            continue
        named, key = call.args
        assert isinstance(key, ast.Constant)
        if isinstance(named, ast.Dict):
            titles = {title for one in named.keys for title in titles_of(one, tree)}
        else:  # what is put into it, one after another
            titles = set()
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
                    if ast.unparse(node.targets[0]) == ast.unparse(named):
                        titles |= {title for one in node.value.keys for title in titles_of(one, tree)}
                elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == ast.unparse(named):
                    titles |= set(titles_of(node.slice, tree))
        found |= {(str(key.value), title) for title in titles}
    return found


def test_every_page_and_every_tab_has_one_and_no_other_has() -> None:
    drawn = set().union(*map(tabs_in, SOURCES))
    assert len(drawn) > 50
    assert set(OPENINGS) == drawn
    assert set(PAGES) == {path.stem for path in pages().glob("*.py")}
    assert {page for page, _, _ in TABS} <= set(PAGES)


@pytest.mark.parametrize("name", ALL)
def test_each_is_said_in_both_registers(name: str) -> None:
    one = ALL[name]
    assert one.in_register(REGISTERS[0]) == one.plain
    assert one.in_register(REGISTERS[1]) == one.exact
    assert one.plain != one.exact
    for text in (one.plain, one.exact):
        assert text[0].isupper()
        assert text.endswith((".", "?"))
        assert len(text) <= 230  # two lines of a page
    assert not re.search(SYMBOLS, one.plain)


def test_one_without_a_register_is_refused() -> None:
    with pytest.raises(TypeError, match="exact"):
        Opening(**{"plain": "A thing."})


def test_what_a_link_opens_by_itself_is_no_tab_inside_another() -> None:
    found = list(first_tabs())
    assert ("saliency", "saliency_view", "Report card") in found
    assert {tab for _, _, tab in TABS} - {tab for _, _, tab in found} == {
        "Deleted and inserted", "Guessed", "PyTorch", "Keras",
    }  # fmt: skip
    assert {page for page, _, _ in found} <= {page for titles in GROUPS.values() for page in titles}
