"""Comparisons worth beginning with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..loading.catalog import CATALOG, FIRST_NETWORK, SMALL_NETWORK

MOST_PANES = 4
_LANDMARKS = ("mobilenet_v2", "vgg16", "resnet50", "densenet121")


@dataclass(frozen=True)
class Pane:
    """A network of the catalogue, trained or not, and a sample to show it."""

    network: str
    sample: str = "chelsea"
    weights: str = "Trained"  # or "Untrained"


@dataclass(frozen=True)
class Preset:
    """Two to four panes, the first of which the others are compared with; and by how many percent of its width each
    picture is moved to the right."""

    title: str
    panes: tuple[Pane, ...]
    moved: int = 0


def presets(is_here: Callable[[str], bool]) -> list[Preset]:
    """Those whose trained weights are all on this machine, as `is_here` says of a network."""
    first, small = (CATALOG[name].title for name in (FIRST_NETWORK, SMALL_NETWORK))
    landmarks = [name for name in _LANDMARKS if is_here(name)]
    found = [
        Preset(f"{first}: trained, untrained", (Pane(FIRST_NETWORK), Pane(FIRST_NETWORK, weights="Untrained"))),
        Preset(f"{small}: trained, untrained", (Pane(SMALL_NETWORK), Pane(SMALL_NETWORK, weights="Untrained"))),
        Preset("A digit that moves: LeNet-5, MLP", (Pane("lenet5", "digit"), Pane("mlp", "digit")), moved=12),
        Preset(f"{first}, {small}", (Pane(FIRST_NETWORK), Pane(SMALL_NETWORK))),
        Preset("Two pictures, one answer", (Pane(SMALL_NETWORK, "raccoon"), Pane(SMALL_NETWORK, "photographer"))),
    ]
    if len(landmarks) > 1:
        titles = ", ".join(CATALOG[name].title for name in landmarks)
        found.append(Preset(titles, tuple(Pane(name) for name in landmarks)))
    return [one for one in found if all(pane.weights != "Trained" or is_here(pane.network) for pane in one.panes)]
