"""What a trace says, in plain sentences."""

from __future__ import annotations

from ..attribution import class_activation_map
from ..attribution.sentences import half_share, region
from ..networks.digits import shows_digit
from ..networks.network import Network
from ..networks.preparation import Prepared
from ..networks.sounds import SoundPreparation, is_of_sound
from ..pictures.image import ImageInput
from ..pictures.samples import subject_of
from ..trace import Trace
from ..wording import number, percent, plural, signed
from .journey import N_MAPS, Stage, StrongMap, shown_stages

_ALL = 0.999  # of the picture: what is less by a rounded pixel is all of it


def headline(trace: Trace) -> str:
    """Network, class and probability, in one line; before them, where it is so, that the network has no word for what
    the picture shows."""
    name = title(trace.network)
    if not trace.is_finite:
        return f"{name} sees nothing: its scores are no numbers"
    if trace.network.no_classes:
        return f"{name} describes the picture in {len(trace.logits):,} numbers"
    best = trace.top(1)[0]
    says = f"{best.category}, {percent(best.probability)}"
    if lacks_digit(trace):
        n = len(trace.network.categories)
        among = "ten digits" if n == 10 else plural(n, "class", "classes")
        return f"There is no digit to read: {name} must choose among {among} all the same, and says {says}"
    if reads_sounds(trace.network):
        if is_of_sound(trace.image.pixels):
            return f"{name} hears: {says}"
        n = len(trace.network.categories)
        return f"There is no sound to hear: {name} must choose among {n} kinds all the same, and says {says}"
    if is_nameless(trace.network):
        return f"{name} has no words for its classes, and says {says}"
    subject = subject_of(trace.image)
    if subject is not None and not subject.is_among(trace.network.categories):
        return f"{name} has no word for {subject.phrase}: it knows only {_known(trace.network)}, and says {says}"
    return f"{name} sees: {says}"


def lacks_digit(trace: Trace) -> bool:
    """Whether the network reads digits, and the picture cannot be one of a digit."""
    return bool(trace.prepared.steps) and not trace.view(_shows_digit)


def reads_sounds(network: Network) -> bool:
    """Whether it is a network of sounds."""
    return isinstance(network.preprocessing, SoundPreparation)


def _shows_digit(trace: Trace) -> bool:
    return shows_digit(trace.image.pixels)


def is_nameless(network: Network) -> bool:
    """Whether nobody has said what the network's classes are called."""
    return all(category == f"class {i}" for i, category in enumerate(network.categories))


_LISTED = 4  # classes in a headline


def _known(network: Network) -> str:
    """The classes, where they are few; else how many they are."""
    names = network.categories
    if len(names) > _LISTED:
        return f"its {len(names):,} classes"
    return " and ".join(", ".join(names).rsplit(", ", 1)) if len(names) > 1 else names[0]


def title(network: Network) -> str:
    """The network's name, never without saying so where its weights are random."""
    return f"{network.title}, untrained," if network.is_random else network.title


def reading(trace: Trace, layer: str | None = None) -> str:
    """One sentence on the evidence for the trace's target, and one on why it is evidence."""
    assert trace.target is not None  # a map is only drawn for a class
    explained = trace.prediction(trace.target)
    if not trace.is_finite:
        return (
            "Some of its scores are no finite numbers, so they order no classes and no map can be drawn: these weights "
            "are broken, or were not trained to the end. What it computes can still be followed layer by layer."
        )
    if not trace.network.has_maps:
        return (
            f"It gives “{explained.category}” {percent(explained.probability)}, but cannot show where in the picture "
            "the evidence lies."
        )
    layer = layer or trace.network.cam_layer
    cam = class_activation_map(trace, layer=layer)
    if cam.max() <= 0:
        return (
            f"There is no positive evidence for “{explained.category}” at {layer}: in no cell do the maps that raise "
            f"its score ({explained.logit:.2f}) outweigh those that lower it."
        )
    places = trace.network.places(layer)
    return (
        f"Half of the evidence for “{explained.category}” ({percent(explained.probability)}) lies in "
        f"{_share_in_words(trace, layer, half_share(cam))}; its centre of mass is {region(cam, places)}. Bright is "
        f"where the maps of {layer} that raise this class's score are strong."
    )


def _share_in_words(trace: Trace, layer: str, share: float) -> str:
    """A share of a map's cells. Where they cover what the network received it is a share of that, and, where that is a
    part of the picture, one of the picture too."""
    if trace.network.places(layer) is not None:
        return f"{percent(share)} of the cells of {layer}"
    part = _received(trace.image, trace.prepared)
    if trace.prepared.steps:
        return f"{percent(share)} of what it received"
    if part > _ALL:
        return f"{percent(share)} of the picture"
    return f"{percent(share)} of what it received, {percent(share * part)} of the picture"


def _received(image: ImageInput, prepared: Prepared) -> float:
    """The share of the picture that a network received."""
    top, left, bottom, right = prepared.box
    return (bottom - top) * (right - left) / (image.pixels.shape[0] * image.pixels.shape[1])


def knows_sentence(network: Network) -> str:
    """What the network can answer at all."""
    if is_nameless(network):
        return (
            f"It knows {len(network.categories):,} classes, whose names nobody has given, and must choose among them, "
            "whatever the picture shows."
        )
    known = ", ".join(network.categories[:12]) + (" …" if len(network.categories) > 12 else "")
    return (
        f"It knows {len(network.categories)} classes ({known}) and must choose among them, whatever the picture shows."
    )


def crop_sentence(image: ImageInput, prepared: Prepared) -> str:
    """Which part of the picture the network received, and at what size."""
    height, width = image.original_size
    side = prepared.pixels.shape[0]
    if prepared.steps and not shows_digit(image.pixels):
        return (
            f"What differs from the border of {width} × {height} pixels, brought into the form of a digit of MNIST: "
            f"{side} × {side}, without colour."
        )
    if prepared.steps:
        return f"The digit in {width} × {height} pixels, as MNIST would show it: {side} × {side}, without colour."
    share = _received(image, prepared)
    part = "all" if share > _ALL else f"the middle {percent(share)}"
    return f"{part[0].upper()}{part[1:]} of {width} × {height} pixels, resized to {side} × {side}."


# What units of such a step through the picture usually answer to, from one look at a network to the next: Zeiler &
# Fergus 2014 (arXiv:1311.2901), figure 2; Bau et al. 2017 (arXiv:1704.05796), figure 5.
_USUALLY = ((2, "edges"), (4, "textures"), (8, "patterns"), (16, "parts"))
_AT_THE_END = "whole things"


def stage_phrase(network: Network, layer: str) -> str:
    """What maps of this size are usually for, in a word or two; nothing of an untrained network."""
    if network.is_random:
        return ""
    size = network.spatial_layer(layer).size
    step = network.preprocessing.size / max(size)
    return next((name for least, name in _USUALLY if step < 1.5 * least), _AT_THE_END)


def map_phrase(stage: Stage, shown: StrongMap) -> str:
    """One map: which it is, its range, and what it adds to the score that is explained."""
    adds = "" if shown.adds is None else f" It adds {signed(shown.adds)} to the score."
    return (
        f"Channel {shown.channel} of {stage.layer}, from {number(shown.low)} to {number(shown.high)}.{adds} Lit up: "
        "what feeds it, and what it feeds."
    )


def numbers_phrase(network: Network, layer: str) -> str:
    """What the numbers are that are left when the maps have ended."""
    kind = network.layer(layer).kind
    return {"average pooling": "averages", "max pooling": "maxima"}.get(kind, "numbers")


def band_sentence(trace: Trace, is_known: bool) -> str:
    """How to read the band of maps; `is_known` says whether it is, what flows between them."""
    if not trace.network.has_maps:
        return "No layer of it has maps: the numbers read the whole picture at once."
    if trace.target is None or not trace.is_finite:
        return "Of each stage the maps with the highest mean, each on its own scale. Point at one, or open it."
    until = "" if is_known else "; all thin until somebody points there, for it takes a few passes"
    names = "" if trace.network.is_random else "The names say what such stages usually answer to. "
    return (
        f"Of each stage the {N_MAPS} maps that add most to the score of “{trace.prediction(trace.target).category}”, "
        "each on its own scale. Lines are as thick as what flows there (gradient × activation): red raises the score, "
        f"blue lowers it{until}. {names}Point at a map, or open it."
    )


def child_sentence(trace: Trace) -> str:
    """What happens, for somebody who has never heard of it."""
    network = trace.network
    if network.is_random:
        return "Nobody has taught it anything yet: it mixes the picture at random, and what it says means nothing."
    if not network.has_maps:
        return "It looks at all dots of the picture at once, and has no idea which of them lie side by side."
    steps = [*dict.fromkeys(stage_phrase(network, stage) for stage in shown_stages(network))]
    way = f"looks for {steps[0]}" if steps else "adds up the dots of the picture, each with a weight of its own"
    way += f", puts them together to {', '.join(steps[1:])}" if steps[1:] else ""
    if network.no_classes or not trace.is_finite:
        return f"It {way}. Bright is where it finds what it looks for."
    best = trace.top(1)[0]
    return f"It {way}, and says what they look like most: “{best.category}”."
