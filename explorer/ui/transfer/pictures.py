"""Which pictures a head is trained on: drawn by code, in a folder of the server, or a visitor's own, class by class."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from ...pictures.classes import class_folders, classes_in, data_problem, some_of_each
from ...pictures.image import ImageInput
from ...transfer import Examples, gathered, snippets
from ...transfer.drawn import SETS, drawn_set
from ...transfer.examples import Source
from ...transfer.shortcut import planted
from ..elements.pickers import pick_one
from ..frame.boundary import plain
from ..frame.caches import caches
from ..frame.session import KEPT_IN_LINK, uploaded_image

_OWN = "your own pictures"
_NO_MARK = "no class"


@dataclass(frozen=True)
class Upload:
    """A picture that a visitor uploaded."""

    file: Any

    @property
    def name(self) -> str:
        """What its file is called."""
        return str(self.file.name)

    def read(self) -> ImageInput:
        """The picture; raises BadImage."""
        return uploaded_image(self.file)


@dataclass(frozen=True)
class Given:
    """The pictures by class, a key that tells them from all others, the class with a mark on it, and the code that
    gives them."""

    classes: Mapping[str, Sequence[Source]]
    key: Hashable
    marked: str | None
    code: str

    @property
    def examples(self) -> Examples:
        """Some to train on, some held out. Raises BadData."""
        return caches().examples.get(self.key, lambda: gathered(self.classes))


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
        with middle:
            n_classes = int(st.number_input("Classes", 2, 8, 2, key="transfer_classes", **KEPT_IN_LINK))
        classes, key = _uploaded(n_classes)
        with right:
            marked = _pick_mark(list(classes))
        code = snippets.own_pictures(tuple(classes), marked)
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
            marked = _pick_mark(list(classes))
        code = in_code(marked)
    return Given(classes if marked is None else planted(classes, marked), (key, marked), marked, code)


def _pick_mark(names: Sequence[str]) -> str | None:
    marked = pick_one("Plant a mark on every picture of", [_NO_MARK, *names], "transfer_mark")
    return None if marked == _NO_MARK else marked


def _uploaded(n_classes: int) -> tuple[dict[str, list[Source]], Hashable]:
    classes: dict[str, list[Source]] = {}
    key: list[Hashable] = []
    for i, column in enumerate(st.columns(n_classes, gap="small")):
        with column:
            name = st.text_input(f"Name of class {i + 1}", f"class {i + 1}", key=f"transfer-name-{i}", max_chars=60)
            files = st.file_uploader(
                f"Pictures of class {i + 1}", accept_multiple_files=True, key=f"transfer-files-{i}",
                label_visibility="collapsed",
            )  # fmt: skip
        own = name.strip()
        if own in classes:
            own = f"{own} "  # two of one name are said to be, by who gathers them
        classes[own] = [Upload(file) for file in files]
        key.append((own, *(file.file_id for file in files)))
    return classes, tuple(key)
