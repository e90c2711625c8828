"""A person's own module, of any library: from `torch.nn.Module` to a network that is ready to run."""

from __future__ import annotations

import copy
import hashlib
import inspect
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from ..errors import BadCategories, BadModule, BadPreparation, ExplorerError
from ..networks.bands import GREY, BandPreparation
from ..networks.network import Network, Weights
from ..networks.preparation import PhotoPreparation
from ..running.lock import work
from ..wording import by, quoted
from .preparations import Chosen, OfPictures, guess_preparation, problem_of

_USUAL_SIZE = (3, 224, 224)
_MARGIN = 0.875  # of the picture is left by the usual crop
_APART = 1e-4  # of the largest output: what another order of summing makes
# operations that no receptive field of this project describes
_MIXES = frozenset({
    "MultiheadAttention", "scaled_dot_product_attention", "shifted_window_attention", "matmul", "bmm", "baddbmm",
    "einsum", "roll", "grid_sample", "interpolate", "Upsample", "ConvTranspose2d",
})  # fmt: skip
_HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")


def network_of(
    module: nn.Module, preparation: OfPictures | None = None, categories: Sequence[str] | None = None,
    input_size: tuple[int, int, int] | None = None, name: str = "module",
) -> Network:  # fmt: skip
    """The network that a module is, with the weights that it has now; the module itself stays as it is.

    It must read a batch of pictures, (N, C, H, H), and return one tensor of logits, (N, K). `input_size` is (C, H, H):
    that of the preparation, or (3, 224, 224). Without a preparation the first batch norm of a network of three colours
    is asked for the scaling of pictures; where it says nothing, ImageNet's is assumed. A network of one channel is
    given the brightness, one of two, four or more the channels of a file, from 0 to 1. What is assumed, a note says.
    Without `categories` they are "class 0" and so on; a module with one logit has two classes.

    What runs is a copy in evaluation mode and in float32, without hooks; what of this is otherwise than in the module
    is in the notes. It is compared once with what the module's own code gives.

    Raises BadModule, BadPreparation, BadCategories, TooLarge.
    """
    _check(preparation)
    size = _input_size(input_size, preparation)
    notes = _said(module)
    own = _copy(module)
    noise = torch.randn(1, *size, generator=torch.Generator().manual_seed(0))
    expected = _output(own, noise, size)
    chosen = _preparation(preparation, own, size)
    if chosen.is_guess:
        notes.append(f"Its pictures are prepared {chosen.origin}")
    names = _categories(categories, max(2, expected.shape[1]))
    key = f"{name}-{_digest(own, names, chosen.preparation)}"
    weights = Weights(type(module).__name__, key, tuple(notes), chosen.origin, chosen.undecided)
    try:
        network = Network(own, names, chosen.preparation, name=name, weights=weights)
    except ExplorerError:
        raise
    except Exception as error:  # the tracer and torch raise almost any type
        raise BadModule(
            f"{type(module).__name__} cannot be followed operation by operation: {_first_line(error)}. What can be is "
            "a convolutional network whose forward neither decides by the values that flow through it nor leaves torch."
        ) from error
    mixing = next((name for name in network.graph.nodes if network.graph.operation(name) in _MIXES), None)
    if mixing is not None:
        raise BadModule(
            f"{type(module).__name__} mixes places of the picture by {quoted(network.graph.operation(mixing))} in "
            f"{quoted(mixing)}: what a unit behind it sees is not known here. Convolutional networks can be followed; "
            "transformers and networks that enlarge maps cannot."
        )
    with work("Comparing the module"), torch.inference_mode():
        found, _ = network.graph.run(noise.to(network.device, memory_format=torch.channels_last))
    if not torch.allclose(found.cpu(), expected, rtol=0, atol=_APART * float(expected.abs().max()), equal_nan=True):
        raise BadModule(
            f"{type(module).__name__} gives other numbers each time, or decides by values: what was recorded of it is "
            "not what it computes. Take what is random out of its forward, or put it under `if self.training`."
        )
    return network


def _check(preparation: object) -> None:
    if preparation is None:
        return
    if not isinstance(preparation, OfPictures):
        raise BadPreparation(
            f"The preparation of a module is a PhotoPreparation or a BandPreparation, not {type(preparation).__name__}."
        )
    problem = problem_of(preparation)
    if isinstance(preparation, PhotoPreparation) and preparation.colour_transform:
        problem = "a module has no colour transform but its own"
    if problem:
        raise BadPreparation(f"{problem[0].upper()}{problem[1:]}.")


def _input_size(
    asked: Sequence[int] | None, preparation: PhotoPreparation | BandPreparation | None
) -> tuple[int, int, int]:
    if asked is None:
        return _USUAL_SIZE if preparation is None else (preparation.n_channels, preparation.size, preparation.size)
    size = tuple(asked)
    if len(size) != 3 or size[1] != size[2] or not all(isinstance(n, int) and n > 0 for n in size):
        raise BadModule(
            f"input_size is {size}. It is (C, H, H): how many channels, and pictures as high as wide, such as "
            f"{_USUAL_SIZE}."
        )
    if preparation is not None and (preparation.n_channels, preparation.size) != size[:2]:
        raise BadPreparation(
            f"The preparation makes {by((preparation.n_channels, preparation.size, preparation.size))} of a picture, "
            f"and input_size says {by(size)}. Leave out input_size, or give both the same."
        )
    return size[0], size[1], size[2]


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
        raise BadModule(f"{type(module).__name__} cannot be copied: {_first_line(error)}.") from error
    return own.float().cpu().eval()  # buffers, too


def _output(own: nn.Module, noise: torch.Tensor, size: tuple[int, int, int]) -> torch.Tensor:
    """The logits that the module's own code gives."""
    title = type(own).__name__
    try:
        with work(f"Running {title}"), torch.inference_mode():
            output = own(noise)
    except Exception as error:
        raise BadModule(
            f"{title} cannot read a batch of pictures (1, {', '.join(map(str, size))}): {_first_line(error)}. Give it "
            "the input_size that it was trained for."
        ) from error
    if isinstance(output, torch.Tensor) and output.ndim == 2 and output.shape[1] and output.is_floating_point():
        return output.clone()
    if isinstance(output, torch.Tensor):
        what = f"a tensor {tuple(output.shape)}"
    elif isinstance(output, dict):
        what = f"a dict with {', '.join(quoted(str(key)) for key in list(output)[:3])}"
    else:
        what = f"{'nothing' if output is None else f'a {type(output).__name__}'}"
    raise BadModule(
        f"{title} returns {what} for one picture. It must return one tensor of logits, (1, K): wrap it in a module "
        "that picks that."
    )


def _preparation(asked: OfPictures | None, own: nn.Module, size: tuple[int, int, int]) -> Chosen:
    if asked is not None:
        return Chosen(asked, "as you said")
    n, side = size[:2]
    usual = PhotoPreparation(round(side / _MARGIN), side)
    if n == usual.n_channels:
        return guess_preparation(own, usual, "as usual for networks of ImageNet", "you do not say")
    sources = (GREY,) if n == 1 else tuple(str(i + 1) for i in range(n))
    what = "its brightness" if n == 1 else f"the channels of the file, 1 to {n},"
    bands = BandPreparation(usual, sources, (0.0,) * n, (1.0,) * n)
    return Chosen(bands, f"to {what} from 0 to 1, which is assumed: you do not say", True)


def _categories(asked: Sequence[str] | None, n: int) -> tuple[str, ...]:
    if asked is None:
        return tuple(f"class {i}" for i in range(n))
    if len(asked) != n:
        raise BadCategories(f"There are {len(asked)} class names, but the module has {n} classes. Give one for each.")
    return tuple(asked)


def _digest(own: nn.Module, names: tuple[str, ...], preparation: object) -> str:
    """Differs wherever the module, its numbers, its classes or its preparation do."""
    digest = hashlib.sha256(repr((str(own), names, preparation)).encode())
    for key, value in own.state_dict().items():
        digest.update(key.encode())
        digest.update(value.contiguous().view(-1).view(torch.uint8).numpy() if value.numel() else b"")
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
