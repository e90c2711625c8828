"""The front door: a network, a picture and a method in, a map of evidence out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import BadTarget, NoTarget, NotFinite, UnknownMethod, Unsuited
from ..geometry import Places
from ..networks.checks import check_network
from ..networks.network import Network
from ..pictures.image import ImageInput, check_image
from ..running.progress import Progress
from ..shown import ShownMap
from ..targets import Target, as_target, default_layer, depends_on, is_top
from ..trace import FloatArray, Trace, run
from .method import Method, SignedMap
from .methods import METHODS, checked_options, find_method
from .request import Evidence, Growing, OptionValue, Request
from .seen import Seen, seen_in


@dataclass(frozen=True, eq=False)
class Attribution(ShownMap):
    """Evidence for a target, cell by cell or pixel by pixel.

    `values` is (H, W) float32, not normalised and not enlarged: at the resolution of `layer`, or, where that is None or
    there are `pixels`, of what the network received. Unless `signed`, it has no negative numbers: of what the cells add
    to the target, what speaks against it counts as 0; of slopes (the gradients) the size counts, of the strongest
    colour. Signed, it has both, and of the colours the sum. `pixels` is (C, H, W), a signed number for each colour of
    each pixel, for the methods that have one. All are read-only.

    `target` is a class index, or the Target where it was another number of the network; `score` is its value on the
    picture. `evaluations` counts passes of the network, `seconds` is how long all of them took. `completeness_gap`
    says, for integrated gradients, by what share of f(x) - f(baseline) the pixels do not add up to it. `options` are
    all that the method has, as they were used. `remark` is a sentence where there is nothing to see, `note` one on what
    to know of this very map. `places` are where over the picture the cells lie; None for pixels, and where the cells
    cover it evenly. `seen` is what the map lies over, for `overlay` and `save`.
    """

    values: FloatArray
    method: str
    layer: str | None
    target: int | Target
    seconds: float
    evaluations: int
    score: float
    signed: bool = False
    pixels: FloatArray | None = None
    completeness_gap: float | None = None
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    remark: str | None = None
    note: str = ""
    places: Places | None = None
    seen: Seen | None = field(default=None, repr=False)


def class_activation_map(
    trace: Trace, method: str = "grad_cam", layer: str | None = None, signed: bool = False
) -> FloatArray:
    """The map of one method at one layer of a trace that has a target: (H, W) float32 >= 0, in units of the logit.

    With `signed`, what speaks against the target stays in, as negative numbers. `layer` is the network's `cam_layer`
    unless given (for a channel the block before it). Raises UnknownMethod for one that takes more than this pass,
    UnknownLayer, NotSpatial, NoTarget.
    """
    signed_map = signed_map_of(method)
    if layer is None:
        layer = trace.network.cam_layer if trace.explained is None else default_layer(trace.network, trace.explained)
    return _finished(METHODS[method], signed_map(*trace.spatial(layer)), signed)


def signed_map_of(method: str) -> SignedMap:
    """What makes the map of a method that is read off one recorded pass. Raises UnknownMethod for any other."""
    found = find_method(method).signed_map
    if found is None:
        others = ", ".join(name for name, card in METHODS.items() if card.signed_map is not None)
        raise UnknownMethod(
            f"'{method}' is not read off one recorded pass: call explorer.attribute for it, or pick one of {others}."
        )
    return found


def attribute(
    network: Network, image: ImageInput, method: str = "grad_cam",
    target: int | str | Target | None = None, layer: str | None = None, *, signed: bool = False,
    progress: Progress | None = None, **options: OptionValue,
) -> Attribution:  # fmt: skip
    """Run the network on the picture and explain `target`: a class by its index or name, any other number of the
    network (a `Target`, or its text), or, unless given, the class with the highest score.

    `layer` is for methods that explain the cells of one: the network's `cam_layer` unless given. Methods that explain
    the pixels do not look at it. `options` are those of the method's card. `progress(done, total)` is called after
    every batch; what it raises cancels, and leaves nothing behind.

    Raises UnknownMethod, BadOption, UnknownLayer, NotSpatial, BadTarget, BadChannel, Unsuited for a method that has
    nothing to say here, NotFinite for a network whose numbers are none, BadArgument for what is no network or no
    picture, TooLarge.
    """
    check_network(network)
    check_image(image)
    card = find_method(method)
    checked = checked_options(method, options, network.preprocessing.size)
    explained = None if target is None or is_top(target) else as_target(network, target)
    layer = _layer(network, method, explained, layer)
    needs_gradient = card.signed_map is not None or card.reads_gradient
    trace = run(network, image, (explained or "top") if needs_gradient else None)
    explained = explained or Target(trace.class_of(None))
    return _explained(trace, explained, method, layer, checked, signed, progress, None)


def explain(
    trace: Trace, method: str = "grad_cam", layer: str | None = None, *, signed: bool = False,
    progress: Progress | None = None, growing: Growing | None = None, **options: OptionValue,
) -> Attribution:  # fmt: skip
    """The same as `attribute` for the target of a pass that is there, as `run` recorded it: it is not made again.
    After `progress`, `growing` is called with the map as far as it is known by then, where more than the end has one;
    what it raises cancels as well.

    Raises NoTarget for a trace without one, Unsuited for one with switched channels and a method that makes further
    passes, and what `attribute` raises.
    """
    if trace.explained is None:
        raise NoTarget("This trace explains nothing. Run it with a target: run(network, image, target=class_index).")
    card = find_method(method)
    if trace.is_changed and card.signed_map is None:
        raise Unsuited(
            f"{card.title} runs the network again, without the channels that were switched in this trace. Choose a "
            "method that is read off the pass, such as 'grad_cam'."
        )
    checked = checked_options(method, options, trace.network.preprocessing.size)
    layer = _layer(trace.network, method, trace.explained, layer)
    return _explained(trace, trace.explained, method, layer, checked, signed, progress, growing)


def _explained(
    trace: Trace, target: Target, method: str, layer: str | None, options: Mapping[str, OptionValue], signed: bool,
    progress: Progress | None, growing: Growing | None,
) -> Attribution:  # fmt: skip
    started, card = time.perf_counter(), METHODS[method]

    def grow(partial: FloatArray) -> None:
        if growing is not None:
            growing(_finished(card, partial, signed))

    request = Request(trace, target, layer, options, progress, None if growing is None else grow)
    score = _finite_score(request)
    evidence = _find(card, request)
    if not np.isfinite(evidence.signed).all():
        raise NotFinite(
            f"The map of {card.title} has values that are no numbers: on the way back something grew beyond what a "
            "float32 holds. Choose another method or layer."
        )
    values = _finished(card, evidence.signed, signed)
    pixels = evidence.signed if evidence.signed.ndim == 3 else None
    if pixels is not None:
        pixels.flags.writeable = False
    return Attribution(
        values=values,
        method=method,
        layer=layer,
        target=target.index if target.is_class else target,
        seconds=trace.seconds + time.perf_counter() - started,
        evaluations=1 + evidence.evaluations,
        score=score,
        signed=signed,
        pixels=pixels,
        completeness_gap=evidence.completeness_gap,
        options=options,
        remark=None if values.any() else _remark(request, card, evidence),
        note=evidence.note,
        places=trace.network.places(layer) if layer is not None and pixels is None else None,
        seen=seen_in(trace, target),
    )


def _layer(network: Network, method: str, target: Target | None, layer: str | None) -> str | None:
    """The full name of the layer to explain; None for a method that works on the pixels."""
    if not find_method(method).uses_layer:
        if layer is not None:
            network.layer(layer)
        return None
    if layer is None:
        layer = network.cam_layer if target is None else default_layer(network, target)
    name = network.spatial_layer(layer).name
    if target is not None and not depends_on(network, target, name):
        raise BadTarget(
            f"{_capital(target.phrase(network))} does not depend on {name}. Choose a layer that leads there."
        )
    return name


def _find(card: Method, request: Request) -> Evidence:
    if card.signed_map is None:
        assert card.find is not None  # a card has the one or the other
        return card.find(request)
    assert request.layer is not None
    maps = request.trace.spatial(request.layer)
    evidence = Evidence(card.signed_map(*maps), note=card.note(*maps))
    request.report(1, 1)
    return evidence


def _finite_score(request: Request) -> float:
    score = request.score
    if not (np.isfinite(score) and request.trace.is_finite):
        raise NotFinite(
            f"{request.network.title} scores this picture with values that are no numbers, so there is nothing to "
            "explain. Its weights may be damaged: choose others."
        )
    return score


def _finished(card: Method, signed_map: FloatArray, signed: bool) -> FloatArray:
    """(H, W) of what a method found for each cell, or for each colour of each pixel."""
    if signed_map.ndim == 2:
        values = signed_map if signed else np.abs(signed_map) if card.is_slope else np.maximum(signed_map, 0)
    elif card.is_slope and not signed:
        values = np.abs(signed_map).max(axis=0)
    else:
        values = signed_map.sum(axis=0)
        values = values if signed else np.maximum(values, 0)
    values.flags.writeable = False
    return values


def _remark(request: Request, card: Method, evidence: Evidence) -> str:
    what, where = request.target.phrase(request.network), request.layer or "the picture"
    if evidence.signed.any():
        return f"{card.title} finds no positive evidence for {what} in {where}: look at the signed map."
    return f"{card.title} finds nothing in {where} that {what} depends on: the map is 0 everywhere."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
