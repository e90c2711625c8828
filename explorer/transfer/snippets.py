"""The code that trains what the page on transfer learning trains."""

from __future__ import annotations

import re

from ..snippets import Setting
from .tuning import Tuning

_IMPORTS = {  # for what may stand in the expressions for the pictures and for the numbers
    "drawn_set": "from explorer.transfer.drawn import drawn_set",
    "planted": "from explorer.transfer.shortcut import Mark, planted",
    "find_pictures": "from explorer.pictures.folders import find_pictures",
    "classes_in": "from explorer.pictures.classes import classes_in, some_of_each",
    "kernels_moved": "from explorer.transfer.moved import kernels_moved",
    "maps_moved": "from explorer.transfer.moved import maps_moved",
    "moved": "from explorer.transfer.moved import moved",
    "sweep_mark": "from explorer.transfer.sweeping import sweep_mark",
    "witnesses": "from explorer.transfer.sweeping import witnesses",
}


def trained(setting: Setting, classes: str, what: str, tuning: Tuning | None = None) -> str:
    """From nothing to a network with a new head, called `found`, more of which is trained where there is a `tuning`;
    `classes` is the expression for the pictures, `what` the one for the numbers."""
    names = "gathered, learn" if tuning is None else "Tuning, fine_tune, gathered, learn"
    needed = (line for name, line in _IMPORTS.items() if re.search(rf"\b{name}\(", f"{classes} {what}"))
    imports = "\n".join(sorted([f"from explorer.transfer import {names}", *needed]))
    files = "from pathlib import Path\n\n" if "Path(" in classes else ""
    more = "" if tuning is None else (
        f"found = fine_tune(found, Tuning({tuning.layers!r}, n_epochs={tuning.n_epochs}, "
        f"learning_rate={tuning.learning_rate}))\n"
    )  # fmt: skip
    return (
        f"{files}import numpy as np\n\nimport explorer\n{imports}\n\nnetwork = {setting.loaded}\n"
        f"found = learn(network, gathered({classes}))\n{more}array = {what}\n"
    )


def drawn_pictures(name: str, n_each: int, marked: str | None, size: float) -> str:
    """The expression for pictures that code draws, with a mark on those of one class."""
    plain = f"drawn_set({name!r}, {n_each})"
    return _with_mark(plain, marked, size)


def folder_pictures(name: str, n_each: int, marked: str | None, size: float) -> str:
    """The expression for pictures in a folder or an archive that has a folder for each class, with a mark on those of
    one class."""
    plain = f"some_of_each(classes_in(Path({name!r})), {n_each})"
    return _with_mark(plain, marked, size)


def own_pictures(names: tuple[str, ...], marked: str | None, size: float) -> str:
    """The expression for pictures of one's own, in a folder for each class."""
    plain = ", ".join(f"{name!r}: find_pictures([Path({name!r})])" for name in names)
    return _with_mark(f"{{{plain}}}", marked, size)


def _with_mark(classes: str, marked: str | None, size: float) -> str:
    return classes if marked is None else f"planted({classes}, {marked!r}, Mark({size}))"
