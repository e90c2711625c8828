"""All layers as the rows of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from ..networks.layers import Layer
from ..networks.network import Network
from ..wording import by

Row = dict[str, str | int | float | None]


def table(network: Network, seconds: Mapping[str, float] | None = None) -> list[Row]:
    """A row for each layer, in the order of execution; None where a column does not apply.

    Field height, width and step are the receptive field's size and stride in pixels of the prepared picture; None
    where every unit sees the whole picture. Milliseconds are there once they were measured (`profile`).
    """
    return [_row(layer, None if seconds is None else seconds[name]) for name, layer in network.layers.items()]


def _row(layer: Layer, seconds: float | None) -> Row:
    window, field = layer.window, layer.receptive_field
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "kernel": by(window.kernel) if window else None,
        "stride": by(window.stride) if window else None,
        "padding": by(window.padding) if window else None,
        "dilation": by(window.dilation) if window else None,
        "groups": layer.groups,
        "output": by(layer.shape),
        "parameters": layer.n_parameters,
        "multiply-adds": layer.n_multiply_adds,
        "output bytes": layer.n_bytes,
        "field height": None if field.whole else field.size[0],
        "field width": None if field.whole else field.size[1],
        "field step": None if field.whole else field.jump[0],
        "milliseconds": None if seconds is None else 1000 * seconds,
    }


def csv_of(rows: Sequence[Row]) -> bytes:
    """A table as CSV in UTF-8, with its columns' names; empty where there is no value."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()
