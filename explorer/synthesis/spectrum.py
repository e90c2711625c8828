"""Pictures as sums of waves: what is changed while one is made are the waves, not the pixels.

Pixels that are changed one by one end in a fine pattern that nobody can read. Waves whose strength falls with their
frequency, as in photographs, and colours that vary together as in photographs, make every direction of a step about
equally likely (Olah, Mordvintsev and Schubert 2017, doi:10.23915/distill.00007, “Preconditioning and
parameterization”).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from PIL import Image

from ..networks.preparation import COLOURS, Preparation
from ..pictures.samples import SAMPLES, load_sample

# The root of the covariance of the colours of ImageNet's pixels, as the authors of Lucid measured it (Apache-2.0,
# lucid/optvis/param/color.py): a column each for bright against dark, red against blue, green against both.
_ROOT = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
TOGETHER = _ROOT / _ROOT.norm(dim=0).max()
_SHARPEST = 1e-4  # added to a standard deviation, which may be 0


def frequencies(side: int) -> torch.Tensor:
    """Of the waves of `torch.fft.rfft2`, (side, side // 2 + 1): cycles a pixel, 0 to sqrt(1/2)."""
    return torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None])


def falling(side: int, power: float) -> torch.Tensor:
    """How strong a wave is by its frequency f, (side, side // 2 + 1): 1 / max(f, 1 / side) ^ power, times side."""
    return side / frequencies(side).clamp(min=1 / side) ** power


def of_waves(spectrum: torch.Tensor, strengths: torch.Tensor, side: int) -> torch.Tensor:
    """Pictures, (B, C, side, side), of mean 0 and variance 1 each, from waves, (B, C, side, side // 2 + 1) complex."""
    return standardised(torch.fft.irfft2(standardised(spectrum) * strengths, s=(side, side)))


def of_phases(phases: torch.Tensor, strengths: torch.Tensor, side: int) -> torch.Tensor:
    """The same where the waves keep their strengths, and their phases alone are free, (B, C, side, side // 2 + 1): MACO
    (Fel et al. 2023, arXiv:2306.06805, eq. 3).

    The phases count as they are. Horama brings them to variance 1 first: then most of them lie near 0, all waves have
    their crests in the picture's corner, and it is glaring there whatever the picture is made for.
    """
    return standardised(torch.fft.irfft2(torch.polar(strengths.expand_as(phases), phases), s=(side, side)))


def standardised(values: torch.Tensor) -> torch.Tensor:
    """Each of a batch less its mean, divided by its standard deviation."""
    centred = values - values.mean(tuple(range(1, values.ndim)), keepdim=True)
    if not centred.is_complex():
        return centred / (centred.std(tuple(range(1, values.ndim)), keepdim=True) + _SHARPEST)
    parts = torch.view_as_real(centred)  # the way back through complex numbers takes twice as long
    size = torch.linalg.vector_norm(parts.flatten(1), dim=1) / math.sqrt(centred[0].numel() - 1)
    return torch.view_as_complex(parts * (1 / (size + _SHARPEST)).reshape(-1, *[1] * (parts.ndim - 1)))


def in_colour(components: torch.Tensor) -> torch.Tensor:
    """Three independent components, (B, 3, H, W), as red, green and blue that vary together as in photographs."""
    return torch.einsum("rk,bkyx->bryx", TOGETHER, components)


def has_colours(preparation: Preparation) -> bool:
    """Whether a network reads red, green and blue, in whatever order, and nothing else."""
    return sorted(preparation.inputs) == sorted(COLOURS)


@lru_cache(maxsize=16)
def of_photographs(side: int, is_grey: bool) -> torch.Tensor:
    """How strong the waves are in photographs, (C, side, side // 2 + 1): of the middle squares of those that come with
    the program, and of their mirror images across the diagonal, brought to this size; the mean of each colour
    component's magnitudes (of the brightness alone, C = 1), evened out over directions."""
    photographs = [load_sample(name) for name, sample in SAMPLES.items() if sample.draw is None]
    found = []
    for image in photographs:
        picture = Image.fromarray(image.pixels)
        least = min(picture.size)
        left, top = (picture.width - least) // 2, (picture.height - least) // 2
        small = picture.resize((side, side), Image.Resampling.LANCZOS, box=(left, top, left + least, top + least))
        values = torch.from_numpy(np.asarray(small).astype(np.float32) / 255).permute(2, 0, 1)
        components = (
            values.mean(dim=0, keepdim=True)
            if is_grey
            else torch.einsum("kr,ryx->kyx", torch.linalg.inv(TOGETHER), values)
        )
        found.append(torch.fft.rfft2(components).abs())
    return _evened(torch.stack(found).mean(dim=0), side)


def _evened(magnitudes: torch.Tensor, side: int) -> torch.Tensor:
    """Each wave as strong as those of its frequency are in the mean: few photographs have directions of their own."""
    rings = (frequencies(side) * side).round().long().flatten()
    flat = magnitudes.flatten(1)
    sums = torch.zeros(len(flat), int(rings.max()) + 1).index_add(1, rings, flat)
    counts = torch.zeros(int(rings.max()) + 1).index_add(0, rings, torch.ones(len(rings)))
    return (sums / counts)[:, rings].reshape(magnitudes.shape)
