"""Whether a network can be given its pictures in a certain way."""

from __future__ import annotations

import math

from ..errors import BadPreparation
from ..networks.bands import NAMED, BandPreparation
from ..networks.info import NetworkInfo
from ..networks.preparation import INTERPOLATIONS, PhotoPreparation, Preparation
from .sources import source_of

OfPictures = PhotoPreparation | BandPreparation

_MOST = 4096  # pixels: a side beyond it is a mistake


def checked(preparation: Preparation, info: NetworkInfo) -> Preparation:
    """The same, if the network can be given it. Raises BadPreparation."""
    usual = source_of(info).preparation(info)
    if type(preparation) is not type(usual):
        raise BadPreparation(f"{info.title} reads {info.reads}: its preparation must be a {type(usual).__name__}.")
    if not isinstance(preparation, PhotoPreparation):
        return preparation
    problem = problem_of(preparation)
    if preparation.colour_transform and not (isinstance(usual, PhotoPreparation) and usual.colour_transform):
        problem = f"{info.title} has no colour transform: only GoogLeNet and Inception v3 have one"
    if problem:
        raise BadPreparation(f"{problem[0].upper()}{problem[1:]}.")
    return preparation


def check_preparation(preparation: object, whose: str) -> None:
    """Raise BadPreparation where it is none for a network of no catalogue; `whose` is what that is called."""
    if not isinstance(preparation, OfPictures):
        raise BadPreparation(
            f"The preparation of {whose} is a PhotoPreparation or a BandPreparation, not {type(preparation).__name__}."
        )
    problem = problem_of(preparation)
    if isinstance(preparation, PhotoPreparation) and preparation.colour_transform:
        problem = f"{whose} has no colour transform but its own"
    if problem:
        raise BadPreparation(f"{problem[0].upper()}{problem[1:]}.")


def problem_of(preparation: OfPictures) -> str:
    """What is wrong with it, as a sentence without its stop; empty where nothing is."""
    if isinstance(preparation, BandPreparation):
        return problem_of(preparation.cut) or _problem_of_channels(preparation)
    for name in ("resize", "crop"):
        if not 1 <= getattr(preparation, name) <= _MOST:
            return f"{name} must be from 1 to {_MOST:,} pixels, not {getattr(preparation, name):,}"
    if preparation.crop > preparation.resize:
        return f"crop ({preparation.crop}) must not be larger than resize ({preparation.resize})"
    if preparation.interpolation not in INTERPOLATIONS:
        return f"interpolation must be one of {', '.join(INTERPOLATIONS)}, not '{preparation.interpolation}'"
    if preparation.channels not in ("RGB", "BGR"):
        return f"channels must be RGB or BGR, not '{preparation.channels}'"
    return _problem_of_scale(preparation)


def _problem_of_scale(preparation: OfPictures) -> str:
    if not all(math.isfinite(value) for value in (*preparation.mean, *preparation.std)):
        return "mean and std must be finite numbers"
    if not all(value > 0 for value in preparation.std):
        return "std must be above 0"
    return ""


def _problem_of_channels(preparation: BandPreparation) -> str:
    n = preparation.n_channels
    if not n or not len(preparation.mean) == len(preparation.std) == n:
        return f"each of the {n} channels needs a mean and a std of its own"
    for source in preparation.sources:
        is_number = source.isdecimal() and len(source) < 4 and int(source) > 0
        if not is_number and source not in NAMED:
            return f"a channel is {', '.join(NAMED)} or a number from 1 on, not '{source}'"
    return _problem_of_scale(preparation)
