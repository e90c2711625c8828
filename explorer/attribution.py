"""Where in the picture the evidence for a class is: class activation maps, read off a recorded pass.

A class activation map weighs a layer's feature maps by how much the class depends on them and adds them up. The
methods differ in the weights alone. In the formulas, A is the layer's activation and G the gradient of the target's
logit there, both (C, H, W); c counts channels, (y, x) cells; the sum over all cells is written sum_yx.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from .errors import UnknownMethod, nearest
from .image import ImageInput
from .networks.network import Network
from .trace import FloatArray, Trace, run


@dataclass(frozen=True)
class Method:
    """A method's card: what to call it, its formula, its source, and the function from (A, G) to its signed map."""

    title: str
    formula: str
    paper: str
    good_for: str
    signed_map: Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Attribution:
    """Evidence for a class, cell by cell.

    `values` is (H, W) float32 at the layer's own resolution, not normalised and not enlarged, in units of the logit.
    `evaluations` counts passes of the network.
    """

    values: FloatArray
    method: str
    layer: str
    target: int
    seconds: float
    evaluations: int


def grad_cam(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """w[c] = mean_yx G[c]; map = sum_c w[c] A[c] (Selvaraju et al. 2017, arXiv:1610.02391, eq. 1-2, before ReLU)."""
    return _weighted_sum(gradient.mean(axis=(1, 2)), activation)


def grad_cam_pp(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """w[c] = sum_yx a[c] relu(G[c]), where a = G^2 / (2 G^2 + G^3 sum_yx A[c]) (Chattopadhay et al. 2018,
    arXiv:1710.11063, eq. 19 and 7): cells count alike, however many of them a channel lights up.

    Cells whose gradient is not positive add nothing, and for the others a = 1 / (2 + G sum_yx A[c]): so the weight is
    worked out as sum_yx r / (2 + r sum_yx A[c]) with r = relu(G). A cell whose denominator is 0 adds nothing either.
    The paper's score is the exponential of the logit; its factor exp(logit), the same for every cell, is left out.
    """
    supporting = np.maximum(gradient, 0)
    share = supporting * activation.sum(axis=(1, 2), keepdims=True)
    share += 2
    share[share == 0] = np.inf
    np.divide(supporting, share, out=share)
    return _weighted_sum(share.sum(axis=(1, 2)), activation)


def hires_cam(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """map = sum_c G[c] A[c], cell by cell (Draelos and Carin 2020, arXiv:2011.08891, eq. 3)."""
    return np.einsum("chw,chw->hw", gradient, activation)


def layer_cam(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """map = sum_c relu(G[c]) A[c], cell by cell (Jiang et al. 2021, doi:10.1109/TIP.2021.3089943, eq. 5-6)."""
    return np.einsum("chw,chw->hw", np.maximum(gradient, 0), activation)


def xgrad_cam(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """w[c] = sum_yx G[c] A[c] / sum_yx A[c]; map = sum_c w[c] A[c] (Fu et al. 2020, arXiv:2008.02312, eq. 8).
    A channel whose activations sum to 0 has no weight."""
    total = activation.sum(axis=(1, 2))
    # as (cells, C): the order in which the numbers lie in memory
    product = np.einsum("nc,nc->c", *(array.reshape(len(total), -1).T for array in (gradient, activation)))
    return _weighted_sum(np.divide(product, total, out=np.zeros_like(total), where=total != 0), activation)


def _weighted_sum(weights: FloatArray, activation: FloatArray) -> FloatArray:
    return (weights @ activation.reshape(len(activation), -1)).reshape(activation.shape[1:])


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "grad_cam": Method(
            "Grad-CAM",
            "relu(sum_c mean_yx(G[c]) A[c])",
            "Selvaraju et al. 2017, arXiv:1610.02391",
            "the usual first look; coarse, and honest at the last layer",
            grad_cam,
        ),
        "grad_cam_pp": Method(
            "Grad-CAM++",
            "relu(sum_c sum_yx(a[c] relu(G[c])) A[c])",
            "Chattopadhay et al. 2018, arXiv:1710.11063",
            "several objects of one class",
            grad_cam_pp,
        ),
        "hires_cam": Method(
            "HiResCAM",
            "relu(sum_c G[c] A[c])",
            "Draelos and Carin 2020, arXiv:2011.08891",
            "shows only cells that the class score truly used, where one dense layer follows",
            hires_cam,
        ),
        "layer_cam": Method(
            "LayerCAM",
            "relu(sum_c relu(G[c]) A[c])",
            "Jiang et al. 2021, doi:10.1109/TIP.2021.3089943",
            "fine maps at early layers",
            layer_cam,
        ),
        "xgrad_cam": Method(
            "XGrad-CAM",
            "relu(sum_c (sum_yx G[c] A[c] / sum_yx A[c]) A[c])",
            "Fu et al. 2020, arXiv:2008.02312",
            "weights chosen so that the map adds up to the score as nearly as it can",
            xgrad_cam,
        ),
    }
)


def class_activation_map(trace: Trace, method: str = "grad_cam", layer: str | None = None) -> FloatArray:
    """The map of one method at one layer of a trace that has a target: (H, W) float32 >= 0, in units of the logit.

    `layer` is the network's `cam_layer` unless given. Raises UnknownMethod, UnknownLayer, NotSpatial, NoTarget.
    """
    activation, gradient = trace.spatial(layer or trace.network.cam_layer)
    cam: FloatArray = np.maximum(find_method(method).signed_map(activation, gradient), 0)
    cam.flags.writeable = False
    return cam


def find_method(name: str) -> Method:
    """The method's card; raises UnknownMethod with the nearest name."""
    if name not in METHODS:
        raise UnknownMethod(f"There is no method '{name}'.{nearest(name, METHODS)} Pick one of {', '.join(METHODS)}.")
    return METHODS[name]


def attribute(
    network: Network, image: ImageInput, method: str = "grad_cam", target: int | None = None, layer: str | None = None
) -> Attribution:
    """Run the network on the picture and explain a class: `target`, or the one with the highest score.

    Raises UnknownMethod, UnknownLayer, NotSpatial, BadTarget.
    """
    find_method(method)
    layer = network.spatial_layer(layer or network.cam_layer).name
    started = time.perf_counter()
    trace = run(network, image, "top" if target is None else target)
    values = class_activation_map(trace, method, layer)
    assert trace.target is not None  # it was run with one
    return Attribution(values, method, layer, trace.target, time.perf_counter() - started, evaluations=1)
