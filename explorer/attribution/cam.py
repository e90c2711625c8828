"""Class activation maps, read off a recorded pass: they weigh a layer's feature maps and add them up.

The methods differ in the weights alone. In the formulas, A is the layer's activation and G the gradient of the target
there, both (C, H, W); c counts channels, (y, x) cells; the sum over all cells is written sum_yx. Each function returns
its signed map, (H, W) float32, before the ReLU with which the papers end.
"""

from __future__ import annotations

import numpy as np

from ..trace import FloatArray


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


def _weighted_sum(weights: FloatArray, activation: FloatArray) -> FloatArray:
    return (weights @ activation.reshape(len(activation), -1)).reshape(activation.shape[1:])
