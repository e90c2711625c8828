"""FullGrad: what the pixels put into the score, and what every bias on the way put into it."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from torch.autograd.functional import jvp
from torch.nn import functional as F

from ..errors import Unsuited
from ..networks.graph import PICTURE
from ..networks.kinds import kind_of
from ..networks.merging import is_batch_norm, is_sum, scale_and_shift
from ..networks.network import as_array
from ..networks.surgery import Function
from ..running.lock import work
from ..trace import FloatArray
from .method import FORWARD_AND_BACK, Method
from .passes import gradients
from .request import Evidence, Request

# What gives twice as much of twice the numbers: no bias is in it
_WITHOUT_BIAS = (
    "ReLU", "LeakyReLU", "max pooling", "average pooling", "concatenation", "cropping", "flatten", "permutation",
    "dropout", "stochastic depth", "identity",
)  # fmt: skip


def full_grad(request: Request) -> Evidence:
    """x dS/dx, and of each layer with a bias b dS/db where it is added, enlarged to the picture (Srinivas and Fleuret
    2019, arXiv:1905.00780, eq. 2 and 3). b is what the layer gives less what it gives to first order, y - dy/dx x: the
    bias of a convolution, the shift of a batch norm, the implicit bias of an activation function that is no ReLU (the
    paper's section 3.2).

    All pixels add up to the score (proposition 1): a cell is spread over the pixels around it, bilinearly, so that they
    add up to what it had, and what has no place over all of them evenly. The paper draws another map of the same
    numbers: there each layer's are taken without their signs and brought to one range before they are added.

    Raises Unsuited for an operation whose slopes torch cannot follow forward.
    """
    network = request.network
    slope = next(gradients(request, 1, lambda first, last: request.x))[0]
    signed = as_array((request.x[0] * slope).sum(dim=0)).astype(np.float64)
    for name, layer in network.layers.items():
        bias = _bias(request, name) if request.trace.has_gradient(name) else None
        if bias is None:
            continue
        added = layer.channels_first(bias)[0].cpu().numpy() * request.trace.gradient(name).astype(np.float64)
        if layer.is_spatial:
            signed += spread(added.sum(axis=0), signed.shape)
        else:
            signed += added.sum() / signed.size
    request.report(1, 1)
    return Evidence(signed.astype(np.float32), 1, note=request.added_up(signed))


FULL_GRAD = Method(
    title="FullGrad",
    formula="relu(sum over colours of x dS / dx + sum over layers of enlarged sum_c b[c] G[c])",
    paper="Srinivas and Fleuret 2019, arXiv:1905.00780",
    needs="gradients at the pixels and at every layer",
    cost="two passes, forward and backward, and one forward",
    good_for="a whole account of the score: what the biases put in is not left out",
    weaknesses="as noisy as gradients are, and what early and late biases put in lies over each other",
    find=full_grad,
    uses_layer=False,
    reads_gradient=True,
    pass_cost=FORWARD_AND_BACK + 1,
)


def spread(cells: FloatArray, size: tuple[int, ...]) -> FloatArray:
    """A map at another size, (H, W), with the same sum: each cell goes to the pixels around it, with bilinear
    weights."""
    rows, columns = (_shares(n, side) for n, side in zip(cells.shape, size, strict=True))
    return cast(FloatArray, rows.T @ cells @ columns)


def _shares(n: int, side: int) -> FloatArray:
    """(n, side): which share of each of n cells goes to each pixel of a side."""
    mode = "linear" if n <= side else "area"  # of more cells than pixels some would be passed over
    weights = F.interpolate(torch.eye(n, dtype=torch.float64)[None], side, mode=mode)[0].numpy()
    return cast(FloatArray, weights / weights.sum(axis=1, keepdims=True))


def _bias(request: Request, name: str) -> torch.Tensor | None:
    """What a layer gives beyond what it gives to first order, (1, ...) as it gives it; None where that is nothing."""
    graph, value = request.network.graph, request.trace.value(name)
    kind = kind_of(graph.operation(name))
    if is_sum(graph, name):
        own = graph.parameters(name).get("bias")
        return None if own is None else _of_channels(own, value, kind.name == "dense")
    if is_batch_norm(graph, name):
        return _of_channels(scale_and_shift(graph, name)[1], value, False)
    if kind.name in _WITHOUT_BIAS:
        return None
    sources = [one for one in graph.takes(name) if isinstance(one, str)]
    with work(f"FullGrad of {request.network.title}"), torch.inference_mode(False):
        given = {one: _value(request, one) for one in sources}
        moving = {key: one.detach().clone() for key, one in given.items() if isinstance(one, torch.Tensor)}
        if not moving:  # it takes one of the pieces of a split
            return None

        def operation(*values: torch.Tensor) -> Any:
            return graph.apply(name, {**given, **dict(zip(moving, values, strict=True))})

        if kind.is_activation:
            return _of_each(operation, *moving.values())
        values = tuple(moving.values())
        try:
            output, to_first_order = jvp(operation, values, values)
        except RuntimeError as error:
            if "is not implemented" not in str(error):
                raise
            raise Unsuited(
                f"FullGrad follows the slopes of each operation twice, and torch cannot follow those of {name} of "
                f"{request.network.title} ({kind.name}). Choose another method, such as 'integrated_gradients'."
            ) from error
    return cast(torch.Tensor, output - to_first_order)


def _of_each(function: Function, x: torch.Tensor) -> torch.Tensor:
    """The same of a function of one value, y(x) - y'(x) x: some of them have no second slope."""
    x.requires_grad_()
    y = function(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    return (y - slope * x).detach()


def _of_channels(bias: torch.Tensor, value: torch.Tensor, are_last: bool) -> torch.Tensor:
    """One number for each channel, (C,), at every place of what a layer gives: its second axis, or its last one."""
    return (bias if are_last else bias.reshape(-1, *[1] * (value.ndim - 2))).expand_as(value)


def _value(request: Request, name: str) -> Any:
    """What an operation gave: recorded, or, of a size or the pieces of a split, worked out again of what is."""
    if name == PICTURE:
        return request.x
    if name in request.trace.activations:
        return request.trace.value(name)
    graph = request.network.graph
    return graph.apply(name, {one: _value(request, one) for one in graph.takes(name) if isinstance(one, str)})
