"""A network of the catalogue without memory: its modules and the shapes of its weights, before there are any."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ..running.lock import LOCK
from .catalog import CATALOG
from .sources import source_of


@lru_cache(maxsize=16)  # a family's worth; they hold no numbers
def skeleton(name: str) -> nn.Module:
    """The network as it usually is, to be looked at and never changed."""
    info = CATALOG[name]
    with LOCK, Unallocated():
        return source_of(info).build(info, source_of(info).n_logits(info), False, False)


class Unallocated(TorchFunctionMode):
    """While this holds, new parameters get no memory and no numbers: a checkpoint brings both.

    `torch.device("meta")` would do the same to every tensor, but RegNet works out its widths with some. To draw normal
    numbers for one without memory, torch would load all of its compiler first: as long as it takes to load torch.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        drawn = kwargs.get("tensor") if func is nn.init.normal_ else args[0] if func is torch.Tensor.normal_ else None
        if drawn is not None and drawn.is_meta:
            return drawn
        if func is torch.empty and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)
