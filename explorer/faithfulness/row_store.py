"""The rows of a table that are known, kept as they come, so that a run that was stopped goes on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..attribution import METHODS
from ..errors import BadData
from ..trace import FloatArray, Trace
from .table import AttributionTable, Row, rows_of

_ROWS, _SETTINGS, _MAPS = "rows.jsonl", "settings.json", "maps"


class RowStore:
    """What a run has found so far, in a folder if there is one: a row is there as a whole or not at all."""

    def __init__(self, folder: Path | None, settings: Mapping[str, object]) -> None:
        self.folder = folder
        self.rows: dict[tuple[str, str], Row] = {}
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self._check(folder / _SETTINGS, json.loads(json.dumps(settings)))
        rows = folder / _ROWS
        if rows.is_file():
            content = rows.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]  # the last line of a run that was killed may be cut off
            if len(whole) < len(content):
                _write(rows, whole)
            self.rows = {(row.picture, row.method): row for row in rows_of(whole.decode().splitlines())}

    def add(self, row: Row, values: FloatArray | None, trace: Trace) -> None:
        """Keep a row, and its map where there is one."""
        self.rows[row.picture, row.method] = row
        if self.folder is None:
            return
        if values is not None:
            _write_map(self.folder / _MAPS / row.picture, row, values, trace)
        with (self.folder / _ROWS).open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(asdict(row), allow_nan=False) + "\n")

    def write(self, table: AttributionTable) -> None:
        """Write the table beside them."""
        if self.folder is not None:
            _write(self.folder / "table.csv", table.csv().encode())
            _write(self.folder / "table.json", table.json().encode())

    def _check(self, path: Path, settings: Mapping[str, object]) -> None:
        """Rows of two kinds must not mix."""
        if not path.is_file():
            _write(path, json.dumps(settings, indent=1).encode())
            return
        try:
            before = _flat(json.loads(path.read_bytes()))
            now = _flat(settings)
            other = [key for key in now if before[key] != now[key]]
        except (ValueError, TypeError, LookupError, AttributeError):
            raise BadData(f"'{path}' is not what an evaluation wrote. Choose another folder.") from None
        if other:
            key = other[0]
            raise BadData(
                f"'{path.parent}' holds rows of another run: its {key} was {before[key]!r}, and is {now[key]!r} "
                "now. Choose another folder."
            )


def _flat(settings: Mapping[str, Any]) -> dict[str, object]:
    """The settings with each option of each method by itself, such as rise.n_masks."""
    options = {f"{method}.{name}": value for method, of in settings["options"].items() for name, value in of.items()}
    return {key: value for key, value in settings.items() if key != "options"} | options


def _write_map(folder: Path, row: Row, values: FloatArray, trace: Trace) -> None:
    # here, and not above: the figures stand on the library, and only who writes files needs them
    from ..attribution.figures import map_scale
    from ..drawing.picture import overlay, png_of_pixels, visible

    folder.mkdir(parents=True, exist_ok=True)
    method, network = row.method, trace.network
    np.save(folder / f"{method}.npy", values)
    scale = map_scale(values, "inferno", False, False, method in METHODS and METHODS[method].is_level)
    of_cells = row.layer is not None and network.layer(row.layer).size == values.shape
    places = network.places(row.layer) if row.layer is not None and of_cells else None
    drawn = overlay(visible(trace.prepared.pixels), values, scale, places=places)
    _write(folder / f"{method}.png", png_of_pixels(drawn))


def _write(path: Path, content: bytes) -> None:
    """The file as a whole or not at all."""
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
