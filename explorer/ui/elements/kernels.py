"""Sheets of kernels, drawn in the browser: which is chosen is seen at once, and the server hears of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...drawing.color import palette
from ...filters.figures import Sheet
from ...filters.files import InputFile, SheetFile
from .base import Element, Report
from .legend import LEGEND
from .media import file_url, inline
from .viewer import PACKED

_kernels = Element("kernels", f'<div class="cells" role="grid"></div>{LEGEND}', is_figure=True, parts=("grid",))


def filter_kernels(
    file: SheetFile, filters: Sequence[int], chosen: int, alt: str, key: str, on_choose: Callable[[int], None]
) -> None:
    """A tile for each of these filters; one chosen in it is the page's channel."""
    sheet = file.sheet
    data = {
        **_data(sheet, file.packed, alt, key),
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
    _kernels(key, data, chosen=Report(list(filters), on_choose))


def input_kernels(
    file: InputFile, sheet: Sheet, shown: tuple[int, int], alt: str, key: str, on_choose: Callable[[int], None]
) -> None:
    """A tile for each of some inputs of the page's channel, whichever of the file's filters that is, and the scale of
    that filter. `shown` are the filter that `sheet` is of, and the chosen one of its inputs; `alt` has {channel} for
    the filter's number."""
    n = len(sheet.tiles)
    data = {
        **_data(sheet, file.packed, alt, key),
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
    _kernels(key, data, chosen=Report(sorted({first + i for first in file.firsts for i in range(n)}), on_choose))


def _data(sheet: Sheet, packed: bytes, alt: str, key: str) -> dict[str, object]:
    return {
        "file": file_url(packed, PACKED, f"{key}-file"),
        "form": sheet.form,
        "columns": sheet.columns,
        "palette": inline(palette("signed").tobytes()),
        "unit": "weight, no unit",
        "alt": alt,
        "figure": alt.replace(" {channel}", ""),
    }
