"""A logit as a sum, and where in the picture it comes from, laid out in the browser: another class, channel or number
of rows asks the server for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ..classifier.figures import AGAINST, FOR
from ..classifier.files import LedgerFiles
from ..drawing.color import palette
from ..feature_maps.figures import N_PER_PAGE
from ..geometry import Places, ReceptiveField
from .overlay import Photo
from .probe import CLOSEUP, field_data, places_data
from .view import File, View, inline
from .viewer import LayerData

ALL, ONE = MAPS = ("all channels", "one channel")
SIDES = ("10 on each side", "5 on each side", "20 on each side")

LEDGER = View(
    "ledger",
    f"""<div class="ledger">
      <div class="sums">
        <div class="controls">
          <label>Show the strongest <select class="rows"></select></label>
          <label class="over">Over the picture <select class="map"></select></label>
        </div>
        <div class="classes" role="group" aria-label="Of the likeliest classes"></div>
        <div class="chart"><svg aria-hidden="true"></svg><div class="columns" role="group"></div>
          <div class="units"></div></div>
        <div class="steps">
          <button type="button" class="back" aria-label="The channel before">◀</button>
          <button type="button" class="on" aria-label="The next channel">▶</button>
          <span class="said" role="status"></span>
          <button type="button" class="save">Save as PNG</button>
        </div>
        <div class="check"></div>
      </div>
      <div class="closeup">{CLOSEUP.format(heat='<canvas class="heat"></canvas>')}</div>
    </div>""",
    is_figure=True,
    parts=("probe",),
)


@dataclass(frozen=True)
class LedgerClass:
    """A class whose ledger is in the browser: its name among the classes, how likely it is, what its ledger is called
    and adds up to, what the cells of its map are values of, and whether the sum is the recorded one."""

    name: str
    probability: str
    ledger: str
    bias: float
    unit: str
    check: str


@dataclass(frozen=True)
class LedgerData:
    """What a browser needs of the ledgers: their files, what is said of each class in the order of the files, the layer
    of the last maps where there are any, and whether a term is a channel of them."""

    files: LedgerFiles
    classes: Sequence[LedgerClass]
    maps: LayerData | None
    is_by_channel: bool
    places: Places | None
    field: ReceptiveField | None


@dataclass(frozen=True)
class LedgerShown:
    """What is chosen: a class by its name, and the likeliest, which a link leaves out; a channel, one of MAPS and one
    of SIDES. Not every ledger's terms are channels that can be looked at: then there `is_choice` of none."""

    name: str
    likeliest: str
    channel: int
    map: str
    side: str
    is_choice: bool


def ledger_data(photo: Photo, given: LedgerData, shown: LedgerShown) -> dict[str, object]:
    """What a browser is sent; see `ledger_view` of the app."""
    files = given.files
    return {
        "file": File(files.packed),
        "n_inputs": len(files.ledgers[0].terms),
        "has_products": files.has_products,
        "cells": list(files.cells),
        "n_gains": files.n_gains,
        "factor": files.factor,
        "classes": [asdict(one) for one in given.classes],
        "by_channel": given.is_by_channel,
        "layer": None if given.maps is None else _layer(given.maps),
        "palettes": {name: inline(palette(name).tobytes()) for name in ("viridis", "signed")},
        "colors": {"for": FOR, "against": AGAINST},
        "maps": list(MAPS),
        "sides": list(SIDES),
        **asdict(shown),
        "photo": photo.file,
        "size": list(photo.size),
        "places": places_data(given.places),
        "field": field_data(given.field),
        "figure": "The logit as a sum",
    }


def _layer(maps: LayerData) -> dict[str, object]:
    return {
        **maps.files,
        "shape": list(maps.shape),
        "ranges": {name: list(both) for name, both in maps.ranges.items()},
        "exact": None if maps.exact is None else inline(maps.exact.tobytes()),
        "per_page": N_PER_PAGE,
    }
