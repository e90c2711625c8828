"""Results as a notebook shows them: a card in HTML with its facts, and a small picture where there is one.

A card needs nothing from elsewhere: what it is made of is in `markup`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..attribution import METHODS, Attribution
from ..attribution.figures import own_scale
from ..attribution.sentences import unit
from ..convolution.opened import Opened
from ..drawing.picture import visible
from ..drawing.traces import BARS
from ..loading.preparations import preparation_sentence
from ..networks.info import NetworkInfo, Networks
from ..networks.network import Network
from ..pictures.image import ImageInput
from ..pooling.opened import OpenedPooling
from ..predictions import Prediction, Predictions
from ..synthesis import Changed, Synthesis
from ..synthesis.figures import beside
from ..synthesis.sentences import (
    dream_sentence,
    inversion_sentence,
    kind_sentence,
    objective_sentence,
    reached_sentence,
    readable_sentence,
)
from ..trace import Trace
from ..wording import by, count, number, percent, plural, seconds_phrase
from . import markup
from .pictures import overlay

_MOST_NOTES, _MOST_STAGES, _MOST_INPUTS = 8, 30, 8


def card(shown: object) -> str:
    """The HTML of a network, a picture, a trace, a map of evidence, an opened value, a made picture, or rows of
    predictions or of networks."""
    match shown:
        case Network():
            return _of_network(shown)
        case Trace():
            return _of_trace(shown)
        case Attribution():
            return _of_attribution(shown)
        case ImageInput():
            return _of_image(shown)
        case Prediction() | Predictions():
            return _of_scores(shown)
        case Synthesis() | Changed():
            return _of_made(shown)
        case Opened() | OpenedPooling():
            return _of_opened(shown)
        case NetworkInfo():
            return _of_info(shown)
        case Networks():
            return markup.framed(plural(len(shown), "network"), _of_infos(shown))
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
    rows = [
        [
            markup.escaped(stage),
            markup.escaped(network.layer(stage).kind),
            markup.escaped(by(network.layer(stage).shape)),
        ]
        for stage in stages
    ]
    more = (
        ""
        if len(stages) == len(network.stages)
        else markup.line(f"and {len(network.stages) - len(stages)} stages more")
    )
    return markup.framed(network.title, markup.facts(facts) + markup.table(["Stage", "ends in", "shape"], rows) + more)


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
    picture = markup.picture(visible(trace.prepared.pixels), f"{trace.image.name} as {network.title} received it")
    return markup.framed(f"Trace of {network.title}", markup.beside(picture, markup.facts(facts) + predictions))


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
        drawn = markup.picture(
            overlay(attribution, 0.5, "inferno", False), f"{method.title} of {explained} over the picture"
        )
        picture = drawn + markup.legend(scale)
    return markup.framed(
        f"{method.title}{', signed' if attribution.signed else ''}", markup.beside(picture, markup.facts(facts))
    )


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
    return markup.framed(f"Unit {opened.unit} of {layer}", markup.facts(facts) + markup.table(heads, rows))


def _held(value: float, is_padding: bool) -> str:
    return "padding" if is_padding else number(value)


def _of_made(found: Synthesis | Changed) -> str:
    return _of_synthesis(found) if isinstance(found, Synthesis) else _of_changed(found)


def _of_synthesis(found: Synthesis) -> str:
    network, phrase = found.network, found.objective.phrase(found.network)
    facts = [
        ("Network", network.title),
        ("Weights", network.weights_name),
        ("Wanted", objective_sentence(network, found.objective)),
        ("Reached", reached_sentence(found)),
        *_noted([text for text in (readable_sentence(found), kind_sentence(network)) if text]),
    ]
    picture = markup.picture(beside(found.pictures), f"Made so that {phrase} is high")
    return markup.framed("Made for a network", markup.beside(picture, markup.facts(facts)))


def _of_changed(found: Changed) -> str:
    is_dream = found.how == "dream"
    said = dream_sentence(found) if is_dream else inversion_sentence(found)
    facts = [("Network", found.network.title), ("Weights", found.network.weights_name), ("Layer", found.layer)]
    picture = markup.picture(
        beside([found.picture_before, found.picture]), "The picture as received, and what became of it"
    )
    title = "DeepDream" if is_dream else "What is left of a picture"
    return markup.framed(title, markup.beside(picture, markup.facts([*facts, ("Made", said)])))


def _of_image(image: ImageInput) -> str:
    size = image.pixels.shape[:2]
    facts = [
        ("Size", f"{by(size)} pixels, height × width"),
        *([] if size == image.original_size else [("In the file", f"{by(image.original_size)} pixels")]),
        *([] if image.channels is None else [("Channels", by(image.channels.shape))]),
        ("Digest", image.digest[:12]),
        *_noted(image.notes),
    ]
    return markup.framed(
        image.name, markup.beside(markup.picture(visible(image.pixels), image.name), markup.facts(facts))
    )


def _of_scores(shown: Prediction | Predictions) -> str:
    if isinstance(shown, Prediction):
        return markup.framed("Prediction", _of_predictions([shown]))
    return markup.framed(f"{plural(len(shown), 'class', 'classes')}, the likeliest first", _of_predictions(shown))


def _of_predictions(predictions: Sequence[Prediction], target: int | None = None) -> str:
    """A row a class, with a bar as long as its probability; the class that is explained is marked."""
    rows = []
    for found in predictions[: markup.MOST_ROWS]:
        width = 0.0 if math.isnan(found.probability) else 100 * found.probability
        bar = f'<div style="background:{BARS};height:10px;width:{width:.2f}px;min-width:1px"></div>'
        mark = " ◂ explained" if found.index == target else ""
        rows.append(
            [
                str(found.index),
                markup.escaped(found.category) + mark,
                percent(found.probability),
                bar,
                number(found.logit),
            ]
        )
    heads = ["class", "name", "probability", "", "logit"]
    return markup.table(heads, rows) + markup.rest(len(predictions))


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
    return markup.framed(info.title, markup.facts(facts))


def _of_infos(infos: Sequence[NetworkInfo]) -> str:
    rows = [
        [
            markup.escaped(info.name),
            markup.escaped(info.title),
            str(info.year or ""),
            count(info.n_parameters),
            markup.escaped(info.brought),
        ]
        for info in infos[: markup.MOST_ROWS]
    ]
    return markup.table(["name", "title", "year", "weights", "brought"], rows) + markup.rest(len(infos))


def _noted(notes: Iterable[str]) -> list[tuple[str, str]]:
    return [("Note", note) for note in [*notes][:_MOST_NOTES]]
