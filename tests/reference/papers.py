"""The papers' formulas of class activation maps, one unit at a time."""

from __future__ import annotations

import math

import numpy as np

from explorer.attribution import METHODS
from explorer.trace import FloatArray


def relative_difference(ours: FloatArray, theirs: FloatArray) -> float:
    assert ours.shape == theirs.shape
    scale = np.abs(theirs).max()
    assert scale > 0
    return float(np.abs(ours - theirs).max() / scale)


def slow_grad_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Selvaraju et al. 2017, eq. 1 and 2: Z is the number of cells."""
    n_channels, height, width = a.shape
    cam = [[0.0] * width for _ in range(height)]
    for k in range(n_channels):
        alpha = sum(float(g[k, i, j]) for i in range(height) for j in range(width)) / (height * width)
        for i in range(height):
            for j in range(width):
                cam[i][j] += alpha * float(a[k, i, j])
    return cam


def slow_grad_cam_pp(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Chattopadhay et al. 2018: eq. 19 for alpha, eq. 7 for the weights, with S the logit: its first, second and third
    derivatives of exp(S) are exp(S) times g, g**2, g**3; exp(S) is left out of the weight."""
    n_channels, height, width = a.shape
    cam = [[0.0] * width for _ in range(height)]
    for k in range(n_channels):
        total = sum(float(a[k, i, j]) for i in range(height) for j in range(width))
        weight = 0.0
        for i in range(height):
            for j in range(width):
                derivative = float(g[k, i, j])
                if derivative == 0:
                    continue
                alpha = derivative**2 / (2 * derivative**2 + total * derivative**3)
                weight += alpha * max(derivative, 0.0)
        for i in range(height):
            for j in range(width):
                cam[i][j] += weight * float(a[k, i, j])
    return cam


def slow_hires_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Draelos and Carin 2020, eq. 3."""
    n_channels, height, width = a.shape
    return [
        [sum(float(g[k, i, j]) * float(a[k, i, j]) for k in range(n_channels)) for j in range(width)]
        for i in range(height)
    ]


def slow_layer_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Jiang et al. 2021, eq. 5 and 6."""
    n_channels, height, width = a.shape
    return [
        [sum(max(float(g[k, i, j]), 0.0) * float(a[k, i, j]) for k in range(n_channels)) for j in range(width)]
        for i in range(height)
    ]


def slow_xgrad_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Fu et al. 2020, eq. 8; a channel whose activations add up to nothing has no share in it."""
    n_channels, height, width = a.shape
    cam = [[0.0] * width for _ in range(height)]
    for k in range(n_channels):
        total = sum(float(a[k, i, j]) for i in range(height) for j in range(width))
        if total == 0:
            continue
        alpha = sum(float(a[k, i, j]) / total * float(g[k, i, j]) for i in range(height) for j in range(width))
        for i in range(height):
            for j in range(width):
                cam[i][j] += alpha * float(a[k, i, j])
    return cam


def slow_eigen_cam(a: FloatArray, g: FloatArray) -> list[list[float]]:
    """Muhammad and Yeasin 2020: the first right singular vector v of A, found by multiplying again and again with the
    transposed of A times A; the map is A v, its sum positive."""
    n_channels, height, width = a.shape
    rows = [[float(a[k, i, j]) for k in range(n_channels)] for i in range(height) for j in range(width)]
    v = [1.0 + 0.1 * k for k in range(n_channels)]
    for _ in range(3000):
        projected = [sum(x * y for x, y in zip(row, v, strict=True)) for row in rows]
        v = [sum(p * row[k] for p, row in zip(projected, rows, strict=True)) for k in range(n_channels)]
        length = math.sqrt(sum(x * x for x in v))
        v = [x / length for x in v]
    found = [sum(x * y for x, y in zip(row, v, strict=True)) for row in rows]
    sign = -1 if sum(found) < 0 else 1
    return [[sign * found[i * width + j] for j in range(width)] for i in range(height)]


SLOW = {
    "grad_cam": slow_grad_cam,
    "grad_cam_pp": slow_grad_cam_pp,
    "hires_cam": slow_hires_cam,
    "layer_cam": slow_layer_cam,
    "xgrad_cam": slow_xgrad_cam,
    "eigen_cam": slow_eigen_cam,
}


def signed_map(method: str, a: FloatArray, g: FloatArray) -> FloatArray:
    found = METHODS[method].signed_map
    assert found is not None
    return found(a, g)
