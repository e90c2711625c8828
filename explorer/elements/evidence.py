"""Maps of evidence over the picture, drawn in the browser: for each thing that is explained at each of several layers.
What a person moves through is there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..drawing.color import SEQUENTIAL, palette
from ..geometry import Places, ReceptiveField
from .overlay import Photo
from .probe import CLOSEUP, field_data, places_data
from .view import File, View, inline

EVIDENCE = View(
    "evidence",
    f"""<div class="evidence"><strong class="heading"></strong>
      {CLOSEUP.format(heat='<canvas class="heat"></canvas>')}</div>""",
    is_figure=True,
    parts=("probe",),
)


@dataclass(frozen=True)
class MapLayer:
    """A layer with maps of a `shape`: where their cells are drawn, what they see, and how they are drawn in between.
    `note` stands behind the unit."""

    name: str
    shape: tuple[int, int]
    places: Places | None = None
    field: ReceptiveField | None = None
    is_smooth: bool = True
    note: str = ""


@dataclass(frozen=True)
class MapTarget:
    """Something that is explained: a class by its index, or else its place among the others. `file` is the file of its
    maps at all layers, None where the browser has to ask for them, and `first` then that of its map at the layer that
    is shown until somebody chooses; `range` the ends of its scale, where that is not from zero to the largest
    value."""

    index: int
    name: str
    heading: str
    file: File | None
    range: tuple[float, float] | None = None
    called: str = ""  # a class, as it is chosen by its name
    first: File | None = None


@dataclass(frozen=True)
class Maps:
    """Maps by one method, as a browser draws them. `layer` and `pair` are what is shown until somebody chooses: one of
    the layers, and what is explained and what it is compared with. `shared` is what the scale is called where it holds
    for all of them; "" where each has its own whatever is chosen.

    `leads` says at which of the layers each one that can be chosen is shown, and `asked` which is chosen; `likeliest`
    are classes of which the first other one is what a class is compared with. Where either is empty, the server has to
    be asked.
    """

    title: str
    unit: str
    layers: Sequence[MapLayer]
    targets: Sequence[MapTarget]
    layer: int
    pair: tuple[int, ...]
    photo: Photo
    colors: str
    signed: bool
    scale: str
    shared: str
    opacity: float
    fades: bool
    asked: str = ""
    leads: Mapping[str, int] | None = None
    likeliest: Sequence[int] = ()

    def data(self) -> dict[str, object]:
        """What the browser is sent."""
        return {
            "title": self.title,
            "unit": self.unit,
            "layers": [
                {
                    "name": layer.name,
                    "shape": list(layer.shape),
                    "places": places_data(layer.places),
                    "field": field_data(layer.field),
                    "smooth": layer.is_smooth,
                    "note": layer.note,
                }
                for layer in self.layers
            ],
            "targets": [
                {
                    "index": target.index,
                    "name": target.name,
                    "heading": target.heading,
                    "url": target.file,
                    "first": target.first,
                    "called": target.called,
                    "range": None if target.range is None else list(target.range),
                }
                for target in self.targets
            ],
            "layer": self.layer,
            "pair": list(self.pair),
            "photo": self.photo.file,
            "size": list(self.photo.size),
            "colors": self.colors,
            "palettes": {name: inline(palette(name).tobytes()) for name in (*SEQUENTIAL, "signed")},
            "signed": self.signed,
            "scale": self.scale,
            "shared": self.shared,
            "opacity": self.opacity,
            "fades": self.fades,
            "asked": self.asked,
            "leads": dict(self.leads or {}),
            "likeliest": list(self.likeliest),
        }


@dataclass(frozen=True)
class MapRow:
    """Maps side by side: each the number of a layer and the index of what is explained; `unit` stands under the legend
    where one scale holds for all; None where there is another legend."""

    maps: Maps
    cells: Sequence[tuple[int, int]]
    unit: str | None = None

    def data(self) -> dict[str, object]:
        """What the browser is sent."""
        return {"maps": self.maps.data(), "cells": [list(cell) for cell in self.cells], "unit": self.unit}


def evidence_data(maps: Maps, which: int) -> dict[str, object]:
    """What a browser is sent for one of a pair of maps."""
    title = "The map of evidence" if not which else "The map that it is compared with"
    return {**maps.data(), "which": which, "figure": title}
