"""Pictures without content, to start from or to cover with."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from ..trace import Trace

NOTHING = "what stands for nothing: the mean colour, black, white, or the picture itself, blurred"
FILLS = ("mean", "black", "white", "blur")
_BLUR = 1 / 16  # of the picture's side: the standard deviation, in which no object is left


def filled(trace: Trace, fill: str) -> torch.Tensor:
    """What the network would have received, (1, C, H, W), were the picture one of the FILLS: all of the mean colour of
    the photographs it learned from (0 after normalisation), all black or white, or itself, blurred."""
    network, x = trace.network, trace.prepared.tensor
    if fill == "mean":
        return torch.zeros_like(x).to(network.device)
    if fill == "blur":
        return _blurred(x).to(network.device)
    one_colour = torch.full((1, x.shape[1], 1, 1), float(fill == "white"))
    return network.preprocessing.scaled(one_colour).expand_as(x).to(network.device)


def _blurred(x: torch.Tensor) -> torch.Tensor:
    sigma = _BLUR * x.shape[-1]
    colours = [cv2.GaussianBlur(colour.numpy(), (0, 0), sigma, borderType=cv2.BORDER_REFLECT) for colour in x[0]]
    return torch.from_numpy(np.stack(colours))[None]
