"""A notebook whose cells make with the public API what a file shows, to go on from there."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..attribution import METHODS
from ..drawing.picture import png_of_pixels
from ..errors import BadArgument
from ..loading.setting import setting_of
from ..snippets import Setting
from ..trace import Trace
from ..wording import described
from . import sentences as say
from .evidence import FIRST
from .sizes import checked_layers
from .whole import written_whole

_FORMAT = {"nbformat": 4, "nbformat_minor": 5}
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

Cell = tuple[str, str]  # "markdown" or "code", and its text


def notebook(trace: Trace, path: str | os.PathLike[str], layers: Sequence[str] | None = None) -> Path:
    """Write a notebook (nbformat 4.5) that records the same pass and shows the maps of the `layers` (those of `export`
    unless given) and the evidence. A picture that is no sample is in it, as PNG of its pixels.

    Raises UnknownLayer, TooLarge for layers that are too much for a file, BadArgument for what is no trace, OSError
    where nothing can be written.
    """
    content = noted(trace, layers)
    return written_whole(path, lambda place: place.write_bytes(content))


def noted(trace: Trace, layers: Sequence[str] | None = None) -> bytes:
    """The same as bytes."""
    if not isinstance(trace, Trace):
        raise BadArgument(
            f"A notebook is made of a trace, not of {described(trace)}. Make one: explorer.run(network, image)."
        )
    chosen = checked_layers(trace.network, layers)
    cells = [_cell(i, *cell) for i, cell in enumerate(_cells(trace, chosen))]
    found = {**_FORMAT, "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}}, "cells": cells}
    return f"{json.dumps(found, indent=1, ensure_ascii=False)}\n".encode()


def _cells(trace: Trace, layers: Sequence[str]) -> Iterator[Cell]:
    network = trace.network
    yield "markdown", say.NOTEBOOK
    yield "code", _begin(trace)
    yield "code", "trace" if network.no_classes else "trace.top(5)"
    for layer in layers:
        if network.layer(layer).is_spatial and trace.is_finite:
            yield "markdown", f"{say.MAPS} `{layer}`"
            yield "code", f"trace.mosaic({layer!r})"
        else:
            yield "code", f"trace[{layer!r}]"
    if trace.target is not None and network.has_maps and trace.is_finite:
        yield "markdown", f"{say.EVIDENCE} ({METHODS[FIRST].title})"
        yield "code", f"explorer.attribute(network, image, {FIRST!r}, {trace.target!r})"
    yield "markdown", say.ONE_FILE
    yield "code", f'explorer.export(trace, "seen.html", layers={list(layers)!r})'


def _begin(trace: Trace) -> str:
    """From nothing to the pass, with the picture where only its owner knows where it lies."""
    setting: Setting = setting_of(trace.image, trace.network, trace.target)
    if trace.explained is None:
        last = "trace = explorer.run(network, image)\n"
    else:
        target = trace.target if trace.target is not None else str(trace.explained)
        last = f"trace = explorer.run(network, image, target={target!r})\n"
    if setting.picture.startswith("load_sample"):
        return setting.load() + last
    png = base64.b64encode(png_of_pixels(trace.image.pixels)).decode()
    picture = f"explorer.read_image(base64.b64decode({png!r}), {trace.image.name!r})"
    return dataclasses.replace(setting, picture=picture).load("import base64") + last


def _cell(i: int, kind: str, text: str) -> dict[str, object]:
    cell: dict[str, object] = {"id": f"cell-{i}", "cell_type": kind, "metadata": {}, "source": text.rstrip("\n")}
    return {**cell, "execution_count": None, "outputs": []} if kind == "code" else cell
