"""Networks that are loaded, and shown one picture, before somebody asks for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..errors import ExplorerError, UnknownNetwork
from ..loading.catalog import find
from ..wording import seconds_phrase


def known(names: str, say: Callable[[str], object]) -> tuple[str, ...]:
    """Those of the names, apart by commas, that the catalogue has; each of the others is said."""
    found = []
    for name in dict.fromkeys(part.strip() for part in names.split(",") if part.strip()):
        try:
            found.append(find(name).name)
        except UnknownNetwork as error:
            say(f"{error} It is not loaded beforehand.")
    return tuple(found)


def warm_up(names: Sequence[str], say: Callable[[str], object]) -> None:
    """Load each of them with its usual weights and make the pass that a visitor sees first who chooses it. What is
    missing is said, and nothing is fetched."""
    for name in names:
        try:
            say(_warmed(name))
        except ExplorerError as error:
            say(f"{error} It is not loaded beforehand.")


def _warmed(name: str) -> str:
    from ..loading.load import pretrained_is_here
    from ..loading.published import find_set
    from ..pictures.samples import SAMPLES, load_sample
    from .frame.session import Selection, network

    info, started = find(name), time.monotonic()
    usual = find_set(info, "pretrained").name
    if not pretrained_is_here(name, usual):
        return (
            f"The trained weights of {info.title} are not on this machine, so it is not loaded beforehand. Fetch them "
            f"with: python -m explorer fetch {name}"
        )
    _ = Selection(load_sample(next(iter(SAMPLES))), network(name, usual), None, True).trace
    return f"{info.title} is loaded, in {seconds_phrase(time.monotonic() - started)}."
