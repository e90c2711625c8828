"""What passes beside each other have in common, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ..challenges.evidence import Similarity
from ..networks.network import Network
from ..trace import Trace
from ..wording import number, percent, plural
from .agreement import Regions
from .table import Row


def no_layer(network: Network, layer: str, other: Network) -> str:
    """Why another network has nothing that is as deep as a layer of this one."""
    kind = "maps" if network.layer(layer).is_spatial else "rows of numbers"
    return (
        f"{other.title} has no stage that ends in {kind}, so nothing in it is what {layer} is in {network.title}. Give "
        "it a layer of its own, or choose another one for all."
    )


def no_channel(network: Network, layer: str, channel: int) -> str:
    """Why a layer has not the channel that is looked at elsewhere."""
    n = network.layer(layer).n_channels
    return f"{layer} of {network.title} has {plural(n, 'channel')}, 0 to {n - 1}, so none with the number {channel}."


def one_number(trace: Trace, layer: str, channel: int, value: str) -> str:
    """What there is of a layer without maps: a number."""
    n = trace.network.layer(layer).n_channels
    return f"{layer} is a row of {plural(n, 'number')} without places; number {channel} is {value}."


def class_sentence(first: Trace, trace: Trace) -> str:
    """Of which class a pane's evidence is, and how that comes to be the one."""
    best = trace.prediction(trace.class_of(None))
    said = f"Evidence for “{best.category}”, {percent(best.probability)}"
    if trace is first or first.network.no_classes:
        return f"{said}."
    asked = first.prediction(first.class_of(None)).category
    if best.category == asked:
        return f"{said}, as in pane 1."
    return f"{said}; in pane 1 it is for “{asked}”."


def agreement_sentence(rows: Sequence[Row]) -> str:
    """Which panes give, by name, the answer of the first, and whose evidence is most like it."""
    if rows[0].top is None:
        return "The first pane’s network names no class, so no answer can be compared with its own."
    same = [i for i, row in enumerate(rows[1:], start=2) if row.is_answer_of_first]
    text = (
        f"The first pane’s answer, “{rows[0].top.category}”, is by name also that of {_panes(same)}."
        if same
        else f"No other pane gives the first one’s answer, “{rows[0].top.category}”."
    )
    known = [(row.agreement, i) for i, row in enumerate(rows[1:], start=2) if row.agreement is not None]
    if known:
        value, i = max(known)
        more = ", more than any other" if len(known) > 1 else ""
        text += f" The evidence of pane {i} correlates with the first one’s by {_two(value)}{more}."
    return text


def difference_sentence(first: Trace, second: Trace, layer: str, pane: int) -> str:
    """What a difference of two maps means: nothing, where their channels were not trained as one."""
    if first.network.key == second.network.key:
        return f"Pane {pane} less pane 1, in the same network: red where {layer} is higher in pane {pane}."
    return (
        f"Pane {pane} less pane 1: red where {layer} is higher in pane {pane}. They are two networks, and what a "
        "channel answers to in one need not be what that of the same number answers to in the other."
    )


def evidence_difference_sentence(first: Trace, second: Trace, pane: int) -> str:
    """What a difference of two maps of evidence means: each is for its own class, in its own network's logits."""
    classes = [trace.network.categories[trace.class_of(None)] for trace in (first, second)]
    for_what = f"“{classes[1]}”" if classes[0] == classes[1] else f"“{classes[1]}” than pane 1 has for “{classes[0]}”"
    own = "" if first.network.key == second.network.key else " Each is in units of its own network’s logit."
    return f"Pane {pane} less pane 1: red where pane {pane} has more evidence for {for_what}.{own}"


def similar_sentence(found: Sequence[Similarity]) -> str:
    """At which stage two pictures are most alike to a network, and at which least."""
    known = [(row.pooled, row.stage) for row in found if row.pooled is not None]
    if not known:
        return "No stage has values for both pictures that could be compared."
    (low, least), (high, most) = min(known), max(known)
    return (
        f"By their channels’ means the two are most alike at {most}, {_two(high)}, and least at {least}, {_two(low)}. "
        "1 means the same mixture of channels; the mean does not know where anything is, cell by cell does."
    )


def regions_sentence(found: Regions) -> str:
    """How many regions of two pictures are each other's best match, and how alike the best are."""
    if not found.pairs:
        return f"No cell of {found.layer} in one picture is like one in the other."
    n = len(found.pairs)
    return (
        f"Bright is what looks to {found.layer} like something in the other picture, wherever it is there. "
        f"{plural(n, 'pair')} of cells {'is' if n == 1 else 'are'} each other’s best match; the cosine of the best is "
        f"{_two(found.pairs[0][2])}."
    )


def _two(value: float) -> str:
    return number(round(value, 2))


def _panes(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"pane {numbers[0]}"
    return f"panes {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
