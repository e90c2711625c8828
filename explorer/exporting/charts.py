"""Charts as SVG, of the same data as those of the pages: for a file that draws nothing by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from ..drawing.series import Axis, Bars, Line, Lines
from ..drawing.traces import COLORS
from ..wording import number

_WIDTH, _ROW = 640, 26
_LEFT, _RIGHT, _TOP, _BOTTOM = 220, 90, 8, 44  # around what is drawn; names stand on the left, values on the right
_HEIGHT = 240  # of lines
_N_TICKS = 5
_DASHES = ("", "7 4", "2 3", "9 3 2 3")  # besides the colour, for who does not see it


def svg(chart: Bars | Lines) -> str:
    """The chart as markup. Its texts are escaped; its ink is the page's own."""
    width, height, parts = _bars(chart) if isinstance(chart, Bars) else _lines(chart)
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(chart.title)}">'
        f"{''.join(parts)}</svg>"
    )


def _bars(chart: Bars) -> tuple[int, int, list[str]]:
    n, rows = len(chart.series), len(chart.names)
    height = _TOP + _ROW * rows + _BOTTOM
    span, left = _WIDTH - _LEFT - _RIGHT, _LEFT
    parts = [*_ticks_below(chart.x, left, span, height)]
    for i, name in enumerate(chart.names):
        y = _TOP + _ROW * i
        parts.append(_text(left - 8, y + _ROW / 2, name, "end"))
        for j, series in enumerate(chart.series):
            value = float(series.values[i])
            ends = sorted(
                (_at(chart.x, 0.0, left, span), _at(chart.x, value if math.isfinite(value) else 0.0, left, span))
            )
            color = series.colors[i % len(series.colors)]
            top, thick = y + 4 + j * (_ROW - 8) / n, (_ROW - 8) / n
            parts.append(
                f'<rect x="{ends[0]:.1f}" y="{top:.1f}" width="{ends[1] - ends[0]:.1f}" height="{thick:.1f}" '
                f'fill="{color}"/>'
            )
            if series.texts:
                parts.append(_text(ends[1] + 6, top + thick / 2, series.texts[i], "start"))
    return _WIDTH, height, parts


def _lines(chart: Lines) -> tuple[int, int, list[str]]:
    left, right = 70, 24
    span, height = _WIDTH - left - right, _HEIGHT + _TOP + _BOTTOM
    parts = [*_ticks_below(chart.x, left, span, height)]
    for value in _ticks(chart.y):
        y = _TOP + _HEIGHT - _at(chart.y, value, 0, _HEIGHT)
        parts.append(f'<path d="M{left} {y:.1f}H{left + span}" class="grid"/>')
        parts.append(_text(left - 6, y, f"{number(value)}{chart.y.unit}", "end"))
    for i, line in enumerate(chart.lines):
        color = "currentColor" if line.look is None else COLORS[line.look % len(COLORS)]
        dash = _DASHES[i % len(_DASHES)]
        parts.append(f'<path d="{_path(chart, line, left, span)}" fill="none" stroke="{color}" stroke-width="2.5" '
                     f'stroke-dasharray="{dash}"/>')  # fmt: skip
        y = height + 18 * i + 6
        parts.append(f'<path d="M{left} {y}h28" stroke="{color}" stroke-width="2.5" stroke-dasharray="{dash}"/>')
        parts.append(_text(left + 36, y, line.name, "start"))
    return _WIDTH, height + 18 * len(chart.lines) + 4, parts


def _path(chart: Lines, line: Line, left: float, span: float) -> str:
    """Begun anew behind each step that has no value."""
    found, begins = [], True
    for step, value in zip(chart.steps, map(float, line.values), strict=True):
        if not math.isfinite(value):
            begins = True
            continue
        x, y = _at(chart.x, step, left, span), _TOP + _HEIGHT - _at(chart.y, value, 0, _HEIGHT)
        found.append(f"{'M' if begins else 'L'}{x:.1f} {y:.1f}")
        begins = False
    return "".join(found)


def _ticks_below(axis: Axis, left: float, span: float, height: float) -> Iterator[str]:
    for value in _ticks(axis):
        x = _at(axis, value, left, span)
        yield f'<path d="M{x:.1f} {_TOP}V{height - _BOTTOM}" class="grid"/>'
        yield _text(x, height - _BOTTOM + 12, f"{number(value)}{axis.unit}", "middle")
    yield _text(left + span / 2, height - 10, axis.title, "middle")


def _ticks(axis: Axis) -> Sequence[float]:
    return [axis.low + i * (axis.high - axis.low) / (_N_TICKS - 1) for i in range(_N_TICKS)]


def _at(axis: Axis, value: float, begin: float, span: float) -> float:
    return begin + span * (value - axis.low) / ((axis.high - axis.low) or 1)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" dominant-baseline="middle">{escape(text)}</text>'
