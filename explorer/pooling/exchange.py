"""What if a network pooled in another way? Its answer with another pooling put in, also while the picture moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from ..errors import BadWindow
from ..geometry import Window
from ..networks.network import Network, as_array
from ..networks.pooling import Pooling
from ..networks.surgery import Function
from ..predictions import class_scores, probabilities_of
from ..running.budget import batch_size
from ..running.lock import work
from ..running.memory import ensure_room
from ..running.progress import Progress
from ..trace import FloatArray, Trace
from .kinds import KINDS, check_window, pool_batch
from .layers import pooling_of

AS_IT_IS = "as it is"
MOST_PIXELS = 16
_WHAT = "Moving the picture"


@dataclass(frozen=True, eq=False)
class Swap:
    """The network's answer to one picture with each of `kinds` in the place of a pooling layer: logits and
    probabilities, both (n_kinds, K)."""

    layer: str
    kinds: tuple[str, ...]
    logits: FloatArray
    probabilities: FloatArray

    def top(self, i: int) -> int:
        """The likeliest class with the kind number i."""
        return int(np.nan_to_num(class_scores(self.logits[i]), nan=-np.inf).argmax())


def swappable(network: Network, layer: str) -> Window:
    """The window that other kinds of pooling take over from a layer, so that its output keeps its size.

    Raises UnknownLayer, NoPooling; BadWindow where its windows differ in size or have gaps.
    """
    pooling = pooling_of(network, layer)
    if pooling.regular is None:
        raise BadWindow(
            f"'{pooling.layer}' of {network.name} cuts {' x '.join(map(str, pooling.before))} cells into windows of "
            "several sizes; only a pooling whose windows are all alike can be exchanged. Choose another layer."
        )
    check_window(pooling.before, pooling.regular)
    return pooling.regular


def swap(
    trace: Trace, layer: str, kinds: Sequence[str] = tuple(KINDS), seed: int = 0, progress: Progress | None = None
) -> Swap:
    """The same picture with other poolings in the place of one: the same windows on the recorded input of the layer,
    and then only what comes after it is run, kind by kind.

    `progress` is told before each kind; what it raises cancels. Raises UnknownLayer, NoPooling, BadWindow, TooLarge.
    """
    network = trace.network
    pooling, window = pooling_of(network, layer), swappable(network, layer)
    rest = network.graph.rest([pooling.layer], network.layers)
    sizes = {name: math.prod(described.shape) for name, described in network.layers.items()}
    # the windows that chance draws from are laid side by side, and so are their draws
    n_in_windows = pooling.n_channels * math.prod(pooling.after) * math.prod(window.kernel)
    what = f"Exchanging {pooling.layer}"
    ensure_room(4 * (max(1, rest.n_held(sizes)) + 2 * n_in_windows), what)
    logits = []
    for i, kind in enumerate(kinds):
        if progress is not None:
            progress(i, len(kinds))
        with work(what), torch.inference_mode():
            picture = trace.prepared.tensor.to(network.device)
            source = trace.value(pooling.source) if pooling.source else picture
            pooled = pool_batch(source, kind, window, pooling.is_ceil, seed)
            start = pooled.reshape(trace.value(pooling.layer).shape)
            logits.append(as_array(rest.output({pooling.layer: start}, picture, trace.activations))[0])
    probabilities = np.stack([probabilities_of(row) for row in logits])
    return Swap(pooling.layer, tuple(kinds), np.stack(logits), probabilities)


def alike(network: Network, layer: str) -> tuple[str, ...]:
    """The pooling layers by the same rule whose windows can be exchanged and hold more than one cell, in order."""
    rule = pooling_of(network, layer).rule
    windows = {
        name: other.pooling.regular
        for name, other in network.layers.items()
        if other.pooling is not None and other.pooling.rule == rule
    }
    return tuple(name for name, window in windows.items() if window is not None and window.kernel != (1, 1))


@dataclass(frozen=True, eq=False)
class ShiftTest:
    """A picture moved to the right pixel by pixel, seen by a network with one or more of its poolings exchanged.

    `layers` are those that were exchanged, `kinds` what was put in (AS_IT_IS first), `cells` by how many whole cells of
    the first layer's output each shift moves. `probabilities` (n_kinds, n_pixels + 1) are the target's; `changes`, of
    the same shape, tell how far the first layer's output is from that of the picture that was not moved:

        |moved back by whole cells - not moved| / |not moved|        (root of the sum of squares, over the columns
                                                                      that both have)
    """

    layers: tuple[str, ...]
    kinds: tuple[str, ...]
    target: int
    cells: tuple[int, ...]
    probabilities: FloatArray
    changes: FloatArray


def shift_test(
    trace: Trace, layers: Sequence[str], kinds: Sequence[str] = tuple(KINDS), target: int | None = None,
    most: int = MOST_PIXELS, progress: Progress | None = None, seed: int = 0,
) -> ShiftTest:  # fmt: skip
    """Move what the network receives to the right by 0 to `most` pixels, with each kind in the place of all `layers`.

    On the left the picture's own edge column goes on: nothing is known of what lies there. The stochastic pooling draws
    the same for all shifts, so that only the shift differs. What comes before the first of the layers is run only
    once; `target` is the trace's unless given. What `progress` raises cancels.
    Raises UnknownLayer, NoPooling, BadWindow, BadTarget, TooLarge.
    """
    network = trace.network
    poolings = [pooling_of(network, layer) for layer in layers]
    windows = {pooling.layer: swappable(network, pooling.layer) for pooling in poolings}
    target = trace.class_of(target)
    most = min(most, network.preprocessing.size - 1)
    names = (AS_IT_IS, *kinds)
    variants: list[dict[str, Function]] = [{}]  # first the network as it is
    for kind in kinds:
        variants.append(
            {p.layer: _pooled(kind, p, windows[p.layer], network.layers[p.layer].shape, seed) for p in poolings}
        )
    passes = network.graph.halves(next(name for name in network.layers if name in windows), variants)
    sizes = {name: math.prod(described.shape) for name, described in network.layers.items()}
    drawn = [p.n_channels * math.prod(p.after) * math.prod(windows[p.layer].kernel) for p in poolings]
    batch = min(most + 1, batch_size(4 * (max(1, passes.n_held(sizes)) + 2 * max(drawn)), _WHAT))
    pixels = trace.prepared.tensor
    scores: list[list[float]] = [[] for _ in names]
    changes: list[list[float]] = [[] for _ in names]
    still: dict[str, FloatArray] = {}
    cells = _cells_moved(network, poolings[0], most)
    n_done, n_total = 0, len(names) * (most + 1)
    for first in range(0, most + 1, batch):
        steps = range(first, min(first + batch, most + 1))
        moved = torch.cat([_moved(pixels, n) for n in steps])
        with work(_WHAT), torch.inference_mode():
            begun = passes.begin(moved.to(network.device))
        for i, kind in enumerate(names):
            with work(_WHAT), torch.inference_mode():
                output, pooled = passes.finish(i, begun)
            maps = as_array(pooled)
            still.setdefault(kind, maps[0].copy())  # a copy: the others of its batch are not to be kept with it
            scores[i] += [float(probabilities_of(row)[target]) for row in as_array(output)]
            changes[i] += [
                _change(moved_maps, still[kind], cells[n]) for moved_maps, n in zip(maps, steps, strict=True)
            ]
            n_done += len(steps)
            if progress is not None:  # without the lock: it may raise to cancel, or take its time
                progress(n_done, n_total)
    return ShiftTest(tuple(windows), names, target, cells, np.array(scores, np.float32), np.array(changes, np.float32))


def _pooled(kind: str, pooling: Pooling, window: Window, shape: Sequence[int], seed: int) -> Function:
    """A kind of pooling, as it stands in the place of a layer that gives maps of that shape."""

    def pooled(x: torch.Tensor, *sizes: object) -> torch.Tensor:
        found = pool_batch(x, kind, window, pooling.is_ceil, seed)
        return found.reshape(len(found), *shape)

    return pooled


def _moved(x: torch.Tensor, n: int) -> torch.Tensor:
    """A picture (1, C, H, W) n pixels further to the right, its left edge repeated."""
    return F.pad(x, (n, 0, 0, 0), mode="replicate")[..., : x.shape[3]] if n else x


def _cells_moved(network: Network, pooling: Pooling, most: int) -> tuple[int, ...]:
    """The nearest whole number of output cells for each shift; none where the output has no columns to move by."""
    field = network.layers[pooling.layer].receptive_field
    n_columns = pooling.after[1]
    if field.whole or n_columns == 1:
        return (0,) * (most + 1)
    return tuple(min(int(n / field.jump[1] + 0.5), n_columns - 1) for n in range(most + 1))


def _change(moved: FloatArray, still: FloatArray, n_cells: int) -> float:
    if moved.ndim == 3:
        moved, still = moved[:, :, n_cells:], still[:, :, : still.shape[2] - n_cells]
    size = np.sqrt(np.square(still, dtype=np.float64).sum())
    difference = np.sqrt(np.square(moved - still, dtype=np.float64).sum())
    return float(difference / size) if size else math.nan
