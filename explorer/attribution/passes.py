"""Further passes over changed pictures, in batches that fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch

from ..networks.cost import n_held
from ..networks.graph import PICTURE
from ..networks.network import Network, as_array
from ..networks.regions import Box, regions
from ..running.budget import batch_size
from ..running.lock import work
from ..trace import FloatArray
from .request import Request

Pictures = Callable[[int, int], torch.Tensor]  # (first, last) -> the pictures from first to last - 1, (B, C, H, W)
Run = Callable[[torch.Tensor], torch.Tensor]  # pictures -> the value from which the target is read

_BATCH_BYTES = 80 << 20  # of a batch that keeps nothing: with VGG-16 too all work stays within a gibibyte
_MOST_AT_ONCE = 8  # more are no faster a picture, often slower, and whoever waits sees and cancels less often
_MOST_BOXES = 16  # of boxes, of which more are faster: each is little work


def scores(
    request: Request, n: int, pictures: Pictures, read: Callable[[torch.Tensor], torch.Tensor] | None = None
) -> Iterator[FloatArray]:
    """The target of `n` pictures, (B,) for each batch; `read` takes something else from the operation's value."""
    network, target = request.network, request.target
    name = target.read_from(network)
    what = f"A batch of passes of {network.title}"
    n_bytes = _bytes_forward(network)
    batch = min(_MOST_AT_ONCE, max(1, _BATCH_BYTES // n_bytes), batch_size(n_bytes, what))
    for first in range(0, n, batch):
        with work(what), torch.inference_mode():
            x = pictures(first, min(n, first + batch)).contiguous(memory_format=torch.channels_last)
            value = network.graph.up_to(name, x)
            found = as_array(target.score(network, value) if read is None else read(value))
        yield found


def covered_scores(request: Request, boxes: Sequence[Box], cover: torch.Tensor) -> Iterator[FloatArray]:
    """The target of pictures in which a box, each in its turn, shows what `cover`, (1, C, H, W), has there: (B,) for
    each batch. Only what a box can change is worked out, as long as that is not most of everything."""
    network, target = request.network, request.target
    name = target.read_from(network)
    what = f"A batch of passes of {network.title}"
    with work(what), torch.inference_mode():
        behind = regions(network, PICTURE, name, boxes, _MOST_BOXES)
        n_bytes = 4 * behind.n_held
        batch = min(_MOST_BOXES, max(1, _BATCH_BYTES // n_bytes), batch_size(n_bytes, what))
        if batch < _MOST_BOXES:
            behind = regions(network, PICTURE, name, boxes, batch)
    # a GPU takes longer to be told of many small boxes than for whole pictures
    if behind.saves_nothing or network.device.type != "cpu":
        yield from scores(request, len(boxes), lambda first, last: _covered(request.x, boxes[first:last], cover))
        return
    recorded = {**request.trace.activations, PICTURE: request.x}
    for group in range(len(behind.groups)):
        with work(what), torch.inference_mode():
            found = as_array(target.score(network, behind.value(group, cover, recorded)))
        yield found


def _covered(x: torch.Tensor, boxes: Sequence[Box], cover: torch.Tensor) -> torch.Tensor:
    pictures = x.repeat(len(boxes), 1, 1, 1)
    for picture, (top, left, bottom, right) in zip(pictures, boxes, strict=True):
        picture[:, top:bottom, left:right] = cover[0, :, top:bottom, left:right]
    return pictures


def gradients(request: Request, n: int, pictures: Pictures, run: Run | None = None) -> Iterator[torch.Tensor]:
    """The gradient of the target at the pixels of `n` pictures, (B, C, H, W) for each batch; `run` executes the
    network with other rules."""
    network, target = request.network, request.target
    name = target.read_from(network)
    what = f"A batch of gradients of {network.title}"
    batch = min(_MOST_AT_ONCE, batch_size(_bytes_backward(network), what))
    for first in range(0, n, batch):
        with work(what), torch.inference_mode(False):
            x = pictures(first, min(n, first + batch)).contiguous(memory_format=torch.channels_last)
            x = x.detach().requires_grad_(True)
            value = network.graph.up_to(name, x) if run is None else run(x)
            (found,) = torch.autograd.grad(target.score(network, value).sum(), x, materialize_grads=True)
        yield found


def _bytes_forward(network: Network) -> int:
    """What the values of one picture take at once, at the most, while nothing is kept for a way back."""
    return 4 * n_held(network)


def _bytes_backward(network: Network) -> int:
    """What one picture takes when most values are kept for the way back."""
    return 4 * network.n_values
