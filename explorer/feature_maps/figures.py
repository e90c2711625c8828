"""A layer's channels in one mosaic, one channel large, and all values of a layer at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from ..drawing.charts import BARS, Axis, Bars, Part, round_ticks
from ..drawing.color import INKS, Scale, palette, scales_for
from ..drawing.picture import countable, drawable_text, heat_map, mosaic, png_of_image
from ..trace import FloatArray, Trace, as_maps
from ..wording import percent
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
        return text if self.factor >= 1 else f"{text}, reduced to {percent(self.factor)}"


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
_WIDTH, _FONT = 960, 28  # pixels: twice what a page shows, so that the letters stay sharp


def histogram_bars(histogram: Histogram) -> Bars:
    """How often which value occurs. A band shows the shares of negative, zero and positive values; below it, the bars
    leave out the exact zeros, which would dwarf them."""
    blue, red = ("#" + bytes(palette("signed")[i]).hex() for i in (40, 214))
    parts = (("negative", blue, histogram.n_negative), ("zero", "#ffffff", histogram.n_zero),
             ("positive", red, histogram.n_positive), ("no number", "#000000", histogram.n_missing))  # fmt: skip
    n, low, high = histogram.n_values, float(histogram.edges[0]), float(histogram.edges[-1])
    ticks = [tick for tick in round_ticks(max(1, int(histogram.counts.max()))) if tick.is_integer()]
    # zero has its number unless an end's would lie on it
    zero = {0.0: "0"} if 0.15 < -low / (high - low) < 0.85 else {}
    pad = 0.01 * (high - low)
    return Bars(
        histogram.counts,
        histogram.edges,
        [Part(f"{name} {percent(count / n)}", count / n, color) for name, color, count in parts if count],
        Axis("value", low - pad, high + pad, {low: f"{low:.4g}", **zero, high: f"{high:.4g}"}),
        Axis("how many", 0, ticks[-1], {tick: f"{tick:,.0f}" for tick in ticks}),
    )


@dataclass(frozen=True)
class Change:
    """A row of a bar chart: shares of the full width, 0 to 1, and what they are in words. `before` is None where there
    is but one bar."""

    name: str
    before: float | None
    after: float
    value: str


def changes_png(changes: Sequence[Change]) -> bytes:
    """Rows of bars: an outlined one for before, a filled one for after."""
    paper, ink, _ = INKS["light"]
    height = 100
    image = Image.new("RGB", (_WIDTH, height * len(changes)), paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_FONT)
    for top, change in zip(range(0, image.height, height), changes, strict=True):
        draw.text((0, top + 6), drawable_text(change.name), ink, font)
        draw.text((_WIDTH - 1, top + 6), drawable_text(change.value), ink, font, anchor="ra")
        if change.before is not None:
            draw.rectangle((0, top + 48, max(2.0, (_WIDTH - 1) * change.before), top + 64), outline=BARS, width=2)
        draw.rectangle((0, top + 68, max(2.0, (_WIDTH - 1) * change.after), top + 84), BARS)
    return png_of_image(image)


def correlation_png(matrix: FloatArray) -> bytes:
    """A matrix of correlations, one square a pair, from -1 (blue) over 0 (white) to 1 (red); holes where there is
    none."""
    return heat_map(countable(matrix, _MATRIX), CORRELATION)
