"""Where the evidence is: maps of it for the likeliest classes at every stage, a few more methods, and what one map is
worth."""

from __future__ import annotations

from collections.abc import Sequence

from ..attribution import METHODS, Attribution
from ..attribution.explain import explain
from ..attribution.figures import own_scale
from ..attribution.files import maps_file
from ..attribution.sentences import name, unit, unit_of
from ..drawing.packing import packed
from ..drawing.placing import note
from ..elements.evidence import EVIDENCE, MapLayer, Maps, MapTarget, evidence_data
from ..elements.maps import heading_of, layers_of, leads, map_layer
from ..elements.overlay import Photo
from ..elements.view import File
from ..errors import BadMap
from ..faithfulness.cards import SCORE_CARDS
from ..faithfulness.figures import curve_lines
from ..faithfulness.report import ReportCard, report_card
from ..faithfulness.sentences import curves_sentence, road_sentence, ties_sentence
from ..geometry import ReceptiveField
from ..targets import Target, class_names
from ..trace import Trace, run
from ..wording import percent
from .part import Choices, Drawn, Figure, Part, Rows, Said

FIRST = "grad_cam"
BESIDE = ("layer_cam", "hires_cam", "gradient", "input_x_gradient")
_COLORS, _OPACITY, _N_CLASSES = "inferno", 0.5, 5


def evidence_parts(trace: Trace, photo: Photo, with_report: bool) -> list[Part]:
    """Nothing of a pass that explains no class."""
    if trace.target is None or not trace.is_finite or not trace.network.has_maps:
        return []
    parts = [_through_depth(trace, photo), _beside(trace, photo)]
    if with_report:
        parts.append(_report(trace))
    return parts


def _through_depth(trace: Trace, photo: Photo) -> Part:
    """One method for the likeliest classes at every stage."""
    network, names = trace.network, class_names(trace.network)
    layers = layers_of(trace, network.cam_layer)
    likely = list(dict.fromkeys([trace.class_of(None), *(p.index for p in trace.top(_N_CLASSES))]))
    targets = []
    for index in likely:
        own = trace if index == trace.target else run(network, trace.image, index)
        target, file = Target(index), File(maps_file(own, FIRST, layers, False))
        targets.append(MapTarget(index, name(network, target), heading_of(trace, target), file, called=names[index]))
    ends = [map_layer(network, layer, network.places(layer), True) for layer in layers]
    at = layers.index(network.cam_layer)
    maps = Maps(
        METHODS[FIRST].title, unit_of(FIRST, Target(likely[0])), ends, targets, at, tuple(likely[:2]), photo, _COLORS,
        False, "each its own", "one for all", _OPACITY, False,
        leads={layer: i for i, layer in enumerate(layers)} | leads(network, layers), likeliest=likely,
    )  # fmt: skip
    classes = Choices("class", "Class", [(names[i], names[i]) for i in likely], names[likely[0]])
    stages = Choices("layer", "Layer", [(layer, layer) for layer in layers], network.cam_layer)
    views = [Drawn(EVIDENCE, evidence_data(maps, 0))]
    if len(likely) > 1:
        views.append(Drawn(EVIDENCE, evidence_data(maps, 1)))
    return Part("evidence", "Where the evidence is", [classes, stages, *views])


def _beside(trace: Trace, photo: Photo) -> Part:
    """Other methods for the class that is explained, each on a scale of its own."""
    found = [(explain(trace, method), method) for method in BESIDE if trace.has_gradient(trace.network.cam_layer)]
    facts = [
        [
            METHODS[method].title,
            one.layer or "the pixels",
            _options(one),
            one.remark or one.note or METHODS[method].warning,
        ]
        for one, method in found
    ]
    called = name(trace.network, Target(trace.class_of(None)))
    fields = [trace.network.layer(one.layer).receptive_field if one.layer else None for one, _ in found]
    views = [map_drawn(one, called, photo, field) for (one, _), field in zip(found, fields, strict=True)]
    columns = ("method", "explains", "options", "to know")
    return Part("methods", "The same class by other methods", [*views, Rows(columns, facts)])


def _options(found: Attribution) -> str:
    return ", ".join(f"{name}={value}" for name, value in found.options.items()) or "none"


def map_drawn(found: Attribution, called: str, photo: Photo, field: ReceptiveField | None = None) -> Drawn:
    """A map by itself, of what is `called` so; `field` is what the cells of its layer see, where that is known."""
    scale, title = own_scale(found, _COLORS), METHODS[found.method].title
    has_cells = found.layer is not None and found.pixels is None
    layer = MapLayer(
        found.layer or "the pixels", (found.values.shape[0], found.values.shape[1]), found.places,
        field if has_cells else None, has_cells, note(found.places, found.places),
    )  # fmt: skip
    target = MapTarget(0, called, title, File(packed(found.values)), (scale.low, scale.high))
    maps = Maps(
        title, unit(found), [layer], [target], 0, (0,), photo, _COLORS, found.signed, "each its own", "one for all",
        _OPACITY, False,
    )  # fmt: skip
    return Drawn(EVIDENCE, evidence_data(maps, 0))


def _report(trace: Trace) -> Part:
    """What the first map is worth, by taking away what it points at."""
    found = explain(trace, FIRST)
    title = f"Report card of {METHODS[FIRST].title}"
    try:
        card = report_card(trace, found)
    except BadMap as error:
        return Part("report", title, [Said(found.remark or str(error))])
    texts = [curves_sentence(card), road_sentence(card), ties_sentence(card.ties)]
    return Part("report", title, [
        Rows(("score", "value", "better is"), _scores(card)), *(Said(text) for text in texts if text),
        Figure(curve_lines(card, trace.network.categories[card.target])),
    ])  # fmt: skip


def _scores(card: ReportCard) -> Sequence[Sequence[str]]:
    values = {
        "deletion": f"{card.deletion.area:.3f}", "insertion": f"{card.insertion.area:.3f}",
        "road": f"{card.road.score:.3f}", "entropy": f"{card.entropy:.2f}", "gini": f"{card.gini:.2f}",
    }  # fmt: skip
    if card.confidence is not None and card.confidence.drop is not None:
        values["drop"] = percent(card.confidence.drop / 100)
    return [(SCORE_CARDS[key].title, value, SCORE_CARDS[key].better or "neither") for key, value in values.items()]
