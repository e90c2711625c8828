"""Finer-CAM: Grad-CAM of what sets a class apart from those that are scored alike."""

from __future__ import annotations

import numpy as np
import torch

from ..errors import Unsuited
from ..networks.network import as_array
from ..running.lock import work
from ..trace import FloatArray
from .cam import grad_cam
from .method import FORWARD_AND_BACK, Method, Option
from .request import Evidence, Request


def finer_cam(request: Request) -> Evidence:
    """Grad-CAM of z - strength sum_k p_k z_k / sum_k p_k, where z is the target's logit and k the classes whose logits
    are nearest to it, with their probabilities (Zhang et al. 2025, arXiv:2501.11309, before ReLU). What these classes
    have in common is subtracted, so that what is left tells them apart. The probabilities count as constants.

    Only the layers after this one run again. Raises Unsuited for a target that is not one class of several logits.
    """
    logits = request.trace.logits
    if not request.target.is_class or len(logits) < 2:
        raise Unsuited(
            "Finer-CAM compares the logit of one class with those of others, and "
            f"{request.target.phrase(request.network)} is no such logit. Choose a class of a network that has a logit "
            "for each, or 'grad_cam'."
        )
    others = similar(logits, request.target.index, request.count("n_similar"))
    shares = np.exp(logits[others].astype(np.float64) - logits[others].max())
    direction = np.zeros(len(logits), np.float32)
    direction[request.target.index] = 1
    direction[others] = -request.share("strength") * shares / shares.sum()
    cam = grad_cam(as_array(request.maps), _gradient(request, torch.from_numpy(direction)))
    request.report(1, 1, lambda: cam)
    *first, last = (f"“{request.network.categories[index]}”" for index in others)
    return Evidence(cam, 1, note=f"Compared with {' and '.join(filter(None, (', '.join(first), last)))}.")


FINER_CAM = Method(
    title="Finer-CAM",
    formula="Grad-CAM of z - strength sum_k(p[k] z[k]) / sum_k(p[k])",
    paper="Zhang et al. 2025, arXiv:2501.11309",
    needs="a layer's activation, and gradients of several classes there",
    cost="one pass, forward and backward, and the layers after this one again",
    good_for="what sets a class apart from those that look like it",
    weaknesses="which classes are compared is decided by the logits on this picture alone; as coarse as Grad-CAM",
    find=finer_cam,
    reads_gradient=True,
    unit="in units of {target} less those of similar classes",
    pass_cost=FORWARD_AND_BACK,
    settings="{n_similar} classes at most, strength {strength}.",
    options=(
        Option("n_similar", "how many classes with the nearest logits are compared", 3, 1, 10),
        Option("strength", "how much of their mean logit is subtracted; 0 leaves Grad-CAM", 1.0, 0, 10),
    ),
)


def similar(logits: FloatArray, index: int, n: int) -> list[int]:
    """The n classes, or all others where there are no more, whose logits are nearest to that of one, nearest first."""
    nearest = np.argsort(np.abs(logits - logits[index]), kind="stable")
    return [int(other) for other in nearest if other != index][:n]


def _gradient(request: Request, direction: torch.Tensor) -> FloatArray:
    """The gradient of a weighted sum of all logits at the layer, (C, H, W)."""
    network, name = request.network, request.layer
    assert name is not None  # its card says that it has one
    layer, recorded = network.layers[name], request.trace.activations
    rest = network.graph.rest([name], network.layers)
    with work(f"Finer-CAM of {network.title}"), torch.inference_mode(False):
        start = recorded[name].detach().clone().requires_grad_()
        score = rest.output({name: start}, request.x, recorded)[0] @ direction.to(network.device)
        (found,) = torch.autograd.grad(score, start, materialize_grads=True)
    return as_array(layer.channels_first(found)[0])
