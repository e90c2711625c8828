"""The recorded passes that answer, shared with all other pages."""

from __future__ import annotations

from ...errors import WeightsUnavailable
from ...lessons.lesson import Setting
from ...loading.catalog import find
from ...loading.load import pretrained_is_here
from ...loading.published import find_set
from ...pictures.samples import load_sample
from ...trace import Trace
from ..frame.session import Selection, network


def trace_of(setting: Setting) -> Trace:
    """The recorded pass that answers, made once for all visitors. Raises WeightsUnavailable, and as `load_network`."""
    info, weights = find(setting.network), "random"
    if setting.weights == "Trained":
        weights = find_set(info, "pretrained").name
        if not pretrained_is_here(info.name, weights):
            raise WeightsUnavailable(
                f"This lesson asks {info.title}, whose trained weights are not on this machine. Fetch them with: "
                f"python -m explorer fetch {info.name}"
            )
    return Selection(load_sample(setting.sample), network(info.name, weights), None).trace
