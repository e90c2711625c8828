"""How the pictures of a person's own network are prepared: as they say, as a file says, or as the weights remember.

A file of weights does not say it. What is known goes before what is read from the first batch norm, that before what
is assumed; and where it came from is always said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from torch import nn

from ..errors import BadPreparation, nearest
from ..networks.bands import BandPreparation
from ..networks.info import NetworkInfo
from ..networks.preparation import PhotoPreparation, Preparation
from ..networks.sounds import SoundPreparation
from ..wording import by, quoted
from .configurations import Configuration, said_of_pictures
from .preparation_checks import OfPictures, check_preparation, checked
from .published import weight_sets
from .scaling import SCALINGS, Reading, read_scaling
from .sources import source_of

FIELDS = tuple(field.name for field in fields(PhotoPreparation))
_OF_CHANNELS = ("mean", "std", "channels", "colour_transform")
_LARGE_ENOUGH = 256  # pixels: what a first layer gives for larger pictures differs in nothing but memory


@dataclass(frozen=True)
class Chosen:
    """A preparation, and where it comes from, as the end of a sentence that begins with "Pictures are prepared"."""

    preparation: Preparation
    origin: str
    is_guess: bool = False  # nobody has said it
    undecided: tuple[str, ...] = ()  # the scalings between which the first batch norm does not decide, nearest first


def choose_preparation(
    info: NetworkInfo, module: nn.Module, asked: Preparation | str | None, configurations: Sequence[Configuration]
) -> Chosen:
    """The preparation of a person's own weights. `module` has them, the configurations lay beside their file or stand
    in it. Raises BadPreparation."""
    usual = source_of(info).preparation(info)
    if asked is not None:
        return asked_preparation(info, asked, usual)
    if not isinstance(usual, PhotoPreparation):
        return Chosen(usual, "")
    if (said := said_preparation(info, usual, configurations)) is not None:
        return said
    first = next((found for found in weight_sets(info) if found.url is not None), None)
    whose = f"as usual for {info.title}" if first is None else f"as for {first.name} of {info.title}"
    return guess_preparation(module, usual, whose)


def said_preparation(
    info: NetworkInfo, usual: PhotoPreparation, configurations: Sequence[Configuration]
) -> Chosen | None:
    """What configurations say, and the rest as usual; None where they say nothing. Raises BadPreparation."""
    if (found := said_of_pictures(configurations, usual)) is None:
        return None
    origin, preparation = found
    try:
        return Chosen(checked(preparation, info), f"as {origin} says")
    except BadPreparation as fact:
        raise BadPreparation(f"What {origin} says of preparing pictures cannot be followed: {fact}") from None


def guess_preparation(
    module: nn.Module, usual: PhotoPreparation, whose: str, unsaid: str = "the file does not say"
) -> Chosen:
    """As the first batch norm of a module remembers, else as usual; `whose` says whose usual one that is."""
    reading = read_scaling(module, min(usual.crop, _LARGE_ENOUGH))
    if reading is not None and reading.is_decided:
        origin = f"as its first batch norm remembers: {reading_sentence(reading)}"
        return Chosen(_as_read(usual, reading.best), origin, True)
    why = "no first batch norm does" if reading is None else reading_sentence(reading)
    undecided = () if reading is None else tuple(reading.divergences)[:2]
    return Chosen(usual, f"{whose}, which is assumed: {unsaid}, and {why}", True, undecided)


def asked_preparation(info: NetworkInfo, asked: Preparation | str | None, otherwise: Preparation) -> Chosen:
    """What a person says, or that of a published set. Raises BadPreparation."""
    if asked is None:
        return Chosen(otherwise, "")
    said = parse_preparation(asked, info) if isinstance(asked, str) else checked(asked, info)
    return Chosen(said, f"as you said, “{asked}”" if isinstance(asked, str) and "=" not in asked else "as you said")


def reading_sentence(reading: Reading) -> str:
    """What the first batch norm says, with its numbers, as part of a sentence."""
    (best, nearest_one), (second, next_one), *_ = reading.divergences.items()
    one, other = SCALINGS[best].title, SCALINGS[second].title
    if reading.is_decided:
        return f"{one} (divergence {nearest_one:.2g}; the next best, {other}: {next_one:.2g})"
    both = f"{one} (divergence {nearest_one:.2g}) and {other} ({next_one:.2g})"
    if reading.is_near:
        return f"its first batch norm is undecided between {both}"
    return f"its first batch norm remembers none of the usual ways: the nearest are {both}"


def preparation_sentence(preparation: Preparation) -> str:
    """What is done to a picture, in words."""
    if isinstance(preparation, BandPreparation):
        scaled = f"less {_triple(preparation.mean)}, divided by {_triple(preparation.std)}"
        return f"{_cut_sentence(preparation.cut)}, then {', '.join(preparation.inputs)}, {scaled}"
    if isinstance(preparation, SoundPreparation):
        return f"the spectrogram of a sound as it is; other pictures without colour, {by((preparation.size,) * 2)}"
    if not isinstance(preparation, PhotoPreparation):
        return "a digit, cut out and centred as those of MNIST are"
    parts = [
        _cut_sentence(preparation),
        f"values from 0 to 1 less {_triple(preparation.mean)}, divided by {_triple(preparation.std)}",
        preparation.channels,
    ]
    if preparation.colour_transform:
        parts.append("then the colour transform of Inception, inside the network")
    return ", ".join(parts)


def _cut_sentence(preparation: PhotoPreparation) -> str:
    return (
        f"{'both sides' if preparation.squash else 'shorter side'} to {preparation.resize} pixels "
        f"({preparation.interpolation}), the middle {by((preparation.crop, preparation.crop))}"
    )


def as_text(preparation: Preparation) -> str:
    """What `parse_preparation` takes to make the same one; of other channels than colours, what they are."""
    if isinstance(preparation, BandPreparation):
        of_cut = {name: getattr(preparation.cut, name) for name in FIELDS if name not in _OF_CHANNELS}
        values = {**of_cut, "channels": preparation.sources, "mean": preparation.mean, "std": preparation.std}
        return ",".join(f"{name}={_value_text(value)}" for name, value in values.items())
    if not isinstance(preparation, PhotoPreparation):
        return "sounds" if isinstance(preparation, SoundPreparation) else "digits"
    return ",".join(f"{name}={_value_text(getattr(preparation, name))}" for name in FIELDS)


def parse_preparation(text: str, info: NetworkInfo) -> Preparation:
    """A preparation by name, field by field, or both: `half`, `IMAGENET1K_V2`, `half,crop=192,channels=BGR`.

    What is not said is as usual for the network. Raises BadPreparation.
    """
    usual = source_of(info).preparation(info)
    if not isinstance(usual, PhotoPreparation):
        if text == info.reads:
            return usual
        raise BadPreparation(
            f"{info.title} reads digits, which are always prepared as those of MNIST are: leave it out."
            if info.reads == "digits"
            else f"{info.title} reads {info.reads}, whose pictures are always taken as they are: leave it out."
        )
    presets = {found.name: found.preparation for found in weight_sets(info)}
    chosen = _said(text, usual, presets)
    return checked(chosen, info)


def preparation_in_words(text: str, usual: OfPictures) -> OfPictures:
    """The same for a network of no catalogue: what is not said is as in `usual`. Raises BadPreparation."""
    chosen = _said(text, usual, {})
    check_preparation(chosen, "a network of no catalogue")
    return chosen


def _said(text: str, usual: OfPictures, names: Mapping[str, Preparation]) -> OfPictures:
    chosen = usual
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign and name in SCALINGS and isinstance(chosen, PhotoPreparation):
            chosen = _scaled(chosen, name)
        elif not sign and isinstance(preset := names.get(name), PhotoPreparation):
            chosen = preset
        elif sign and name in FIELDS:
            chosen = _changed(chosen, name, value)
        else:
            known = [*SCALINGS, *names, *FIELDS]
            raise BadPreparation(
                f"{quoted(part)} is no way to prepare pictures.{nearest(name, known)} Name one of "
                f"{', '.join(SCALINGS)}, a published set such as {next(iter(names), 'IMAGENET1K_V1')}, or fields "
                "such as resize=256, crop=224, mean=0.5, std=0.5, interpolation=bicubic, channels=BGR."
            )
    return chosen


def _changed(preparation: OfPictures, name: str, value: str) -> OfPictures:
    """With another value of a field, as text; numbers are parted by / or spaces, one for each channel or for all."""
    if isinstance(preparation, PhotoPreparation):
        return replace(preparation, **{name: _parsed(name, value, 3)})
    if name == "channels":
        return replace(preparation, sources=tuple(value.lower().replace("/", " ").split()))
    if name in ("mean", "std"):
        return replace(preparation, **{name: _parsed(name, value, preparation.n_channels)})
    return replace(preparation, cut=replace(preparation.cut, **{name: _parsed(name, value, 3)}))


def _parsed(name: str, value: str, n: int) -> Any:
    """The value of a field; of `n` channels."""
    try:
        if name in ("resize", "crop"):
            return int(value)
        if name in ("mean", "std"):
            numbers = [float(number) for number in value.replace("/", " ").split()]
            if len(numbers) not in (1, n):
                raise ValueError
            return tuple(numbers * n if len(numbers) == 1 else numbers)
    except ValueError:
        several = "three as in 0.485/0.456/0.406" if n == 3 else f"{n} with / between them"
        takes = "a whole number" if name in ("resize", "crop") else f"one number, or {several}"
        raise BadPreparation(f"{name} takes {takes}, not '{value}'.") from None
    if name in ("colour_transform", "squash"):
        if value.lower() not in ("true", "false"):
            raise BadPreparation(f"{name} is true or false, not '{value}'.")
        return value.lower() == "true"
    return value.upper() if name == "channels" else value.lower()


def _scaled(preparation: PhotoPreparation, name: str) -> PhotoPreparation:
    scaling = SCALINGS[name]
    return replace(preparation, mean=scaling.mean, std=scaling.std, colour_transform=False)


def _as_read(usual: PhotoPreparation, best: str) -> PhotoPreparation:
    """What the usual preparation becomes. A network with a colour transform turns ImageNet's scaling into that from
    -1 to 1: where this is what its batch norm remembers, it was trained with the transform, as usual."""
    if usual.colour_transform and best in ("half", "tensorflow"):
        return usual
    return _scaled(usual, best)


def _triple(values: tuple[float, ...]) -> str:
    same = len(set(values)) == 1
    return f"{values[0]:.4g}" if same else f"({', '.join(f'{value:.4g}' for value in values)})"


def _value_text(value: object) -> str:
    if isinstance(value, tuple):
        return "/".join(part if isinstance(part, str) else repr(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
