"""Class activation maps, read off a recorded pass: they weigh a layer's feature maps and add them up.

The methods differ in the weights alone. In the formulas, A is the layer's activation and G the gradient of the target
there, both (C, H, W); c counts channels, (y, x) cells; the sum over all cells is written sum_yx. Each function returns
its signed map, (H, W) float32, before the ReLU with which the papers end; its card follows it.
"""

from __future__ import annotations

import numpy as np

from ..trace import FloatArray
from .method import Method

WEIGHTED = "channels, weighted and added up, no unit"  # the unit where the weights are not the gradient's own
POSITIVE_SLOPES = "It leaves out all that speaks against the target, so no share of it says how much that is."
_EXPLODED = 10  # times the median, by a denominator that is as many times less than 2
_ONE_PASS = "one pass, forward and backward, for every layer at once"
_ACTIVATION_AND_GRADIENT = "a layer's activation and the target's gradient there"


def grad_cam(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """w[c] = mean_yx G[c]; map = sum_c w[c] A[c] (Selvaraju et al. 2017, arXiv:1610.02391, eq. 1-2, before ReLU)."""
    return _weighted_sum(gradient.mean(axis=(1, 2)), activation)


GRAD_CAM = Method(
    title="Grad-CAM",
    formula="relu(sum_c mean_yx(G[c]) A[c])",
    paper="Selvaraju et al. 2017, arXiv:1610.02391",
    needs=_ACTIVATION_AND_GRADIENT,
    cost=_ONE_PASS,
    good_for="the usual first look; coarse, and honest at the last layer",
    weaknesses="one weight for a whole channel: before the last layers it lights up cells that did not count",
    signed_map=grad_cam,
)


def grad_cam_pp(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """w[c] = sum_yx a[c] relu(G[c]), where a = G^2 / (2 G^2 + G^3 sum_yx A[c]) (Chattopadhay et al. 2018,
    arXiv:1710.11063, eq. 19 and 7): cells count alike, however many of them a channel lights up.

    Cells whose gradient is not positive add nothing, and for the others a = 1 / (2 + G sum_yx A[c]): so the weight is
    worked out as sum_yx r / (2 + r sum_yx A[c]) with r = relu(G). A cell whose denominator is 0 adds nothing either.
    The paper's score is the exponential of the logit; its factor exp(logit), the same for every cell, is left out.

    Where activations sum to a negative number, the denominator can pass through 0, and a weight be as large as you
    like, of either sign: see `exploding`.
    """
    return _weighted_sum(_pp_weights(activation, gradient), activation)


def _pp_weights(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    supporting = np.maximum(gradient, 0)
    share = supporting * activation.sum(axis=(1, 2), keepdims=True)
    share += 2
    share[share == 0] = np.inf
    np.divide(supporting, share, out=share)
    weights: FloatArray = share.sum(axis=(1, 2))
    return weights


def exploding(activation: FloatArray, gradient: FloatArray) -> str:
    """Which channel's weight in Grad-CAM++ is how many times the median, where that is more than 10 because a
    denominator 2 + G sum_yx A[c] of its cells has come near 0; "" where none has."""
    weights = np.abs(_pp_weights(activation, gradient))
    some = weights[weights > 0]
    usual = float(np.median(some)) if some.size else 0.0
    channel = int(weights.argmax())
    nearest = float(np.abs(2 + np.maximum(gradient[channel], 0) * activation[channel].sum()).min())
    if not (usual > 0 and weights[channel] > _EXPLODED * usual and nearest < 2 / _EXPLODED):
        return ""
    times = weights[channel] / usual
    return (
        f"The weight of channel {channel} is {times:,.0f} times the median: one of its denominators is {nearest:.1g}."
    )


GRAD_CAM_PP = Method(
    title="Grad-CAM++",
    formula="relu(sum_c sum_yx(a[c] relu(G[c])) A[c])",
    paper="Chattopadhay et al. 2018, arXiv:1710.11063",
    needs=_ACTIVATION_AND_GRADIENT,
    cost=_ONE_PASS,
    good_for="several objects of one class",
    weaknesses="looks at positive slopes alone, so what speaks against the class is not subtracted; its denominator "
    "2 + G sum_yx A[c] can pass through 0 where a channel sums to less than 0, and that channel drowns all others",
    signed_map=grad_cam_pp,
    unit=WEIGHTED,
    note=exploding,
    one_sided=POSITIVE_SLOPES,
)


def hires_cam(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """map = sum_c G[c] A[c], cell by cell (Draelos and Carin 2020, arXiv:2011.08891, eq. 3)."""
    return np.einsum("chw,chw->hw", gradient, activation)


HIRES_CAM = Method(
    title="HiResCAM",
    formula="relu(sum_c G[c] A[c])",
    paper="Draelos and Carin 2020, arXiv:2011.08891",
    needs=_ACTIVATION_AND_GRADIENT,
    cost=_ONE_PASS,
    good_for="shows only cells that the class score truly used, where one dense layer follows",
    weaknesses="before other layers it is a first-order estimate, and noisy where gradients are",
    signed_map=hires_cam,
)


def layer_cam(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """map = sum_c relu(G[c]) A[c], cell by cell (Jiang et al. 2021, doi:10.1109/TIP.2021.3089943, eq. 5-6)."""
    return np.einsum("chw,chw->hw", np.maximum(gradient, 0), activation)


LAYER_CAM = Method(
    title="LayerCAM",
    formula="relu(sum_c relu(G[c]) A[c])",
    paper="Jiang et al. 2021, doi:10.1109/TIP.2021.3089943",
    needs=_ACTIVATION_AND_GRADIENT,
    cost=_ONE_PASS,
    good_for="fine maps at early layers",
    weaknesses="leaves out all evidence against the class, so a map can look surer than the score is",
    signed_map=layer_cam,
    one_sided=POSITIVE_SLOPES,
)


def xgrad_cam(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """w[c] = sum_yx G[c] A[c] / sum_yx A[c]; map = sum_c w[c] A[c] (Fu et al. 2020, arXiv:2008.02312, eq. 8).
    A channel whose activations sum to 0 has no weight."""
    total = activation.sum(axis=(1, 2))
    # as (cells, C): the order in which the numbers lie in memory
    product = np.einsum("nc,nc->c", *(array.reshape(len(total), -1).T for array in (gradient, activation)))
    return _weighted_sum(np.divide(product, total, out=np.zeros_like(total), where=total != 0), activation)


XGRAD_CAM = Method(
    title="XGrad-CAM",
    formula="relu(sum_c (sum_yx G[c] A[c] / sum_yx A[c]) A[c])",
    paper="Fu et al. 2020, arXiv:2008.02312",
    needs=_ACTIVATION_AND_GRADIENT,
    cost=_ONE_PASS,
    good_for="weights chosen so that the map adds up to the score as nearly as it can",
    weaknesses="divides by a channel's sum, which can be near 0 where activations have both signs",
    signed_map=xgrad_cam,
)


def eigen_cam(activation: FloatArray, gradient: FloatArray) -> FloatArray:
    """map = sum_c v[c] A[c], v the first right singular vector of A as a matrix of cells x channels: what most of the
    layer's energy has in common (Muhammad and Yeasin 2020, arXiv:2008.00299). The gradient is not looked at.

    A singular vector has no sign of its own: it gets the one with which the map adds up to a positive number. As in the
    paper, the channels' means stay in.
    """
    cells = activation.reshape(len(activation), -1).T.astype(np.float64)  # (cells, C)
    if not np.isfinite(cells).all():
        return np.full(activation.shape[1:], np.nan, np.float32)
    n_cells, n_channels = cells.shape
    if n_channels <= n_cells:
        found = cells @ np.linalg.eigh(cells.T @ cells)[1][:, -1]
    else:  # the smaller of the two products has the same singular values, and cells @ v is the left vector, scaled
        squares, vectors = np.linalg.eigh(cells @ cells.T)
        found = np.sqrt(max(squares[-1], 0)) * vectors[:, -1]
    found *= -1 if found.sum() < 0 else 1
    return found.reshape(activation.shape[1:]).astype(np.float32)


EIGEN_CAM = Method(
    title="Eigen-CAM",
    formula="relu(sum_c v[c] A[c]), v the first singular vector of A",
    paper="Muhammad and Yeasin 2020, arXiv:2008.00299",
    needs="a layer's activation",
    cost="one pass, for every layer at once",
    good_for="what a layer responds to most, whatever the class",
    weaknesses="the same map for every class: it shows what stands out, not what was decided on",
    signed_map=eigen_cam,
    unit=WEIGHTED,
    one_sided="It does not look at what is explained, so no share of it speaks for that or against it.",
)


def _weighted_sum(weights: FloatArray, activation: FloatArray) -> FloatArray:
    return (weights @ activation.reshape(len(activation), -1)).reshape(activation.shape[1:])
