"""What of a recorded pass goes into a file, part by part."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence

import numpy as np
import torch

from ..attribution.snippets import class_activation
from ..classifier.head import head
from ..classifier.logits import readings
from ..drawing.answers import likely_bars
from ..drawing.picture import photo
from ..elements.band import band
from ..elements.graph import GRAPH, drawing_file, graph_data
from ..elements.journey import JOURNEY, band_data
from ..elements.ledger import ALL, LEDGER, SIDES, LedgerShown, ledger_data
from ..elements.ledgers import ledgers
from ..elements.overlay import Photo
from ..feature_maps.sentences import layer_sentence
from ..loading.preparations import preparation_sentence
from ..loading.setting import setting_of
from ..networks.network import Network
from ..overview.journey import journey
from ..overview.sentences import child_sentence, crop_sentence
from ..places import version
from ..targets import class_names
from ..trace import Trace
from ..wording import by
from . import sentences as say
from .layers import layer_blocks, pooling_blocks
from .part import Act, Block, Code, Drawn, Figure, Part, Rows, Said
from .sizes import summed


def seen(trace: Trace) -> Photo:
    """The picture as the network received it."""
    return Photo(trace.view(photo), trace.prepared.size)


def journey_part(trace: Trace, layers: Sequence[str]) -> Part:
    """The band. A map that is pressed opens in its layer, where that is in the file."""
    network, found = trace.network, trace.view(journey)
    nodes = [(_key_of(network, stage.layer, layers), one.channel) for stage in found.stages for one in stage.maps]
    opened = {str(i): Act({"channel": channel}, key) for i, (key, channel) in enumerate(nodes) if key}
    names = class_names(network)
    chosen = {str(p.index): Act({"class": names[p.index]}) for p in trace.top(5)} if names else {}
    numbers = {str(i): Act(to="classifier") for i in range(len(found.numbers))}
    drawn = Drawn(
        JOURNEY, band_data(band(trace, seen(trace).file, is_known=True)),
        {"opened": opened, "chosen": chosen, "numbers": numbers},
    )  # fmt: skip
    return Part("journey", "From the picture to the answer", [Said(child_sentence(trace)), drawn])


def _key_of(network: Network, layer: str, layers: Sequence[str]) -> str:
    """The part with that layer, or with one whose channels are the same sums; "" where none has them."""
    for i, other in enumerate(layers):
        is_same = network.resolve(other) == network.resolve(layer)
        if is_same or ((sums := summed(network, layer)) is not None and sums == summed(network, other)):
            return layer_key(i)
    return ""


def layer_key(i: int) -> str:
    """The key of the part with the layer of that number."""
    return f"layer-{i}"


def layer_part(trace: Trace, layers: Sequence[str], i: int) -> Part:
    """One of the layers with its maps, its window and its kernels."""
    layer = layers[i]
    return Part(
        layer_key(i),
        f"{layer}: {by(trace.network.layer(layer).shape)}",
        [Said(f"{layer_sentence(trace, layer)} {say.ONE_LAYER}"), *layer_blocks(trace, layer, seen(trace))],
        folds=True,
    )


def graph_part(network: Network, layers: Sequence[str]) -> Part:
    """The drawing of the network. An operation that is chosen in it opens its layer, where that is in the file."""
    keys = {name: _key_of(network, name, layers) for name in network.layers}
    opened = {name: Act(to=key) for name, key in keys.items() if key}
    drawn = Drawn(GRAPH, graph_data(network, drawing_file(network), network.first_layer), {"chosen": opened})
    return Part("graph", "Graph", [drawn], folds=True)


def pooling_part(trace: Trace) -> Part | None:
    """The window of the first pooling; None where there is none to watch."""
    blocks = pooling_blocks(trace)
    return Part("pooling", "A pooling window", blocks, folds=True) if blocks else None


def classifier_part(trace: Trace) -> Part | None:
    """The ledgers of the likeliest classes; None of a network or a pass that has none."""
    network = trace.network
    if network.no_classes or trace.target is None or not trace.is_finite:
        return None
    return Part("classifier", "The answer as a sum", [ledger_drawn(trace)])


def ledger_drawn(trace: Trace) -> Drawn:
    """The ledgers of the likeliest classes, of a finite pass that explains a class."""
    assert trace.target is not None
    network = trace.network
    names, maps = class_names(network), head(network).maps
    shown = LedgerShown(names[trace.target], names[trace.top(1)[0].index], 0, ALL, SIDES[0], is_choice=maps is not None)
    found = ledgers(trace, [*readings(network)][-1], None, 0, is_stretched=False)
    if not found.is_by_channel:
        shown = LedgerShown(shown.name, shown.likeliest, 0, ALL, SIDES[0], is_choice=False)
    return Drawn(LEDGER, ledger_data(seen(trace), found, shown))


def about_part(trace: Trace, layers: Sequence[str]) -> Part:
    """What was run, and with what: all that makes the same numbers again."""
    network, image = trace.network, trace.image
    explained = "nothing" if trace.explained is None else trace.explained.phrase(network)
    facts = [
        ("Network", f"{network.title} ({network.name})"),
        ("Weights", network.weights_name),
        ("Their digest", network.key),
        ("Picture", image.name),
        ("Its digest", image.digest),
        ("Received", crop_sentence(image, trace.prepared)),
        ("Prepared", preparation_sentence(network.preprocessing)),
        ("Explained", explained),
        *(("Note", text) for text in (*network.notes, *trace.prepared.notes, *image.notes)),
        *(("Maps", f"{name}: {by(network.layer(name).shape)}, float32, exact") for name in layers),
        ("Seeds", "0 for the order of equal pixels in a report card; nothing else in this file was drawn at random"),
        ("Made with", f"explorer {version()}, torch {torch.__version__}, numpy {np.__version__}, Python {_python()}"),
    ]
    setting = setting_of(image, network, trace.target)
    code = setting.begin() + f'explorer.export(trace, "seen.html", layers={list(layers)!r})\n'
    blocks: list[Block] = [Rows((), facts)]
    if not network.no_classes:
        blocks = [Figure(likely_bars(trace, 5)), *blocks]
    if network.has_maps and trace.target is not None:
        blocks.append(Code(class_activation(setting, "grad_cam", network.cam_layer)))
    return Part("about", "What was run", [Said(say.EXACT), *blocks, Code(code)])


def _python() -> str:
    return f"{platform.python_version()} on {sys.platform}"
