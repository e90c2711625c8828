"""A person's own module, of any library: from `torch.nn.Module` to a network that is ready to run."""

from __future__ import annotations

import copy
import inspect
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from ..errors import BadModule, BadPreparation
from ..networks.bands import BandPreparation
from ..networks.network import Network
from ..networks.preparation import PhotoPreparation
from ..wording import by, quoted
from .categories import Categories, named
from .follow import first_line, follow
from .preparation_checks import OfPictures, check_preparation
from .preparations import Chosen

Target = Callable[[Any], torch.Tensor]  # what turns a module's output into logits

USUAL_SIZE = (3, 224, 224)
_HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")


def network_of(
    module: nn.Module, preparation: OfPictures | None = None, categories: Categories | None = None,
    input_size: tuple[int, int, int] | None = None, name: str = "module", target: Target | None = None,
    made_by: str = "",
) -> Network:  # fmt: skip
    """The network that a module is, with the weights that it has now; the module itself stays as it is.

    It must read a batch of pictures, (N, C, H, H), and return one tensor of logits, (N, K). `input_size` is (C, H, H):
    that of the preparation, or (3, 224, 224). Without a preparation the first batch norm of a network of three colours
    is asked for the scaling of pictures; where it says nothing, ImageNet's is assumed. A network of one channel is
    given the brightness, one of two, four or more the channels of a file, from 0 to 1. What is assumed, a note says.
    Without `categories` (names, or a file of them) they are "class 0" and so on; a module with one logit has two.

    Of a module that returns something else, as those for detection and segmentation do, `target` makes logits, (N, K):
    `target=lambda output: output["out"].mean((2, 3))` is how much of the picture a segmentation gives to each class.

    What runs is a copy in evaluation mode and in float32, without hooks; what of this is otherwise than in the module
    is in the notes. It is compared once with what the module's own code gives. `made_by` is the code that makes the
    network again, for those who take figures away.

    Raises BadModule, BadPreparation, BadCategories, TooLarge.
    """
    if preparation is not None:
        check_preparation(preparation, "a module")
    size = _input_size(input_size, preparation)
    module = _unwrapped(module)
    notes, title = _said(module), type(module).__name__
    own = _copy(module)
    if target is not None:
        own = _Targeted(own, target)
    how = None if preparation is None else Chosen(preparation, "as you said")

    def names_of(n: int) -> tuple[tuple[str, ...] | None, str]:
        return None if categories is None else named(categories, n, title), ""

    made_by = made_by or f"explorer.network_of(your_module, input_size={size}, name={name!r})"
    return follow(own, size, how, names_of, name=name, title=title, made_by=made_by, notes=notes)


class _Targeted(nn.Module):
    """A module whose output a function turns into logits."""

    def __init__(self, module: nn.Module, target: Target) -> None:
        super().__init__()
        self.module, self._target = module, target

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._target(self.module(x))


def _input_size(
    asked: Sequence[int] | None, preparation: PhotoPreparation | BandPreparation | None
) -> tuple[int, int, int]:
    if asked is None:
        return USUAL_SIZE if preparation is None else (preparation.n_channels, preparation.size, preparation.size)
    size = tuple(asked) if isinstance(asked, Sequence) else (asked,)
    if len(size) != 3 or size[1] != size[2] or not all(isinstance(n, int) and n > 0 for n in size):
        raise BadModule(
            f"input_size is {size}. It is (C, H, H): how many channels, and pictures as high as wide, such as "
            f"{USUAL_SIZE}."
        )
    if preparation is not None and (preparation.n_channels, preparation.size) != size[:2]:
        raise BadPreparation(
            f"The preparation makes {by((preparation.n_channels, preparation.size, preparation.size))} of a picture, "
            f"and input_size says {by(size)}. Leave out input_size, or give both the same."
        )
    return size[0], size[1], size[2]


def _unwrapped(module: Any) -> Any:
    """The module itself, of one that torch.compile or a way of running it in parallel has wrapped."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = module.module
        if inner is None:
            return module
        module = inner


def _said(module: nn.Module) -> list[str]:
    """What of the module is otherwise in the copy. Raises BadModule for what cannot be copied."""
    if not isinstance(module, nn.Module):
        raise BadModule(f"network_of takes a torch.nn.Module, not {type(module).__name__}. Load the weights into one.")
    takes = [
        p.name for p in inspect.signature(module.forward).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]  # fmt: skip
    if len(takes) > 1:
        raise BadModule(
            f"The forward of {type(module).__name__} takes {', '.join(map(quoted, takes))}. Wrap it in a module that "
            "takes a batch of pictures alone."
        )
    tensors = [*module.parameters(), *module.buffers()]
    if any(type(part).__module__.startswith("torch.ao.nn.quantized") for part in module.modules()):
        raise BadModule(
            f"{type(module).__name__} has quantised layers, whose sums are of whole numbers; they are not followed "
            "here. Give the module that it was made of."
        )
    if isinstance(module, torch.jit.ScriptModule):
        raise BadModule("The module is compiled to TorchScript, which hides its code. Give the module it was made of.")
    if any(is_lazy(tensor) for tensor in tensors):
        raise BadModule(f"{type(module).__name__} has lazy layers without weights. Run it once, then try again.")
    notes = []
    if module.training:
        notes.append("The module was in training mode; here it is in evaluation mode")
    kinds = sorted({str(tensor.dtype).removeprefix("torch.") for tensor in tensors if tensor.is_floating_point()})
    if kinds not in ([], ["float32"]):
        notes.append(f"Its weights are {' and '.join(kinds)}; here they are worked with as float32")
    n_hooks = sum(len(getattr(part, hooks)) for part in module.modules() for hooks in _HOOKS)
    if n_hooks:
        notes.append(f"Its {n_hooks} hook{'' if n_hooks == 1 else 's'} {'is' if n_hooks == 1 else 'are'} left out")
    return notes


def _copy(module: nn.Module) -> nn.Module:
    """The module with its numbers, in evaluation mode, on the CPU, without its hooks and its history."""
    memo: dict[int, Any] = {
        id(getattr(part, hooks)): OrderedDict() for part in module.modules() for hooks in _HOOKS
    }  # a hook may hold on to anything
    memo |= {id(p): nn.Parameter(p.detach().float().cpu().clone(), requires_grad=False) for p in module.parameters()}
    try:
        own = copy.deepcopy(module, memo)
    except Exception as error:
        raise BadModule(f"{type(module).__name__} cannot be copied: {first_line(error)}.") from error
    return own.float().cpu().eval()  # buffers, too
