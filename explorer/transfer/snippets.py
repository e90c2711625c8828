"""The code that trains what the page on transfer learning trains."""

from __future__ import annotations

from ..snippets import Setting

_IMPORTS = {  # for what may stand in the expression for the pictures
    "drawn_set": "from explorer.transfer.drawn import drawn_set",
    "planted": "from explorer.transfer.shortcut import planted",
    "find_pictures": "from explorer.pictures.folders import find_pictures",
    "classes_in": "from explorer.pictures.classes import classes_in, some_of_each",
}


def trained(setting: Setting, classes: str, what: str) -> str:
    """From nothing to a network with a new head, called `found`; `classes` is the expression for the pictures, `what`
    the one for the numbers."""
    needed = (line for name, line in _IMPORTS.items() if f"{name}(" in classes)
    imports = "\n".join(sorted(["from explorer.transfer import gathered, learn", *needed]))
    files = "from pathlib import Path\n\n" if "Path(" in classes else ""
    return (
        f"{files}import numpy as np\n\nimport explorer\n{imports}\n\nnetwork = {setting.loaded}\n"
        f"found = learn(network, gathered({classes}))\narray = {what}\n"
    )


def drawn_pictures(name: str, n_each: int, marked: str | None) -> str:
    """The expression for pictures that code draws, with a mark on those of one class."""
    plain = f"drawn_set({name!r}, {n_each})"
    return plain if marked is None else f"planted({plain}, {marked!r})"


def folder_pictures(name: str, n_each: int, marked: str | None) -> str:
    """The expression for pictures in a folder or an archive that has a folder for each class, with a mark on those of
    one class."""
    plain = f"some_of_each(classes_in(Path({name!r})), {n_each})"
    return plain if marked is None else f"planted({plain}, {marked!r})"


def own_pictures(names: tuple[str, ...], marked: str | None) -> str:
    """The expression for pictures of one's own, in a folder for each class."""
    plain = ", ".join(f"{name!r}: find_pictures([Path({name!r})])" for name in names)
    return f"{{{plain}}}" if marked is None else f"planted({{{plain}}}, {marked!r})"
