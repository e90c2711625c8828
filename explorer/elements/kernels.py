"""Sheets of kernels, drawn in the browser: which is chosen is seen at once, and the server hears of it afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from ..drawing.color import palette
from ..filters.figures import Sheet
from ..filters.files import InputFile, SheetFile
from .legend import LEGEND
from .view import File, View, inline

KERNELS = View("kernels", f'<div class="cells" role="grid"></div>{LEGEND}', is_figure=True, parts=("grid",))


def filters_data(file: SheetFile, filters: Sequence[int], chosen: int, alt: str) -> dict[str, object]:
    """A tile for each of these filters; one chosen in it is the page's channel."""
    sheet = file.sheet
    return {
        **_data(sheet, file.packed, alt),
        "tile": [sheet.tiles.shape[1] if sheet.form == "colour" else 1, *([1, *sheet.tiles.shape[1:]][-2:])],
        "response": None if file.response is None else list(file.response),
        "sets": None,
        "limits": None if sheet.scale is None else [sheet.scale.high],
        "firsts": [0],
        "numbers": list(filters),
        "labels": list(sheet.labels),
        "choice": "channel",
        "usual": 0,
        "chosen": chosen,
    }


def inputs_data(file: InputFile, sheet: Sheet, shown: tuple[int, int], alt: str) -> dict[str, object]:
    """A tile for each of some inputs of the page's channel, whichever of the file's filters that is, and the scale of
    that filter. `shown` are the filter that `sheet` is of, and the chosen one of its inputs; `alt` has {channel} for
    the filter's number."""
    n = len(sheet.tiles)
    return {
        **_data(sheet, file.packed, alt),
        "tile": [1, *file.kernel],
        "response": None,
        "sets": list(file.filters),
        "limits": list(file.limits),
        "firsts": list(file.firsts),
        "numbers": list(range(n)),
        "labels": None,
        "choice": "input",
        "usual": file.firsts[file.filters.index(shown[0])] - file.start,
        "channel": shown[0],
        "chosen": shown[1],
    }


def _data(sheet: Sheet, packed: bytes, alt: str) -> dict[str, object]:
    return {
        "file": File(packed),
        "form": sheet.form,
        "columns": sheet.columns,
        "palette": inline(palette("signed").tobytes()),
        "unit": "weight, no unit",
        "alt": alt,
        "figure": alt.replace(" {channel}", ""),
    }
