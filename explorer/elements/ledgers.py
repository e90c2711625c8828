"""The ledgers of a recorded pass: of the likeliest classes what each term adds, and the maps that they come from."""

from __future__ import annotations

from ..classifier import sentences as say
from ..classifier.files import ledger_files
from ..classifier.head import head
from ..drawing.placing import note
from ..targets import class_names
from ..trace import Trace
from ..wording import percent
from .ledger import LedgerClass, LedgerData
from .viewer import Shown, layer_data


def ledgers(trace: Trace, reading: str, other: int | None, channel: int, is_stretched: bool) -> LedgerData:
    """What the browser needs of the ledgers of the likeliest classes."""
    assert trace.target is not None  # a selection's trace has one
    network, maps, names = trace.network, head(trace.network).maps, class_names(trace.network)
    files = trace.view(ledger_files, reading, trace.target, other)
    truly = None if maps is None else network.places(maps)
    places, less = None if is_stretched else truly, subtracted(trace, other)
    classes = []
    for index, found in zip(files.classes, files.ledgers, strict=True):
        called = say.ledger_name(trace, index, less)
        unit = f"adds to {called}, in units of the logit{note(truly, places)}"
        likely = percent(trace.prediction(index).probability)
        check = say.check_sentence(found, "All terms and the bias")
        classes.append(LedgerClass(names[index], likely, called, found.bias, unit, check))
    layer = Shown(channel, "number", "layer", places)
    return LedgerData(
        files=files,
        classes=classes,
        maps=None if maps is None else layer_data(trace, maps, layer, ("", "")),
        is_by_channel=files.ledgers[0].is_by_channel,
        places=places,
        field=None if maps is None else network.layer(maps).receptive_field,
    )


def subtracted(trace: Trace, other: int | None) -> int | None:
    """The class whose logit is taken off: none where there is but one logit."""
    return other if len(trace.logits) > 1 else None
