"""A layer's channels in one mosaic, one channel large, and all values of a layer at once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from ..drawing.color import Scale, palette, scales_for
from ..drawing.picture import countable, drawable_text, heat_map, mosaic
from ..trace import FloatArray, Trace, as_maps
from .channels import Histogram, channel_order, channel_ranges

N_PER_PAGE = 64
COLUMNS = 8


@dataclass(frozen=True, eq=False)
class LayerView:
    """One page of a layer's channels."""

    png: bytes
    channels: tuple[int, ...]  # of this page, in the order of the tiles
    columns: int
    shared_scale: Scale | None  # None where each channel has its own
    factor: float  # a value is this many pixels wide; below 1 where maps were reduced
    page: int
    previous: int | None  # the first channel of the page before, if there is one
    following: int | None
    n_channels: int

    @property
    def n_bytes(self) -> int:
        """Memory that it holds, nearly all of it the picture."""
        return len(self.png)

    @property
    def caption(self) -> str:
        """Which channels these are, and what became of their pixels."""
        first = self.page * N_PER_PAGE + 1
        text = f"{first} to {first + len(self.channels) - 1} of {self.n_channels} channels"
        if self.shared_scale is None:
            text += ", each on its own scale"
        return text if self.factor >= 1 else f"{text}, reduced to {self.factor:.0%}"


def page_of(trace: Trace, layer: str, order: str, channel: int) -> int:
    """The page of the mosaic that has the channel on it, for one of feature_maps.ORDERS."""
    return channel_order(trace, layer, order).index(channel) // N_PER_PAGE


def layer_view(trace: Trace, layer: str, order: str, scale: str, page: int) -> LayerView:
    """One page of a layer's channels, for one of feature_maps.ORDERS and one of its SCALES."""
    ranked = channel_order(trace, layer, order)
    chosen = ranked[page * N_PER_PAGE : (page + 1) * N_PER_PAGE]
    # the whole layer decides whether the palette is the diverging one: the same on every page
    whole_layer = channel_ranges(trace, layer, chosen[:1], "layer")
    scales = scales_for([*channel_ranges(trace, layer, chosen, scale), *whole_layer])[:-1]
    maps = as_maps(trace[layer])
    columns = min(COLUMNS, len(chosen))
    png, factor = mosaic([maps[c] for c in chosen], scales, columns)
    return LayerView(
        png=png,
        channels=tuple(chosen),
        columns=columns,
        shared_scale=None if scale == "channel" else scales[0],
        factor=factor,
        page=page,
        previous=ranked[(page - 1) * N_PER_PAGE] if page else None,
        following=ranked[(page + 1) * N_PER_PAGE] if (page + 1) * N_PER_PAGE < len(ranked) else None,
        n_channels=len(ranked),
    )


@dataclass(frozen=True, eq=False)
class ChannelView:
    """One channel's map and the scale that its tile has in the mosaic."""

    values: FloatArray
    scale: Scale


def channel_view(trace: Trace, layer: str, scale: str, channel: int) -> ChannelView:
    """The channel on the same scale as in `layer_view`."""
    whole_layer = channel_ranges(trace, layer, [channel], "layer")[0]
    own = channel_ranges(trace, layer, [channel], scale)[0]
    # the layer's range decides whether the palette is the diverging one, as it does in the mosaic
    return ChannelView(as_maps(trace[layer])[channel], scales_for([own, whole_layer])[0])


CORRELATION = Scale(-1, 1, "signed")
_MATRIX = 560  # pixels of the picture of a matrix
_WIDTH, _HEIGHT, _FONT = 960, 420, 28  # pixels: twice what a page shows, so that the letters stay sharp
_INKS = {"light": ("#ffffff", "#1f2329", "#7f8ea3"), "dark": ("#161616", "#ebebeb", "#8fa1bb")}  # paper, ink, bars


_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def histogram_png(histogram: Histogram, theme: str = "light") -> bytes:
    """How often which value occurs. A band shows the shares of negative, zero and positive values; below it, the bars
    leave out the exact zeros, which would dwarf them. `theme` is "light" or "dark"."""
    paper, ink, grey = _INKS[theme]
    image = Image.new("RGB", (_WIDTH, _HEIGHT), paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_FONT)
    blue, red = ("#" + bytes(palette("signed")[i]).hex() for i in (40, 214))
    left = 0.0
    parts = (("negative", blue, histogram.n_negative), ("zero", "#ffffff", histogram.n_zero),
             ("positive", red, histogram.n_positive), ("no number", "#000000", histogram.n_missing))  # fmt: skip
    at = 0.0
    for name, color, count in parts:
        width = _WIDTH * count / max(1, histogram.n_values)
        draw.rectangle((left, 0, left + width, 44), color)
        left += width
        if count:  # in words as well, each behind a sample of its colour
            draw.rectangle((at, 58, at + 22, 80), color, outline=ink)
            text = f"{name} {100 * count / histogram.n_values:.3g} %"
            draw.text((at + 30, 52), text, ink, font)
            at += 60 + font.getlength(text)
    draw.rectangle((0, 0, _WIDTH - 1, 44), outline=ink)
    _bars(draw, histogram, ink, grey, font)
    return _png(image)


def _bars(draw: ImageDraw.ImageDraw, histogram: Histogram, ink: str, color: str, font: _Font) -> None:
    top, bottom = 130, _HEIGHT - 44
    most, n_bins = max(1, int(histogram.counts.max())), len(histogram.counts)
    for i, count in enumerate(histogram.counts.tolist()):
        height = (bottom - top) * count / most
        if count:
            x = i * _WIDTH / n_bins
            draw.rectangle((x, bottom - max(5, height), x + _WIDTH / n_bins - 2, bottom), color)
    draw.line((0, bottom, _WIDTH, bottom), ink, 2)
    low, high = float(histogram.edges[0]), float(histogram.edges[-1])
    draw.text((0, bottom + 8), f"{low:.4g}", ink, font)
    draw.text((_WIDTH - 1, bottom + 8), f"{high:.4g}", ink, font, anchor="ra")
    if low < 0 < high:
        zero = _WIDTH * -low / (high - low)
        draw.line((zero, top, zero, bottom), ink, 2)
        if 0.15 < zero / _WIDTH < 0.85:
            draw.text((zero, bottom + 8), "0", ink, font, anchor="ma")
    draw.text((_WIDTH - 1, top - 34), f"tallest bar: {most:,} values", ink, font, anchor="ra")


@dataclass(frozen=True)
class Change:
    """A row of a bar chart: shares of the full width, 0 to 1, and what they are in words. `before` is None where there
    is but one bar."""

    name: str
    before: float | None
    after: float
    value: str


def changes_png(changes: Sequence[Change], theme: str = "light") -> bytes:
    """Rows of bars: an outlined one for before, a filled one for after."""
    paper, ink, bar = _INKS[theme]
    height = 100
    image = Image.new("RGB", (_WIDTH, height * len(changes)), paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_FONT)
    for top, change in zip(range(0, image.height, height), changes, strict=True):
        draw.text((0, top + 6), drawable_text(change.name), ink, font)
        draw.text((_WIDTH - 1, top + 6), drawable_text(change.value), ink, font, anchor="ra")
        if change.before is not None:
            draw.rectangle((0, top + 48, max(2.0, (_WIDTH - 1) * change.before), top + 64), outline=bar, width=2)
        draw.rectangle((0, top + 68, max(2.0, (_WIDTH - 1) * change.after), top + 84), bar)
    return _png(image)


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def correlation_png(matrix: FloatArray) -> bytes:
    """A matrix of correlations, one square a pair, from -1 (blue) over 0 (white) to 1 (red); holes where there is
    none."""
    return heat_map(countable(matrix, _MATRIX), CORRELATION)
