"""A module as a network: traced, described, and compared with what its own code gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..errors import BadModule, ExplorerError
from ..networks.bands import GREY, BandPreparation
from ..networks.layers import noise_of
from ..networks.network import Network, Weights
from ..networks.preparation import PhotoPreparation
from ..networks.tracing import PLAIN, Tracing
from ..running.lock import work
from ..running.memory import ensure_room, room
from ..wording import by, quoted
from .preparation_checks import OfPictures
from .preparations import Chosen, guess_preparation
from .sources.torchvision import imagenet_categories

NamesOf = Callable[[int], tuple[tuple[str, ...] | None, str]]  # of so many classes, and a note

_IMAGENET = 1000  # classes, in one order for all networks that were trained on them
_MARGIN = 0.875  # of the picture is left by the usual crop
_APART = 1e-4  # of the largest output: what another order of summing makes


def follow(
    own: nn.Module, size: tuple[int, int, int], prepared: Chosen | None, names_of: NamesOf, *,
    name: str, title: str, made_by: str, notes: Sequence[str] = (),
) -> Network:  # fmt: skip
    """The network that a module in evaluation mode is, which nobody else uses; (C, H, H) is what it reads.

    Without `prepared` the pictures are prepared as its first batch norm remembers, or as is assumed, with a note.
    `names_of` names so many classes, or says why it does not. `title` is what errors call it, `made_by` the code that
    makes it. Raises BadModule, BadCategories, TooLarge.
    """
    _check_room(own, size, title)
    noise = noise_of(size[0], size[1])
    expected = _output(own, noise, size, title)
    chosen = prepared or assumed(own, usual_preparation(size))
    n = max(2, expected.shape[1])
    names, note = names_of(n)
    if names is None and n == _IMAGENET:
        names = imagenet_categories()
        note = note or "It has 1000 classes, so they are called as those of ImageNet are"
    names = names or tuple(f"class {i}" for i in range(n))
    said = [*notes, *filter(None, [note, f"Its pictures are prepared {chosen.origin}" if chosen.is_guess else ""])]
    key = f"{name}-{_digest(own, names, chosen.preparation)}"
    network = _followed(own, size, title, lambda tracing, note: Network(
        own, names, chosen.preparation, name=name, tracing=tracing,
        weights=Weights(title, key, (*said, *note), chosen.origin, chosen.undecided, made_by),
    ))  # fmt: skip
    _check_convolutional(network, title)
    found = network.of_noise.cpu()
    apart = _APART * float(expected.abs().nan_to_num(0, 0).max())  # broken weights are shown as they are
    if not torch.allclose(found, expected, rtol=0, atol=apart, equal_nan=True):
        raise BadModule(
            f"{title} gives other numbers each time, or decides by values: what was recorded of it is "
            "not what it computes. Take what is random out of its forward, or put it under `if self.training`."
        )
    return network


def _followed(
    own: nn.Module, size: tuple[int, int, int], title: str, make: Callable[[Tracing, tuple[str, ...]], Network]
) -> Network:
    """What `make` makes, told how to trace and what is to be said of it: in the plain way; where that cannot be, with
    what the module decides by sizes decided as for pictures of this size; at last by torch.export."""
    by_values = f"{title} is recorded as it went for noise: where its code decides by values, the other way is left out"
    ways = (
        (PLAIN, ()),
        (Tracing(input_size=size), (f"Where its code decides by sizes, it is followed as it goes for {by(size)}",)),
        (Tracing(input_size=size, exports=True), (by_values,)),
    )
    reasons = []
    for tracing, notes in ways:
        try:
            return make(tracing, notes)
        except ExplorerError:
            raise
        except Exception as error:  # the tracer and torch raise almost any type
            reasons.append(first_line(error))
    raise BadModule(
        f"{title} cannot be followed operation by operation: {reasons[0]}. What can be is a convolutional network "
        "whose forward neither decides by the values that flow through it nor leaves torch."
    )


def _check_convolutional(network: Network, title: str) -> None:
    """Raise BadModule where there is nothing to see: attention alone, over patches that do not overlap."""
    layers = network.layers.values()
    slides = any(
        la.window is not None
        and la.traits.is_weighted
        and any(k > s for k, s in zip(la.window.kernel, la.window.stride, strict=True))
        for la in layers
    )
    mixing = next((la for la in layers if la.traits.mixes_places), None)
    if mixing is not None and not slides:
        raise BadModule(
            f"{title} mixes all places of the picture by {quoted(network.graph.operation(mixing.name))} in "
            f"{quoted(mixing.name)}, and has no convolution that slides over them: like transformers, it has no "
            "feature maps in the sense shown here. Convolutional networks can be followed."
        )


def _check_room(own: nn.Module, size: tuple[int, int, int], title: str) -> None:
    """Raise TooLarge where a pass, with gradients, would need more memory than is free: a small file may widen a
    picture a thousandfold."""
    state = {name: tensor.to("meta") for name, tensor in (*own.named_parameters(), *own.named_buffers())}
    counted = _Counting()
    try:
        with counted, torch.inference_mode():
            functional_call(own, state, (torch.empty(1, *size, device="meta"),))
    except Exception:  # its code makes numbers of its own, which lie elsewhere: the pass itself will tell
        return
    ensure_room(2 * counted.n_bytes, f"One pass of {title}")


class _Counting(TorchDispatchMode):
    """Adds up the memory of what every operation gives."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # missing from its annotations
        self.n_bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        self.n_bytes += sum(one.nbytes for one in tree_leaves(found) if isinstance(one, torch.Tensor))
        return found


def _output(own: nn.Module, noise: torch.Tensor, size: tuple[int, int, int], title: str) -> torch.Tensor:
    """The logits that the module's own code gives."""
    try:
        with work(f"Running {title}"), room(f"One pass of {title}"), torch.inference_mode():
            output = own(noise)
    except ExplorerError:
        raise
    except Exception as error:
        raise BadModule(
            f"{title} cannot read a batch of pictures (1, {', '.join(map(str, size))}): {first_line(error)}. Give it "
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
        f"{title} returns {what} for one picture. One tensor of logits, (1, K), is needed: give a target that makes it "
        f"of the output, such as target=lambda output: {_such_as(output)}."
    )


def _such_as(output: Any) -> str:
    """A target that would fit, as code."""
    if isinstance(output, dict) and output:
        key, value = next(iter(output.items()))
        return f"output[{key!r}]{_to_logits(value)}"
    if isinstance(output, (tuple, list)) and output:
        inner = output[0]
        return f"output[0]{_to_logits(inner)}" if isinstance(inner, torch.Tensor) else "output[0]['scores'][None]"
    return f"output{_to_logits(output)}"


def _to_logits(value: Any) -> str:
    return ".mean((2, 3))" if isinstance(value, torch.Tensor) and value.ndim == 4 else ""


def usual_preparation(size: tuple[int, int, int]) -> OfPictures:
    """How pictures are prepared for a network that reads (C, H, H), unless something says otherwise: as is usual for
    networks of ImageNet; of one channel the brightness, of others the channels of a file, as they are."""
    n, side = size[:2]
    usual = PhotoPreparation(round(side / _MARGIN), side)
    if n == usual.n_channels:
        return usual
    sources = (GREY,) if n == 1 else tuple(str(i + 1) for i in range(n))
    return BandPreparation(usual, sources, (0.0,) * n, (1.0,) * n)


def assumed(own: nn.Module, usual: OfPictures) -> Chosen:
    """How pictures are prepared where nothing says it: as the first batch norm remembers, else as usual."""
    if isinstance(usual, PhotoPreparation):
        whose = "with both sides resized, and scaled" if usual.squash else ""
        return guess_preparation(own, usual, f"{whose} as usual for networks of ImageNet".lstrip(), "nothing says how")
    what = (
        "by their brightness" if usual.sources == (GREY,) else f"by the channels of the file, 1 to {usual.n_channels}"
    )
    return Chosen(usual, f"{what}, from 0 to 1, which is assumed: nothing says how", True)


def _digest(own: nn.Module, names: tuple[str, ...], preparation: object) -> str:
    """Differs wherever the module, its numbers, its classes or its preparation do."""
    digest = hashlib.sha256(repr((str(own), names, preparation)).encode())
    for key, value in own.state_dict().items():
        digest.update(key.encode())
        digest.update(value.contiguous().view(-1).view(torch.uint8).numpy() if value.numel() else b"")
    return digest.hexdigest()


def first_line(error: Exception) -> str:
    """What an error says, without its stop."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
