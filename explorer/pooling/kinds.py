"""Ways to make a map smaller: the poolings that networks use, and those that were proposed instead of them."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from ..errors import BadWindow
from ..geometry import Window
from ..networks.network import Network, as_array
from ..running.lock import work
from ..trace import FloatArray, Trace

KINDS = {  # name -> what it makes of a window
    "max": "the largest value; padding does not take part",
    "average": "the mean; padding counts as 0",
    "min": "the smallest value; padding does not take part",
    "L2": "the root of the sum of squares, as torch’s lp_pool2d has it where no window hangs over the edge: it grows "
    "with the size of the window",
    "stochastic": "one value by chance, each with a probability in proportion to itself (Zeiler & Fergus 2013, "
    "arXiv:1301.3557); values below zero are never drawn, and a window without any above gives 0",
    "stride only": "the value in its middle; the others are not read at all",
    "blur-pool": "the value in its middle, after the map was blurred with 1 2 1 / 4 along y and x",
    "max blur-pool": "the maximum at stride 1, blurred with 1 2 1 / 4, and only then every stride-th value "
    "(Zhang 2019, arXiv:1904.11486)",
}
_AXES = ("high", "wide")
PICTURE = "the picture"


def sources(network: Network) -> tuple[str, ...]:
    """What can be pooled: what the network receives, and every layer with maps."""
    return (PICTURE, *(name for name, layer in network.layers.items() if layer.is_spatial))


def maps_of(trace: Trace, source: str) -> FloatArray:
    """The maps of one of the sources, (C, H, W); of the picture the normalised colours. Raises UnknownLayer,
    NotSpatial."""
    if source == PICTURE:
        return as_array(trace.prepared.tensor)[0]
    return trace[trace.network.spatial_layer(source).name]


def output_size(before: tuple[int, int], window: Window, is_ceil: bool = False) -> tuple[int, int]:
    """How many windows fit along y and x: floor((n + 2p - d(k - 1) - 1) / s) + 1. With `is_ceil` the division is
    rounded up, but no window may begin in the padding at the far end, or beyond it."""
    if not is_ceil:
        return window.output_size(*before)
    found = []
    for n, k, s, p, d in zip(before, window.kernel, window.stride, window.padding, window.dilation, strict=True):
        size = -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1
        found.append(size - 1 if (size - 1) * s >= n + p else size)
    return found[0], found[1]


def check_window(before: tuple[int, int], window: Window) -> None:
    """Raise BadWindow where a window cannot slide over a map of this height and width."""
    if window.dilation != (1, 1):
        raise BadWindow("The cells of this window lie apart (dilation); only windows without gaps can be exchanged.")
    for n, k, s, p, axis in zip(before, window.kernel, window.stride, window.padding, _AXES, strict=True):
        if k < 1:
            raise BadWindow(f"A window {k} cells {axis} holds nothing. Choose a kernel of 1 or more.")
        if s < 1:
            raise BadWindow(f"With a stride of {s} the window would never move on. Choose a stride of 1 or more.")
        if not 0 <= p <= k // 2:
            raise BadWindow(
                f"A padding of {p} does not go with a window {k} cells {axis}: at most half of the window, {k // 2}, "
                "may lie outside the map. Choose a smaller padding, or a larger kernel."
            )
        if k > n + 2 * p:
            raise BadWindow(
                f"A window {k} cells {axis} does not fit into a map {n} cells {axis} with a padding of {p}: the output "
                f"would have 0 cells. Choose a kernel of at most {n + 2 * p}."
            )


def pool(maps: FloatArray, kind: str, window: Window, is_ceil: bool = False, seed: int = 0) -> FloatArray:
    """Maps (C, H, W) pooled by one of the KINDS, (C, h, w). `seed` is that of the stochastic one.

    Raises BadWindow.
    """
    check_window((maps.shape[1], maps.shape[2]), window)
    with work("Pooling the maps"), torch.inference_mode():
        return as_array(pool_batch(torch.from_numpy(maps.copy())[None], kind, window, is_ceil, seed)[0])


def pool_batch(x: torch.Tensor, kind: str, window: Window, is_ceil: bool = False, seed: int = 0) -> torch.Tensor:
    """The same for (N, C, H, W), for windows that fit; all N share what chance draws. Call within `work`."""
    kernel, stride, padding = window.kernel, window.stride, window.padding
    before = x.shape[2], x.shape[3]
    height, width = output_size(before, window, is_ceil)
    if kind == "max":
        return F.max_pool2d(x, kernel, stride, padding, ceil_mode=is_ceil)
    if kind == "average":
        return F.avg_pool2d(x, kernel, stride, padding, is_ceil)
    if kind == "min":
        return -F.max_pool2d(-x, kernel, stride, padding, ceil_mode=is_ceil)
    if kind == "L2":
        # filled up with zeros: torch takes a window over the edge for a whole one, with the mean of what is there
        return F.lp_pool2d(_padded(x, window, (height, width), stride, 0.0), 2, kernel, stride)
    if kind == "stochastic":
        return _drawn(_windows(x, window, (height, width), 0.0), seed)
    if kind == "max blur-pool":
        steps = (height - 1) * stride[0] + 1, (width - 1) * stride[1] + 1  # as many maxima as the last window needs
        reached = _padded(x, window, steps, (1, 1), -torch.inf)
        return _blurred(F.max_pool2d(reached, kernel, 1))[:, :, :: stride[0], :: stride[1]]
    return _middles(_blurred(x) if kind == "blur-pool" else x, window, (height, width))


def _padded(
    x: torch.Tensor, window: Window, n_windows: tuple[int, int], stride: tuple[int, int], fill: float
) -> torch.Tensor:
    """With padding before, and with as much behind as so many windows need; what none of them reads is cut off."""
    sides: list[int] = []
    for n, k, s, p, n_out in zip(x.shape[2:], window.kernel, stride, window.padding, n_windows, strict=True):
        sides = [p, (n_out - 1) * s + k - p - n, *sides]  # torch wants the last axis first
    return F.pad(x, sides, value=fill)


def _windows(x: torch.Tensor, window: Window, size: tuple[int, int], fill: float) -> torch.Tensor:
    """(N, C, h, w, kH * kW)."""
    padded = _padded(x, window, size, window.stride, fill)
    cut = padded.unfold(2, window.kernel[0], window.stride[0]).unfold(3, window.kernel[1], window.stride[1])
    return cut.flatten(4)


def _drawn(windows: torch.Tensor, seed: int) -> torch.Tensor:
    """One of each window's positive values: of exponential times, each divided by its value, the shortest wins with a
    probability in proportion to the value."""
    weights = windows.clamp(min=0)
    times = torch.empty(windows.shape[1:]).exponential_(generator=torch.Generator().manual_seed(seed))
    chosen = (weights / times.to(windows.device)).argmax(dim=-1, keepdim=True)
    return weights.gather(-1, chosen)[..., 0]


def _blurred(x: torch.Tensor) -> torch.Tensor:
    """Each value and its neighbours weighed 1 2 1 / 4 along y and x; beyond the edges the edge goes on."""
    x = F.pad(x, (1, 1, 1, 1), mode="replicate")
    x = (x[:, :, :-2] + 2 * x[:, :, 1:-1] + x[:, :, 2:]) / 4
    return (x[..., :-2] + 2 * x[..., 1:-1] + x[..., 2:]) / 4


def _middles(x: torch.Tensor, window: Window, size: tuple[int, int]) -> torch.Tensor:
    """The value in the middle of each window, of four in the middle the upper left one; never padding."""
    rows, columns = (
        (torch.arange(m, device=x.device) * s - p + (k - 1) // 2).clamp(0, n - 1)
        for m, n, k, s, p in zip(size, x.shape[2:], window.kernel, window.stride, window.padding, strict=True)
    )
    return x[:, :, rows][:, :, :, columns]


def enlarged(small: FloatArray, size: tuple[int, int]) -> FloatArray:
    """A map (h, w) brought to (H, W): each cell takes the value of the small cell in which its centre lies."""
    rows, columns = (((np.arange(n) + 0.5) * m / n).astype(int) for n, m in zip(size, small.shape, strict=True))
    return small[rows][:, columns]


def relative_error(before: FloatArray, after: FloatArray) -> float:
    """How far a pooled map (h, w), brought back to the size of the map before (H, W), is from it:

        sqrt(mean((enlarged(after) - before)^2)) / sqrt(mean(before^2))

    0: nothing is lost; 1: as far as a map of zeros. NaN for a map that is zero everywhere.
    """
    shape = before.shape[0], before.shape[1]
    difference = np.square(enlarged(after, shape) - before, dtype=np.float64).mean()
    size = np.square(before, dtype=np.float64).mean()
    return float(np.sqrt(difference / size)) if size else float("nan")
