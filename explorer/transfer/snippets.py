"""The code that trains what the page on transfer learning trains."""

from __future__ import annotations

import re

from ..snippets import Setting
from .tuning import Tuning


def trained(setting: Setting, classes: str, what: str, tuning: Tuning | None = None) -> str:
    """From nothing to a network with a new head, called `found`, more of which is trained where there is a `tuning`;
    `classes` is the expression for the pictures, `what` the one for the numbers."""
    drawn = "from explorer.transfer.drawn import drawn_set\n" if "drawn_set" in classes else ""
    planted = "from explorer.transfer.shortcut import planted\n" if classes.startswith("planted") else ""
    files = "" if drawn else "from pathlib import Path\n\n"
    folders = "" if drawn else "from explorer.pictures.folders import find_pictures\n"
    names = "gathered, learn" if tuning is None else "Tuning, fine_tune, gathered, learn"
    moved = "".join(
        f"from explorer.transfer.{module} import {name}\n"
        for name, module in (("kernels_moved", "moved"), ("maps_moved", "moved"), ("moved", "moved"),
                             ("sweep_mark", "sweeping"), ("witnesses", "sweeping"))
        if re.search(rf"\b{name}\(", what)
    )  # fmt: skip
    more = "" if tuning is None else (
        f"found = fine_tune(found, Tuning({tuning.layers!r}, n_epochs={tuning.n_epochs}, "
        f"learning_rate={tuning.learning_rate}))\n"
    )  # fmt: skip
    return (
        f"{files}import numpy as np\n\nimport explorer\n{folders}from explorer.transfer import {names}\n{drawn}{moved}"
        f"{planted}\nnetwork = {setting.loaded}\nfound = learn(network, gathered({classes}))\n{more}array = {what}\n"
    )


def drawn_pictures(name: str, n_each: int, marked: str | None) -> str:
    """The expression for pictures that code draws, with a mark on those of one class."""
    plain = f"drawn_set({name!r}, {n_each})"
    return plain if marked is None else f"planted({plain}, {marked!r})"


def own_pictures(names: tuple[str, ...], marked: str | None) -> str:
    """The expression for pictures of one's own, in a folder for each class."""
    plain = ", ".join(f"{name!r}: find_pictures([Path({name!r})])" for name in names)
    return f"{{{plain}}}" if marked is None else f"planted({{{plain}}}, {marked!r})"
