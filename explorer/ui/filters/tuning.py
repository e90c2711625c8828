"""What a filter answers to: measured while the page waits, with a button that stops it."""

from __future__ import annotations

from functools import partial

from ...filters.gratings import Tuning, tuning
from ...filters.sentences import tuning_sentence
from ...filters.snippets import answers_to_stripes
from ...filters.tables import grating_table, hue_bars, tables_png
from ...networks.network import Network
from ..elements.numbers import numbers
from ..elements.pickers import pick_switch
from ..frame.progress import beside
from ..frame.session import Selection, choose
from ..frame.takeaway import setting, take_away


def answers(selection: Selection, layer: str, index: int) -> None:
    """The filter's answers to stripes and to plain colours, once they are asked for."""
    network = selection.network
    if not pick_switch("Measure it with stripes and plain colours", "tuned"):
        return
    tuned = _measured(network, layer)
    if tuned is None:
        return
    table = grating_table(tuned, layer, index)
    numbers([table], "tuning-numbers", hue_bars(tuned, index), "Answer to plain colours")
    take_away(
        tuning_sentence(tuned, layer, index),
        "tuning",
        lambda: tables_png([table]),
        lambda: tuned.gratings[index],
        answers_to_stripes(setting(selection), layer, index),
    )


def _measured(network: Network, layer: str) -> Tuning | None:
    """A layer's tuning; None while it is being measured. Visitors who want the same one share the work (`tuning` sees
    to that)."""
    return beside(
        "Showing it stripes and colours",
        "tuned",
        (network.key, layer),
        partial(tuning, network, layer),
        partial(choose, "tuned", False),
    )
