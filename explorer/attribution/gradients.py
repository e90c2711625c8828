"""Methods that follow the target back to the pixels. All have a number for each colour of each pixel: the slopes per
unit of the picture as the network receives it, after normalisation; what is multiplied by the picture, in units of the
target. A card follows its function."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn import functional as F

from ..networks.network import as_array
from ..trace import FloatArray
from .cam import grad_cam
from .fills import FILLS, NOTHING, filled
from .guided import guided, guided_share
from .method import FORWARD_AND_BACK, SEED, Method, Option, counted
from .passes import Run, gradients, scores
from .request import Evidence, Request

QUADRATURES = ("graded", "midpoint", "gauss-legendre")
_SLOPE = "change of {target} for each unit of the normalised picture"
_FAILS_RANDOMISATION = (
    "In the literature it fails the weight-randomisation test of Adebayo et al. 2018: on their networks it hardly "
    "changed when the last layers forgot what they had learned. What it does on this network is measured at the end of "
    "the page Saliency."
)


def gradient(request: Request) -> Evidence:
    """d target / d pixel (Simonyan et al. 2013, arXiv:1312.6034, section 3)."""
    return Evidence(_single(request), 1)


GRADIENT = Method(
    title="Gradient",
    formula="max over colours of |dS / dx|",
    paper="Simonyan et al. 2013, arXiv:1312.6034",
    needs="the gradient at the pixels",
    cost="one pass forward, one forward and backward",
    good_for="which pixels the score reacts to at once; the base of all the others",
    weaknesses="noisy; says how the score would change, not what it is made of",
    find=gradient,
    uses_layer=False,
    is_slope=True,
    unit=_SLOPE,
)


def input_x_gradient(request: Request) -> Evidence:
    """pixel * d target / d pixel (Shrikumar et al. 2016, arXiv:1605.01713): to first order, what the pixel
    adds to the target compared with a pixel of the mean colour, which is 0 after normalisation."""
    return Evidence(as_array(request.x[0]) * _single(request), 1)


INPUT_X_GRADIENT = Method(
    title="Input × gradient",
    formula="relu(sum over colours of x dS / dx)",
    paper="Shrikumar et al. 2016, arXiv:1605.01713",
    needs="the gradient at the pixels",
    cost="one pass forward, one forward and backward",
    good_for="a first estimate of what each pixel adds to the score",
    weaknesses="pixels of the mean colour count nothing, whatever they show; noisy",
    find=input_x_gradient,
    uses_layer=False,
)


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


SMOOTH_GRAD = Method(
    title="SmoothGrad",
    formula="max over colours of |mean of dS / dx at x + noise|",
    paper="Smilkov et al. 2017, arXiv:1706.03825",
    needs="gradients at the pixels of noisy pictures",
    cost="a pass forward and backward for each sample",
    good_for="a gradient that can be looked at",
    weaknesses="how calm it looks is a matter of the noise that was chosen, not of the network",
    find=smooth_grad,
    uses_layer=False,
    is_slope=True,
    unit=_SLOPE,
    n_passes=counted("n_samples"),
    pass_cost=FORWARD_AND_BACK,
    options=(
        Option("n_samples", "noisy pictures", 50, 1, 1000),
        Option("noise", "its standard deviation, in ranges of the picture; the paper: 0.1 to 0.2", 0.15, 0, 1),
        SEED,
    ),
)


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


INTEGRATED_GRADIENTS = Method(
    title="Integrated gradients",
    formula="relu(sum over colours of (x - b) integral_0^1 dS / dx at b + a (x - b) da)",
    paper="Sundararajan et al. 2017, arXiv:1703.01365",
    needs="gradients at the pixels of pictures between nothing and the picture",
    cost="a pass forward and backward for each step",
    good_for="shares of the score that add up to it: the completeness gap says how well",
    weaknesses="pixels like the baseline count nothing: on a black one, black objects; noisy",
    find=integrated_gradients,
    uses_layer=False,
    n_passes=counted("steps"),
    pass_cost=FORWARD_AND_BACK,
    options=(
        Option("steps", "gradients on the way from the baseline to the picture", 64, 1, 4096),
        Option("baseline", NOTHING, "mean", choices=FILLS),
        Option("quadrature", "which places on the way, and with what weights", "graded", choices=QUADRATURES),
    ),
)


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
    """The gradient when every hidden ReLU sends back only what is positive (Springenberg et al. 2014, arXiv:1412.6806,
    section 3.4). One behind the last weights, which makes the target itself, sends back all that reaches it: the paper
    explains one unit, whose slope is 1, and the rule would drop the slopes of a target that is less something.

    Raises Unsuited for a network without ReLU.
    """
    name = request.target.read_from(request.network)
    found = _single(request, guided(request.network, name).value)
    n_guided, n_all = guided_share(request.network, name)
    return Evidence(found, 1, note=f"{n_guided} of {n_all} activation functions are guided.")


GUIDED_BACKPROP = Method(
    title="Guided backpropagation",
    formula="max over colours of |dS / dx|, where every hidden ReLU sends back only what is positive",
    paper="Springenberg et al. 2014, arXiv:1412.6806",
    needs="the gradient at the pixels, and ReLUs",
    cost="one pass forward, one forward and backward",
    good_for="a sharp picture of the shapes to which the network responds",
    weaknesses="fails the randomisation test in Adebayo et al. 2018 (arXiv:1810.03292): on their networks it hardly "
    "changed when the last layers’ weights did, so that it shows edges rather than reasons",
    find=guided_backprop,
    uses_layer=False,
    is_slope=True,
    unit=_SLOPE,
    warning=_FAILS_RANDOMISATION,
)


def guided_grad_cam(request: Request) -> Evidence:
    """Guided backpropagation times Grad-CAM (after ReLU) of a layer, enlarged to the picture (bilinear) (Selvaraju et
    al. 2017, arXiv:1610.02391, section 3.2). Raises Unsuited for a network without ReLU."""
    assert request.layer is not None  # its card says that it has one
    cam = np.maximum(grad_cam(*request.trace.spatial(request.layer)), 0)
    enlarged = F.interpolate(torch.tensor(cam)[None, None], request.x.shape[-2:], mode="bilinear", align_corners=False)
    found = guided_backprop(request)
    return Evidence(found.signed * as_array(enlarged[0]), found.evaluations, note=found.note)


GUIDED_GRAD_CAM = Method(
    title="Guided Grad-CAM",
    formula="max over colours of |guided dS / dx| * enlarged relu(sum_c mean_yx(G[c]) A[c])",
    paper="Selvaraju et al. 2017, arXiv:1610.02391",
    needs="the gradient at the pixels, ReLUs, a layer's activation and gradient",
    cost="two passes, forward and backward",
    good_for="Grad-CAM's place with fine detail in it",
    weaknesses="the detail is that of guided backpropagation, which fails the randomisation test in Adebayo et al. "
    "2018 (arXiv:1810.03292)",
    find=guided_grad_cam,
    is_slope=True,
    unit="guided gradient times Grad-CAM, no unit of its own",
    warning=_FAILS_RANDOMISATION,
    reads_gradient=True,
)


def _single(request: Request, run: Run | None = None) -> FloatArray:
    found = next(gradients(request, 1, lambda first, last: request.x, run))
    request.report(1, 1)
    return as_array(found[0])
