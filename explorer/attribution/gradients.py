"""Methods that follow the target back to the pixels. All have a number for each colour of each pixel: the slopes per
unit of the picture as the network receives it, after normalisation; what is multiplied by the picture, in units of the
target."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn import functional as F

from ..networks.network import as_array
from ..trace import FloatArray
from .cam import grad_cam
from .fills import filled
from .guided import guided
from .passes import Run, gradients, scores
from .request import Evidence, Request

QUADRATURES = ("graded", "midpoint", "gauss-legendre")


def gradient(request: Request) -> Evidence:
    """d target / d pixel (Simonyan et al. 2013, arXiv:1312.6034, section 3)."""
    return Evidence(_single(request), 1)


def input_x_gradient(request: Request) -> Evidence:
    """pixel * d target / d pixel (Shrikumar et al. 2016, arXiv:1605.01713): to first order, what the pixel
    adds to the target compared with a pixel of the mean colour, which is 0 after normalisation."""
    return Evidence(as_array(request.x[0]) * _single(request), 1)


def smooth_grad(request: Request) -> Evidence:
    """The mean gradient of `n_samples` copies of the picture with noise (Smilkov et al. 2017, arXiv:1706.03825, section
    3): normal, its standard deviation `noise` times the range from the picture's lowest number to its highest."""
    n, x = request.count("n_samples"), request.x
    sigma = request.share("noise") * float(x.max() - x.min())
    random = torch.Generator().manual_seed(request.count("seed"))

    def noisy(first: int, last: int) -> torch.Tensor:
        drawn = [torch.randn(x.shape[1:], generator=random) for _ in range(last - first)]  # the same for any batch
        return x + sigma * torch.stack(drawn).to(x.device)

    total, n_done = torch.zeros_like(x[0]), 0

    def mean() -> FloatArray:
        return as_array(total / n_done)

    for found in gradients(request, n, noisy):
        total += found.sum(dim=0)
        n_done += len(found)
        request.report(n_done, n, mean)
    return Evidence(mean(), n)


def integrated_gradients(request: Request) -> Evidence:
    """(x - b) * integral over a from 0 to 1 of d target / d pixel at b + a (x - b) (Sundararajan et al. 2017,
    arXiv:1703.01365, eq. 1), b a picture without content.

    The integral is a weighted sum of `steps` gradients. By completeness (proposition 1) all numbers add up to
    f(x) - f(b); `completeness_gap` is by how much they do not, as a share of it.
    """
    n, x, start = request.count("steps"), request.x, filled(request.trace, request.choice("baseline"))
    places, weights = nodes(n, request.choice("quadrature"))

    def between(first: int, last: int) -> torch.Tensor:
        return start + places[first:last].to(x.device)[:, None, None, None] * (x - start)

    total, n_done = torch.zeros_like(x[0]), 0

    def so_far() -> FloatArray:
        return as_array((x - start)[0] * total)

    for found in gradients(request, n, between):
        total += torch.tensordot(weights[n_done : n_done + len(found)].to(x.device), found, dims=1)
        n_done += len(found)
        request.report(n_done, n, so_far)
    (at_start,) = next(scores(request, 1, lambda first, last: start))
    signed, difference = so_far(), request.score - float(at_start)
    gap = abs(float(signed.sum(dtype=np.float64)) - difference)
    return Evidence(signed, n + 1, gap / abs(difference) if difference else (math.inf if gap else 0.0))


def nodes(n: int, quadrature: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Where between 0 and 1 to look, and with what weight, each (n,), by one of the QUADRATURES.

    On the way from baseline to picture ReLUs switch, and the gradient jumps: what Gauss and Legendre gain on a smooth
    function is mostly lost. A network makes up its mind near the baseline: "graded" takes the middles of n pieces that
    end at (i / n)^3. On trained networks that leaves a half to a tenth of the completeness gap of equal pieces.
    """
    if quadrature == "gauss-legendre":
        places, weights = np.polynomial.legendre.leggauss(n)  # on -1 to 1
        places, weights = (places + 1) / 2, weights / 2
    else:
        ends = (np.arange(n + 1) / n) ** (3 if quadrature == "graded" else 1)
        places, weights = (ends[1:] + ends[:-1]) / 2, np.diff(ends)
    return torch.from_numpy(places).float(), torch.from_numpy(weights).float()


def guided_backprop(request: Request) -> Evidence:
    """The gradient when every ReLU sends back only what is positive (Springenberg et al. 2014, arXiv:1412.6806,
    section 3.4). Raises Unsuited for a network without ReLU."""
    run = guided(request.network, request.target.read_from(request.network)).value
    return Evidence(_single(request, run), 1)


def guided_grad_cam(request: Request) -> Evidence:
    """Guided backpropagation times Grad-CAM (after ReLU) of a layer, enlarged to the picture (bilinear) (Selvaraju et
    al. 2017, arXiv:1610.02391, section 3.2). Raises Unsuited for a network without ReLU."""
    assert request.layer is not None  # its card says that it has one
    cam = np.maximum(grad_cam(*request.trace.spatial(request.layer)), 0)
    enlarged = F.interpolate(torch.tensor(cam)[None, None], request.x.shape[-2:], mode="bilinear", align_corners=False)
    found = guided_backprop(request)
    return Evidence(found.signed * as_array(enlarged[0]), found.evaluations)


def _single(request: Request, run: Run | None = None) -> FloatArray:
    found = next(gradients(request, 1, lambda first, last: request.x, run))
    request.report(1, 1)
    return as_array(found[0])
