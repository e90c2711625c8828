"""Maps of evidence as a file for a browser that draws them itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..drawing.packing import packed
from ..trace import Trace
from .explain import class_activation_map


def maps_file(trace: Trace, method: str, layers: Sequence[str], signed: bool) -> bytes:
    """What one method reads off a pass at several layers: their maps, each at its own resolution, one after another as
    float32, packed by gzip. Raises as `class_activation_map` does."""
    maps = [trace.view(class_activation_map, method, layer, signed) for layer in layers]
    return packed(np.concatenate([values.ravel() for values in maps]))
