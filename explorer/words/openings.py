"""What each page and each of its tabs is about, in either register. It stands in openings.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

Row = tuple[str, str, str]  # a page, the key of a row of its tabs in the link, and a tab


@dataclass(frozen=True)
class Opening:
    """What something is about: in words without symbols, and in the field's terms."""

    plain: str
    exact: str

    def in_register(self, register: str) -> str:
        """One of them."""
        return self.exact if register == "exact" else self.plain


def _read(text: str) -> tuple[dict[str, Opening], dict[tuple[str, str], Opening], tuple[Row, ...]]:
    of_pages: dict[str, Opening] = {}
    of_tabs: dict[tuple[str, str], Opening] = {}
    rows: list[Row] = []
    for page, said in tomllib.loads(text).items():
        of_pages[page] = Opening(said.pop("plain"), said.pop("exact"))
        for key, tabs in said.items():
            of_tabs |= {(key, tab): Opening(**one) for tab, one in tabs.items()}
            rows += [(page, key, tab) for tab in tabs]
    return of_pages, of_tabs, tuple(rows)


_pages, _tabs, TABS = _read(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PAGES: Mapping[str, Opening] = MappingProxyType(_pages)  # by file
OPENINGS: Mapping[tuple[str, str], Opening] = MappingProxyType(_tabs)  # by the key of the tabs, and a tab's title


def first_tabs() -> Iterator[Row]:
    """The tabs of pages that a link leads to by itself: not those inside another tab."""
    first = {page: key for page, key, _ in reversed(TABS)}
    return (row for row in TABS if first[row[0]] == row[1])
