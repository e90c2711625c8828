"""The one place that imports torchvision, so that it also works beside a CPU-only torch.

Where pip finds a CPU build of torch, the torchvision wheel of the package index still expects the CUDA libraries. Its
compiled operators then do not load, and `import torchvision` stops with "operator torchvision::nms does not exist",
because it describes two operators (`nms`, `qnms`) that nobody has defined. Classification uses neither. So, when that
happens and only then, their schemas are defined here and the import is tried again; `nms` also gets a plain
implementation, so that it is right should anything call it.

While it is imported, torchvision also asks torch's compiler whether it could compile roi_align, and so loads all of the
compiler: a fifth of the time that this program takes to start. It gets the answer no here, and the compiler is loaded
when somebody compiles something.

Everything in the project that needs torchvision says `from explorer.networks.vision import torchvision`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def nms(dets: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Greedy non-maximum suppression: the indices of the boxes that stay, best score first.

    `dets` is (N, 4) as (x1, y1, x2, y2), `scores` is (N,). A box goes when its overlap (intersection over union) with
    a better one that stays is above `iou_threshold`.
    """
    area = (dets[:, 2] - dets[:, 0]) * (dets[:, 3] - dets[:, 1])  # (N,)
    left = torch.argsort(scores, descending=True, stable=True)
    kept = []
    while left.numel():
        best, left = left[0], left[1:]
        kept.append(best)
        top_left = torch.maximum(dets[best, :2], dets[left, :2])  # (n, 2)
        bottom_right = torch.minimum(dets[best, 2:], dets[left, 2:])
        overlap = (bottom_right - top_left).clamp(min=0).prod(dim=1)
        left = left[overlap / (area[best] + area[left] - overlap) <= iou_threshold]
    return torch.stack(kept) if kept else left


def import_torchvision() -> ModuleType:
    """torchvision, with `nms` and `qnms` defined here if its compiled operators could not be loaded."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "operator torchvision::nms does not exist" not in str(error):
            raise
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # what the import that stopped half-way has left behind
    for schema in _SCHEMAS:
        _library.define(schema)
    _library.impl("nms", nms, "CompositeExplicitAutograd")
    return importlib.import_module("torchvision")


@contextmanager
def compiler_left_out() -> Iterator[None]:
    """While this holds, `torch._dynamo` is an empty stand-in, unless the real one is there already."""
    if "torch._dynamo" in sys.modules:
        yield
        return
    stand_ins = {name: ModuleType(name) for name in ("torch._dynamo", "torch._dynamo.utils")}
    stand_ins["torch._dynamo.utils"].is_compile_supported = lambda device: False  # type: ignore[attr-defined]
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


_library = torch.library.Library("torchvision", "FRAGMENT")  # its definitions live as long as this object
with compiler_left_out():
    import_torchvision()
    # only importable by now; spelt out, so that editors and mypy know what it is
    import torchvision.models.feature_extraction
    import torchvision.ops

__all__ = ["torchvision"]
