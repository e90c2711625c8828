"""Methods that change something and look what becomes of the score. They need no gradient. A card follows its
function."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from ..errors import BadOption, Unsuited
from ..interventions import ablate
from ..networks.network import Network
from ..trace import FloatArray
from .cam import WEIGHTED
from .fills import FILLS, NOTHING, filled
from .method import SEED, Method, Option, counted
from .passes import covered_scores, scores
from .request import Evidence, OptionValue, Request


def _n_channels(network: Network, layer: str | None, options: Mapping[str, OptionValue]) -> int:
    """A pass for each of the layer's channels, at most as many as are asked for."""
    assert layer is not None  # of a method that works on a layer
    n = network.layer(layer).n_channels
    return min(n, int(options["n_channels"])) if "n_channels" in options else n


def ablation_cam(request: Request) -> Evidence:
    """w[c] = (S - S[c]) / |S|, map = sum_c w[c] A[c], where S is the target and S[c] the target with channel c of the
    layer set to 0 (after Desai and Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360, before ReLU).

    The paper divides by S, as its scores are positive. A logit need not be: where S is negative, its formula gives what
    speaks against the target as what speaks for it. By |S| a channel that raises the target counts for it, whatever S
    is, and of a single logit the maps of both classes differ in their sign alone. Only the layers after this one run
    again. Raises Unsuited where S is 0.
    """
    score, maps = request.score, _cells(request)
    if score == 0:
        raise Unsuited(
            f"Ablation-CAM divides by the score, and {request.target.phrase(request.network)} is exactly 0 here. "
            "Choose another method."
        )
    assert request.layer is not None
    n, weights = len(maps), np.zeros(len(maps), np.float32)
    n_done = 0

    def cam() -> FloatArray:
        return _weighted(weights, maps)

    for changes in ablate(request.trace, request.layer, request.target):
        weights[n_done : n_done + len(changes)] = -changes / np.float32(abs(score))
        n_done += len(changes)
        request.report(n_done, n, cam)
    return Evidence(cam(), n)


ABLATION_CAM = Method(
    title="Ablation-CAM",
    formula="relu(sum_c (S - S[c]) / |S| A[c]), S[c] the score with channel c set to 0; the paper divides by S",
    paper="Desai and Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360",
    needs="a layer's activation, and scores without each channel",
    cost="a pass through the layers that follow, for each channel",
    good_for="a check on Grad-CAM that trusts no gradient, fast at late layers",
    weaknesses="two channels that stand in for each other both seem useless",
    find=ablation_cam,
    unit=WEIGHTED,
    n_passes=_n_channels,
)


def score_cam(request: Request) -> Evidence:
    """map = sum_c w[c] A[c] with w = softmax_c(f(X * M[c]) - f(0)), where M[c] is channel c, enlarged to the picture
    (bilinear) and brought to 0-1 (Wang et al. 2020, arXiv:1910.01279, algorithm 1, before ReLU).

    f is the target before softmax, X the picture after normalisation, so that what a mask hides has the mean colour.
    f(0) is the same for all channels and cancels in the softmax: it is not worked out. A channel that is the same
    everywhere has the empty mask; all of these share one pass. Of `n_channels` fewer than there are, the others, of
    smaller variance, are left out of the softmax and of the sum, which is not in the paper.
    """
    maps, x = request.maps, request.x
    cells = _cells(request)
    variance = cells.reshape(len(cells), -1).var(axis=1, dtype=np.float64)
    chosen = np.sort(np.argsort(-variance, kind="stable")[: request.count("n_channels")])
    is_flat = np.ptp(cells[chosen].reshape(len(chosen), -1), axis=1) == 0
    masked = chosen[~is_flat]
    n = len(masked) + int(is_flat.any())

    def pictures(first: int, last: int) -> torch.Tensor:
        channels = torch.from_numpy(masked[first:last]).to(maps.device)
        shown = torch.zeros(last - first, *x.shape[1:], device=x.device)  # the last may be the empty one
        if len(channels):
            masks = F.interpolate(maps[channels][None], x.shape[-2:], mode="bilinear", align_corners=False)[0]
            low, high = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
            shown[: len(channels)] = x * ((masks - low) / (high - low))[:, None]
        return shown

    found = np.empty(0, np.float32)

    def cam() -> FloatArray:
        channels = np.concatenate([masked, chosen[is_flat]])[: len(found) if len(found) < n else None]
        logits = np.concatenate([found[: len(masked)], np.repeat(found[len(masked) :], is_flat.sum())])
        exponentials = np.exp(logits.astype(np.float64) - logits.max())
        return _weighted((exponentials / exponentials.sum()).astype(np.float32), cells[channels])

    for batch in scores(request, n, pictures):
        found = np.concatenate([found, batch])
        request.report(len(found), n, cam)
    return Evidence(cam(), n)


SCORE_CAM = Method(
    title="Score-CAM",
    formula="relu(sum_c softmax_c(f(X * M[c]) - f(0)) A[c]), M[c] channel c, enlarged, from 0 to 1",
    paper="Wang et al. 2020, arXiv:1910.01279",
    needs="a layer's activation, and scores of masked pictures",
    cost="a pass for each channel that is not the same everywhere",
    good_for="a check on Grad-CAM that trusts no gradient",
    weaknesses="slow; masked pictures are unlike any photograph; its softmax often leaves a few channels all "
    "the weight, or all the same",
    find=score_cam,
    one_sided="Its weights are all positive, so no channel, and no share of it, speaks against the target.",
    unit=WEIGHTED,
    n_passes=_n_channels,
    options=(Option("n_channels", "channels, those with the largest variance; the paper takes all", 8192, 1, 8192),),
)


def occlusion(request: Request) -> Evidence:
    """How far the target falls when a patch around the pixel is covered, averaged over the patches that cover it
    (Zeiler and Fergus 2014, arXiv:1311.2901, section 4.2); positive where the picture supports the target.

    Patches of `patch` x `patch` pixels begin every `stride` pixels; the last of a row or column ends at the border. In
    units of the target. Raises BadOption for a stride that leaves pixels uncovered.
    """
    patch, stride, x = request.count("patch"), request.count("stride"), request.x
    if stride > patch:
        raise BadOption(
            f"A stride of {stride} leaves pixels between patches of {patch} uncovered. "
            f"Choose a stride from 1 to {patch}."
        )
    side = x.shape[-1]
    cover = filled(request.trace, request.choice("fill"))
    starts = range(0, stride * (math.ceil((side - patch) / stride) + 1), stride)
    boxes = [
        (top, left, min(side, top + patch), min(side, left + patch)) for top, left in itertools.product(starts, starts)
    ]
    total, n_covered = np.zeros((side, side)), np.zeros((side, side))
    score, n_done = request.score, 0

    def mean() -> FloatArray:
        return (total / np.maximum(n_covered, 1)).astype(np.float32)

    for batch in covered_scores(request, boxes, cover):
        for (top, left, bottom, right), found in zip(boxes[n_done : n_done + len(batch)], batch, strict=True):
            total[top:bottom, left:right] += score - float(found)
            n_covered[top:bottom, left:right] += 1
        n_done += len(batch)
        request.report(n_done, len(boxes), mean)
    return Evidence(mean(), len(boxes))


def _n_patches(network: Network, layer: str | None, options: Mapping[str, OptionValue]) -> int:
    side = network.preprocessing.size
    return (max(0, math.ceil((side - int(options["patch"])) / int(options["stride"]))) + 1) ** 2


OCCLUSION = Method(
    title="Occlusion",
    formula="relu(mean over patches that cover the pixel of S - S[covered])",
    paper="Zeiler and Fergus 2014, arXiv:1311.2901",
    needs="scores of covered pictures",
    cost="a pass for each patch",
    good_for="an answer that anybody understands: what happens without this part",
    weaknesses="coarse; the cover is itself something to see; two parts that stand in for each other both seem useless",
    find=occlusion,
    uses_layer=False,
    unit="how far {target} falls when this is covered",
    n_passes=_n_patches,
    settings="Patch {patch} × {patch} pixels, stride {stride}, fill {fill}.",
    options=(
        Option("patch", "side of the patch, in pixels", 1 / 7, 0, 1, of_side=True),
        Option("stride", "pixels from one patch to the next, at most the patch", 1 / 14, 0, 1, of_side=True),
        Option("fill", NOTHING, "mean", choices=FILLS),
    ),
)


def rise(request: Request) -> Evidence:
    """map = sum_i f(X * M[i]) M[i] / (N p): the target of N pictures seen through random masks, each counted where it
    let the pixel through (Petsiuk et al. 2018, arXiv:1806.07421, eq. 6).

    f is the probability of a class; of any other target, the target itself. A mask is a grid of `grid` x `grid` cells,
    each open with probability p = `keep`, enlarged (bilinear) and shifted at random by up to a cell (section 3.2). X is
    the picture after normalisation, so that what is hidden has the mean colour.
    """
    n, keep, x, target = request.count("n_masks"), request.share("keep"), request.x, request.target
    side = x.shape[-1]
    drawn = _masks(request.count("seed"), request.count("grid"), keep, side)
    masks = torch.empty(0)

    def pictures(first: int, last: int) -> torch.Tensor:
        nonlocal masks
        masks = torch.stack([next(drawn) for _ in range(last - first)]).to(x.device)
        return x * masks[:, None]

    def probability(value: torch.Tensor) -> torch.Tensor:
        if value.shape[1] == 1:
            return torch.sigmoid(target.score(request.network, value))
        return torch.softmax(value, dim=1)[:, target.index]

    total, n_done = np.zeros((side, side)), 0

    def mean() -> FloatArray:
        return (total / (n_done * keep)).astype(np.float32)

    for batch in scores(request, n, pictures, probability if target.is_class else None):
        total += np.tensordot(batch.astype(np.float64), masks.cpu().numpy(), axes=1)
        n_done += len(batch)
        request.report(n_done, n, mean)
    return Evidence(mean(), n)


RISE = Method(
    title="RISE",
    formula="sum_i f(X * M[i]) M[i] / (N p), M random masks, f the probability",
    paper="Petsiuk et al. 2018, arXiv:1806.07421",
    needs="probabilities of masked pictures",
    cost="a pass for each mask",
    good_for="a network of which nothing is known but its answers",
    weaknesses="slow, and grainy with few masks; a class that is hardly ever likely gives little but noise",
    find=rise,
    uses_layer=False,
    is_level=True,
    one_sided="Every place has the mean of what pictures with it scored, so no share of it speaks for or against.",
    unit="mean {answer} of pictures that show this, an estimate",
    n_passes=counted("n_masks"),
    options=(
        Option("n_masks", "masked pictures; the paper: 4000 to 8000", 1000, 1, 20000),
        Option("grid", "cells of a mask along one side", 7, 1, 32),
        Option("keep", "share of cells that are open", 0.5, 0.01, 0.99),
        SEED,
    ),
)


def _masks(seed: int, grid: int, keep: float, side: int) -> Iterator[torch.Tensor]:
    """RISE's masks, (side, side) from 0 to 1, one after another without end: the same for every size of batch."""
    random = np.random.default_rng(seed)
    cell = math.ceil(side / grid)
    while True:
        cells: NDArray[np.float32] = (random.random((grid, grid)) < keep).astype(np.float32)
        top, left = random.integers(0, cell, 2)
        enlarged = F.interpolate(
            torch.from_numpy(cells)[None, None], ((grid + 1) * cell,) * 2, mode="bilinear", align_corners=False
        )
        yield enlarged[0, 0, top : top + side, left : left + side]


def _cells(request: Request) -> FloatArray:
    assert request.layer is not None  # of a method that works on a layer
    return request.trace[request.layer]


def _weighted(weights: FloatArray, maps: FloatArray) -> FloatArray:
    total: FloatArray = np.tensordot(weights, maps, axes=1).astype(np.float32)
    return total
