"""What a trace says, in plain sentences."""

from __future__ import annotations

from ..attribution import class_activation_map
from ..attribution.sentences import half_share, region
from ..networks.network import Network
from ..networks.preparation import Prepared
from ..pictures.image import ImageInput
from ..trace import Trace
from ..wording import percent

_ALL = 0.999  # of the picture: what is less by a rounded pixel is all of it


def headline(trace: Trace) -> str:
    """Network, class and probability, in one line."""
    if not trace.is_finite:
        return f"{title(trace.network)} sees nothing: its scores are no numbers"
    if trace.network.no_classes:
        return f"{title(trace.network)} describes the picture in {len(trace.logits):,} numbers"
    best = trace.top(1)[0]
    return f"{title(trace.network)} sees: {best.category}, {percent(best.probability)}"


def title(network: Network) -> str:
    """The network's name, never without saying so where its weights are random."""
    return f"{network.title}, untrained," if network.is_random else network.title


def reading(trace: Trace, layer: str | None = None) -> str:
    """One sentence on the evidence for the trace's target, and one on why it is evidence."""
    assert trace.target is not None  # a map is only drawn for a class
    explained = trace.prediction(trace.target)
    if not trace.is_finite:
        return (
            "Some of its scores are no finite numbers, so they order no classes and no map can be drawn: these weights "
            "are broken, or were not trained to the end. What it computes can still be followed layer by layer."
        )
    if not trace.network.has_maps:
        return (
            f"It gives “{explained.category}” {percent(explained.probability)}, but cannot show where in the picture "
            "the evidence lies."
        )
    layer = layer or trace.network.cam_layer
    cam = class_activation_map(trace, layer=layer)
    if cam.max() <= 0:
        return (
            f"There is no positive evidence for “{explained.category}” at {layer}: in no cell do the maps that raise "
            f"its score ({explained.logit:.2f}) outweigh those that lower it."
        )
    places = trace.network.places(layer)
    return (
        f"Half of the evidence for “{explained.category}” ({percent(explained.probability)}) lies in "
        f"{_share_in_words(trace, layer, half_share(cam))}; its centre of mass is {region(cam, places)}. Bright is "
        f"where the maps of {layer} that raise this class's score are strong."
    )


def _share_in_words(trace: Trace, layer: str, share: float) -> str:
    """A share of a map's cells. Where they cover what the network received it is a share of that, and, where that is a
    part of the picture, one of the picture too."""
    if trace.network.places(layer) is not None:
        return f"{percent(share)} of the cells of {layer}"
    part = _received(trace.image, trace.prepared)
    if trace.prepared.steps:
        return f"{percent(share)} of what it received"
    if part > _ALL:
        return f"{percent(share)} of the picture"
    return f"{percent(share)} of what it received, {percent(share * part)} of the picture"


def _received(image: ImageInput, prepared: Prepared) -> float:
    """The share of the picture that a network received."""
    top, left, bottom, right = prepared.box
    return (bottom - top) * (right - left) / (image.pixels.shape[0] * image.pixels.shape[1])


def knows_sentence(network: Network) -> str:
    """What the network can answer at all."""
    known = ", ".join(network.categories[:12]) + (" …" if len(network.categories) > 12 else "")
    return (
        f"It knows {len(network.categories)} classes ({known}) and must choose among them, whatever the picture shows."
    )


def crop_sentence(image: ImageInput, prepared: Prepared) -> str:
    """Which part of the picture the network received, and at what size."""
    height, width = image.original_size
    side = prepared.pixels.shape[0]
    if prepared.steps:
        return f"The digit in {width} × {height} pixels, as MNIST would show it: {side} × {side}, without colour."
    share = _received(image, prepared)
    part = "all" if share > _ALL else f"the middle {percent(share)}"
    return f"{part[0].upper()}{part[1:]} of {width} × {height} pixels, resized to {side} × {side}."
