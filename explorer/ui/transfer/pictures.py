"""Which pictures a head is trained on: drawn by code, in a folder of the server, or a visitor's own; read with a bar
where there are many, and shown page by page."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from ...networks.network import Network
from ...pictures.classes import class_folders, classes_in, data_problem, some_of_each
from ...running.cache import Shelf
from ...transfer import Examples, gathered, snippets
from ...transfer.drawn import SETS, drawn_set
from ...transfer.examples import Source
from ...transfer.figures import readable_sheet
from ...transfer.sentences import examples_sentence, given_sentence
from ...transfer.shortcut import Mark, planted
from ..elements.pickers import pick_one
from ..elements.strip import strip
from ..frame.boundary import plain
from ..frame.caches import caches
from ..frame.progress import from_shelf
from ..frame.session import KEPT_IN_LINK
from .own import pick_own

_OWN = "your own pictures"
_NO_MARK = "no class"
_SIDES = {"20 %": 0.2, "10 %": 0.1, "15 %": 0.15, "25 %": 0.25, "30 %": 0.3}
_N_SHOWN = 9  # pictures of a class at once
_SOON = 300  # pictures that are read within a second or two


@dataclass(frozen=True)
class Given:
    """The pictures by class, a key that tells them from all others, the class with a mark on it and that mark, and the
    code that gives them."""

    classes: Mapping[str, Sequence[Source]]
    key: Hashable
    marked: str | None
    mark: Mark
    code: str

    @property
    def n_pictures(self) -> int:
        """Of all classes."""
        return sum(map(len, self.classes.values()))


def pick_pictures() -> Given:
    """A set, how many of each class, and whether one class bears a mark."""
    titles = {f"{one.title}: {one.says}": name for name, one in SETS.items()}
    folders = {f"Folder {name}": place for name, place in class_folders().items()}
    left, middle, right = st.columns([5, 3, 3], gap="medium")
    with left:
        chosen = pick_one("Pictures", [*titles, *folders, _OWN], "transfer_set")
        if problem := data_problem():
            st.caption(plain(problem))
    classes: Mapping[str, Sequence[Source]]
    key: Hashable
    if chosen == _OWN:
        classes, key = pick_own()
        with right:
            marked, mark = _pick_mark(list(classes))
        in_code = partial(snippets.own_pictures, tuple(classes))
    else:
        with middle:
            n_each = int(st.slider("Of each class", 8, 200, 40, key="transfer_each", **KEPT_IN_LINK))
        if chosen in folders:
            classes = some_of_each(classes_in(folders[chosen]), n_each)
            key = tuple((name, *(str(one) for one in part)) for name, part in classes.items())
            in_code = partial(snippets.folder_pictures, folders[chosen].name, n_each)
        else:
            classes, key = drawn_set(titles[chosen], n_each), (titles[chosen], n_each)
            in_code = partial(snippets.drawn_pictures, titles[chosen], n_each)
        with right:
            marked, mark = _pick_mark(list(classes))
    code = in_code(marked, mark.size)
    if marked is None:
        return Given(classes, key, None, mark, code)
    return Given(planted(classes, marked, mark), (key, marked, mark), marked, mark, code)


def read_pictures(given: Given) -> Examples | None:
    """Some to train on, some held out: at once where there are few, else when somebody asks. None until then. Raises
    BadData."""
    n = given.n_pictures
    return from_shelf(
        Shelf(caches().examples, ()), given.key, n <= _SOON, f"Read {n:,} pictures", "transfer-read", "Reading",
        lambda progress: gathered(given.classes, progress=progress),
    )  # fmt: skip


def preview(network: Network, given: Given, examples: Examples | None) -> None:
    """A page of the pictures of each class, as the network receives them, and how many there are."""
    st.markdown(plain(given_sentence(given.classes) if examples is None else examples_sentence(examples)))
    for note in () if examples is None else examples.notes:
        st.caption(plain(note))
    n_pages = math.ceil(max(map(len, given.classes.values()), default=0) / _N_SHOWN)
    page = 1
    if n_pages > 1:
        page = int(st.number_input(f"Page, of {n_pages:,}", 1, n_pages, key="transfer-pictures-page", width=160))
    for label, (name, every) in enumerate(given.classes.items()):
        part = every[(page - 1) * _N_SHOWN : page * _N_SHOWN]
        if not part:
            continue
        sheet, names = caches().previews_of_classes.get(
            (network.key, given.key, label, page), partial(readable_sheet, part, network)
        )
        if names:
            strip(
                [(sheet, 1, True)],
                [(in_short(one), "") for one in names],
                alt=f"Pictures of {name}: {len(every)}, page {page}",
                key=f"transfer-preview-{label}",
                rows=[f"{name.strip()} ({len(every):,})"],
                width=72,
            )


def in_short(name: str) -> str:
    """What a picture is called, without the folders that it lies in."""
    return name.rpartition("/")[2]


def _pick_mark(names: Sequence[str]) -> tuple[str | None, Mark]:
    """The class that bears the mark, if any, and the mark."""
    marked = pick_one("Plant a mark on every picture of", [_NO_MARK, *names], "transfer_mark")
    if marked == _NO_MARK:
        return None, Mark()
    return marked, Mark(_SIDES[pick_one("Its side, of the shorter side", _SIDES, "transfer_side")])
