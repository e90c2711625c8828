"""Further passes over changed pictures, in batches that fit into memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch

from ..networks.network import Network, as_array
from ..running.budget import batch_size
from ..running.lock import work
from ..trace import FloatArray
from .request import Request

Pictures = Callable[[int, int], torch.Tensor]  # (first, last) -> the pictures from first to last - 1, (B, C, H, W)
Run = Callable[[torch.Tensor], torch.Tensor]  # pictures -> the value from which the target is read

_BATCH_BYTES = 80 << 20  # of a batch that keeps nothing: with VGG-16 too all work stays within a gibibyte
_MOST_AT_ONCE = 8  # more are no faster a picture, often slower, and whoever waits sees and cancels less often


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
    sizes = {name: math.prod(layer.shape) for name, layer in network.layers.items()}
    return 4 * network.graph.rest([next(iter(network.layers))], network.layers).n_held(sizes)


def _bytes_backward(network: Network) -> int:
    """What one picture takes when most values are kept for the way back."""
    return 4 * network.n_values
