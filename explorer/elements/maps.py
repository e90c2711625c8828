"""Which maps of evidence are read off a pass: of what, at which layers, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..attribution import METHODS
from ..attribution.sentences import heading, name, rival
from ..drawing.placing import note
from ..geometry import Places
from ..networks.network import Network
from ..targets import Target, default_layer
from ..trace import Trace
from ..wording import percent
from .evidence import MapLayer


def read_off(method: str) -> str:
    """The method, or Grad-CAM where it takes more than the recorded pass."""
    return method if METHODS[method].signed_map is not None else "grad_cam"


def stages_with_maps(trace: Trace) -> list[str]:
    """The stages with maps that lead to what is explained; where none does, the layer it belongs to."""
    network = trace.network
    found = [s for s in network.stages if network.layer(s).is_spatial and trace.has_gradient(s)]
    assert trace.explained is not None  # it was run for a target
    return found or [default_layer(network, trace.explained)]


def heading_of(trace: Trace, target: Target) -> str:
    """What a map is of, at the head of it: of a class also how likely it is."""
    if not target.is_class:
        return heading(trace.network, target)
    rank = "The top class" if target.index == trace.top(1)[0].index else "Class"
    rank = "The runner-up" if target.index in [p.index for p in trace.top(2)[1:]] else rank
    return f"{rank}, {name(trace.network, target)}: {percent(trace.prediction(target.index).probability)}"


def pair_of(trace: Trace, target: Target) -> list[Target]:
    """What is explained, and what it is best compared with, if anything."""
    other = rival(trace, target)
    return [target] if other is None else [target, other]


def layers_of(trace: Trace, at: str | None) -> list[str]:
    """The stages with maps, and a layer besides."""
    stages = stages_with_maps(trace)
    return stages if at is None or at in stages else [*stages, at]


def map_layer(network: Network, name: str, drawn: Places | None, is_smooth: bool) -> MapLayer:
    """A layer, its cells drawn at those places, None where they are stretched over the picture."""
    layer = network.layer(name)
    size = layer.size[0], layer.size[1]
    return MapLayer(layer.name, size, drawn, layer.receptive_field, is_smooth, note(network.places(name), drawn))


def leads(network: Network, layers: Sequence[str]) -> dict[str, int]:
    """At which of the layers each stage is shown: one without maps at the last before it that has some."""
    near = {stage: network.nearest_with_maps(stage) for stage in network.stages}
    return {stage: layers.index(layer) for stage, layer in near.items() if layer in layers}
