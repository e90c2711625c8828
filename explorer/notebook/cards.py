"""Results as a notebook shows them: a card in HTML with its facts, and a small picture where there is one.

A card needs nothing from elsewhere: its pictures are in it, its styles stand at each element, and there is no script.
Its ink is the notebook's own, so that it can be read on light and on dark. Whatever comes from outside, such as the
names of files and classes, is escaped in one place, `_text`, and cut to a bounded length.
"""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from ..attribution import METHODS, Attribution
from ..attribution.figures import own_scale
from ..attribution.sentences import unit
from ..convolution.opened import Opened
from ..drawing.color import Scale
from ..drawing.picture import Pixels, thumbnail, visible
from ..drawing.traces import BARS
from ..loading.preparations import preparation_sentence
from ..networks.info import NetworkInfo, Networks
from ..networks.network import Network
from ..pictures.image import ImageInput
from ..pooling.opened import OpenedPooling
from ..trace import Prediction, Predictions, Trace
from ..wording import by, count, number, percent, plural, seconds_phrase
from .pictures import overlay

_LONGEST = 240  # characters of one text
_ONE_LINE = 16  # characters that are never broken: numbers, years
_MOST_ROWS, _MOST_NOTES, _MOST_STAGES, _MOST_INPUTS = 100, 8, 30, 8
_MOST_PICTURE = 90_000  # bytes of a picture; as text in HTML a third more
_SIDES = (224, 192, 160, 128, 96)  # the largest at which it is small enough is taken; noise needs the last

_LINE = "1px solid rgba(128,128,128,.4)"
_CARD = (
    f"border:{_LINE};border-radius:6px;padding:10px 14px;max-width:860px;line-height:1.4;"
    "overflow:auto;overflow-wrap:anywhere"  # on a narrow page a table is pushed sideways, and not the page
)
_CELL = f"padding:2px 10px 2px 0;text-align:left;vertical-align:top;border-bottom:{_LINE}"

Row = Sequence[str]  # cells that are HTML already


def card(shown: object) -> str:
    """The HTML of a network, a picture, a trace, a map of evidence, an opened value, or rows of predictions or of
    networks."""
    match shown:
        case Network():
            return _of_network(shown)
        case Trace():
            return _of_trace(shown)
        case Attribution():
            return _of_attribution(shown)
        case ImageInput():
            return _of_image(shown)
        case Prediction():
            return _card("Prediction", _of_predictions([shown]))
        case Predictions():
            return _card(f"{plural(len(shown), 'class', 'classes')}, the likeliest first", _of_predictions(shown))
        case Opened() | OpenedPooling():
            return _of_opened(shown)
        case NetworkInfo():
            return _of_info(shown)
        case Networks():
            return _card(plural(len(shown), "network"), _of_infos(shown))
    raise TypeError(f"there is no card of {type(shown).__name__}")


def _of_network(network: Network) -> str:
    names = ", ".join(network.categories[:5]) + (", …" if len(network.categories) > 5 else "")
    n_weights = sum(parameter.numel() for parameter in network.graph.recorder.parameters())
    facts = [
        ("Name", network.name),
        ("Weights", f"{network.weights_name}: {count(n_weights)} in {plural(len(network.layers), 'layer')}"),
        ("Classes", network.no_classes or f"{len(network.categories):,}: {names}"),
        ("Reads", f"{by((network.preprocessing.size,) * 2)} pixels of {', '.join(network.preprocessing.inputs)}"),
        ("Prepared", preparation_sentence(network.preprocessing)),
        ("Maps", network.cam_reason),
        *_noted(network.notes),
    ]
    stages = network.stages[:_MOST_STAGES]
    rows = [[_text(stage), _text(network.layer(stage).kind), _text(by(network.layer(stage).shape))] for stage in stages]
    more = "" if len(stages) == len(network.stages) else line(f"and {len(network.stages) - len(stages)} stages more")
    return _card(network.title, _facts(facts) + _table(["Stage", "ends in", "shape"], rows) + more)


def _of_trace(trace: Trace) -> str:
    network = trace.network
    facts = [
        ("Network", network.title),
        ("Weights", network.weights_name),
        ("Picture", f"{trace.image.name}, received as {by(trace.prepared.size)} pixels"),
        ("Explains", "nothing: run without a target" if trace.explained is None else trace.explained.phrase(network)),
        ("Recorded", f"{plural(len(network.layers), 'layer')} in {seconds_phrase(trace.seconds)}"),
        *([("Changed", "channels were switched on the way")] if trace.is_changed else []),
        *_noted((*network.notes, *trace.prepared.notes)),
    ]
    best = trace.top(5)
    if trace.target is not None and trace.target not in [found.index for found in best]:
        best = (*best, trace.prediction(trace.target))
    predictions = _of_predictions(best, trace.target) if network.categories else ""
    picture = _picture(visible(trace.prepared.pixels), f"{trace.image.name} as {network.title} received it")
    return _card(f"Trace of {network.title}", _beside(picture, _facts(facts) + predictions))


def _of_attribution(attribution: Attribution) -> str:
    method, seen, values = METHODS[attribution.method], attribution.seen, attribution.values
    scale = own_scale(attribution, "inferno")
    explained = str(attribution.target) if seen is None else seen.target
    cells = "cells" if attribution.layer is not None and attribution.pixels is None else "pixels"
    spans = f"from {number(values.min())} to {number(values.max())}"
    facts = [
        *([] if seen is None else [("Network", seen.network), ("Weights", seen.weights), ("Picture", seen.image.name)]),
        ("Explains", f"{explained}, which is {number(attribution.score)}"),
        ("Map", f"{by(values.shape)} {cells}, {spans}, {unit(attribution)}"),
        ("Layer", attribution.layer or "none: it explains the pixels"),
        ("Options", ", ".join(f"{name}={value}" for name, value in attribution.options.items()) or "none"),
        ("Cost", f"{plural(attribution.evaluations, 'pass', 'passes')}, {seconds_phrase(attribution.seconds)}"),
        *_noted([text for text in (_gap(attribution), attribution.remark, attribution.note, method.warning) if text]),
    ]  # fmt: skip
    picture = ""
    if seen is not None:
        drawn = _picture(overlay(attribution, 0.5, "inferno", False), f"{method.title} of {explained} over the picture")
        picture = drawn + _legend(scale)
    return _card(f"{method.title}{', signed' if attribution.signed else ''}", _beside(picture, _facts(facts)))


def _gap(attribution: Attribution) -> str:
    gap = attribution.completeness_gap
    return "" if gap is None else f"Its pixels miss the difference of the scores by {percent(abs(gap))} of it."


def _of_opened(opened: Opened | OpenedPooling) -> str:
    """Of a sum the inputs that add most, of a pooling what its window holds; and whether it is the recorded value."""
    if isinstance(opened, Opened):
        order = (-abs(opened.subtotals)).argsort(kind="stable")[:_MOST_INPUTS]
        layer, heads = opened.layer, ["the most", "adds"]
        rows = [[f"channel {opened.channels[i]}", number(opened.subtotals[i])] for i in order]
        how = [("Bias", number(opened.bias) if opened.has_bias else "none")]
    else:
        layer, heads = opened.pooling.layer, []
        cells = [*zip(opened.values, opened.is_padding, strict=True)][:_MOST_INPUTS]
        rows = [[_held(*cell) for cell in zip(*row, strict=True)][:_MOST_INPUTS] for row in cells]
        how = [("Rule", opened.pooling.rule)]
        how += [] if opened.winner is None else [("Found at", "y {}, x {}".format(*opened.winner))]
        how += [] if opened.divisor is None else [("Divided by", str(opened.divisor))]
    recorded = f"{number(opened.recorded)}, {'the same' if opened.agrees else 'not the same'}"
    network = opened.trace.network.title
    facts = [("Network", network), *how, ("Value", number(opened.value)), ("Recorded", recorded)]
    return _card(f"Unit {opened.unit} of {layer}", _facts(facts) + _table(heads, rows))


def _held(value: float, is_padding: bool) -> str:
    return "padding" if is_padding else number(value)


def _of_image(image: ImageInput) -> str:
    size = image.pixels.shape[:2]
    facts = [
        ("Size", f"{by(size)} pixels, height × width"),
        *([] if size == image.original_size else [("In the file", f"{by(image.original_size)} pixels")]),
        *([] if image.channels is None else [("Channels", by(image.channels.shape))]),
        ("Digest", image.digest[:12]),
        *_noted(image.notes),
    ]
    return _card(image.name, _beside(_picture(visible(image.pixels), image.name), _facts(facts)))


def _of_predictions(predictions: Sequence[Prediction], target: int | None = None) -> str:
    """A row a class, with a bar as long as its probability; the class that is explained is marked."""
    rows = []
    for found in predictions[:_MOST_ROWS]:
        width = 0.0 if math.isnan(found.probability) else 100 * found.probability
        bar = f'<div style="background:{BARS};height:10px;width:{width:.2f}px;min-width:1px"></div>'
        mark = " ◂ explained" if found.index == target else ""
        rows.append(
            [str(found.index), _text(found.category) + mark, percent(found.probability), bar, number(found.logit)]
        )
    heads = ["class", "name", "probability", "", "logit"]
    return _table(heads, rows) + _rest(len(predictions))


def _of_info(info: NetworkInfo) -> str:
    facts = [
        ("Name", info.name),
        ("Family", info.family),
        *([] if info.year is None else [("Year", f"{info.year}, {info.authors}")]),
        *([("Paper", info.paper)] if info.paper else []),
        *([("Brought", info.brought)] if info.brought else []),
        ("Size", f"{count(info.n_parameters)} weights, {count(info.n_multiply_adds)} multiply-adds"),
        ("Reads", f"{info.reads} of {by((info.size, info.size))} pixels"),
    ]
    return _card(info.title, _facts(facts))


def _of_infos(infos: Sequence[NetworkInfo]) -> str:
    rows = [
        [_text(info.name), _text(info.title), str(info.year or ""), count(info.n_parameters), _text(info.brought)]
        for info in infos[:_MOST_ROWS]
    ]
    return _table(["name", "title", "year", "weights", "brought"], rows) + _rest(len(infos))


def _noted(notes: Iterable[str]) -> list[tuple[str, str]]:
    return [("Note", note) for note in [*notes][:_MOST_NOTES]]


def _text(text: str) -> str:
    """Text from anywhere as HTML: what it says, and never what it might do."""
    return html.escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _card(title: str, inside: str) -> str:
    return f'<div style="{_CARD}"><div style="font-weight:600">{_text(title)}</div>{inside}</div>'


def _beside(picture: str, inside: str) -> str:
    if not picture:
        return inside
    parts = (f'<div style="flex:0 0 auto">{picture}</div>', f'<div style="flex:1 1 280px;min-width:0">{inside}</div>')
    return f'<div style="display:flex;flex-wrap:wrap;gap:16px;margin-top:6px">{"".join(parts)}</div>'


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    style = "opacity:.7;white-space:nowrap"
    return _table([], [[f'<span style="{style}">{_text(name)}</span>', _text(value)] for name, value in facts])


def _table(heads: Row, rows: Sequence[Row]) -> str:
    head = "".join(f'<th style="{_CELL};font-weight:600;white-space:nowrap">{text}</th>' for text in heads)
    lines = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    top = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return f'<table style="border-collapse:collapse;margin:6px 0">{top}<tbody>{lines}</tbody></table>'


def _cell(inside: str) -> str:
    style = f"{_CELL};white-space:nowrap" if len(inside) <= _ONE_LINE else _CELL
    return f'<td style="{style}">{inside}</td>'


def line(text: str) -> str:
    """A sentence below a card, as HTML."""
    return f'<div style="opacity:.7">{_text(text)}</div>'


def _rest(n: int) -> str:
    return line(f"and {n - _MOST_ROWS:,} more") if n > _MOST_ROWS else ""


def _legend(scale: Scale) -> str:
    """The colours of a map from its lowest to its highest value, with zero where it lies."""
    colors = ",".join(scale.stops())
    middle = "<span>0</span>" if scale.signed else ""
    ends = f"<span>{number(scale.low)}</span>{middle}<span>{number(scale.high)}</span>"
    return (
        f'<div style="height:10px;margin-top:4px;border:{_LINE};background:linear-gradient(to right,{colors})"></div>'
        f'<div style="display:flex;justify-content:space-between">{ends}</div>'
    )


def _picture(picture: Pixels | Image.Image, alt: str) -> str:
    pixels = np.asarray(picture, np.uint8)
    for side in _SIDES:
        small = Image.fromarray(thumbnail(pixels, side))
        file = io.BytesIO()
        small.save(file, "PNG", optimize=True)
        if len(data := file.getvalue()) <= _MOST_PICTURE:
            break
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return f'<img src="{source}" width="{small.width}" height="{small.height}" alt="{_text(alt)}">'
