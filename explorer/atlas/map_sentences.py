"""What is said of the pictures of an atlas."""

from __future__ import annotations

from collections.abc import Sequence

from ..wording import percent, plural, quoted
from .neighbours import N_NEAREST, Suspect
from .projection import Depth
from .reading import Atlas


def atlas_sentence(atlas: Atlas) -> str:
    """What an atlas is of."""
    classes = f" of {plural(len(atlas.classes), 'class', 'classes')}" if atlas.classes else ""
    broken = atlas.manifest.n_broken
    out = (
        f" {plural(broken, 'file')} could not be read and {'was' if broken == 1 else 'were'} left out."
        if broken
        else ""
    )
    return f"{plural(atlas.n_pictures, 'picture')}{classes}, {plural(len(atlas.layers), 'layer')}.{out}"


def matched_sentence(atlas: Atlas) -> str:
    """Which of the folder's classes the network has."""
    without = [name for name, index in zip(atlas.classes, atlas.class_indices, strict=True) if index < 0]
    if not atlas.classes:
        return "The pictures lay in no folders, so nobody knows their classes: nothing is right or wrong here."
    rule = "A folder's class is the network's of the same name, whatever its capitals and underlines"
    if not without:
        return f"{rule}: all {len(atlas.classes)} were found."
    named = ", ".join(map(quoted, without[:4])) + (", …" if len(without) > 4 else "")
    return (
        f"{rule}. Of {len(without)} of {len(atlas.classes)} there is none ({named}): their pictures are neither right "
        "nor wrong."
    )


def map_sentence(depth: Depth, at: int, share: float, by_lot: float, is_tsne: bool = False) -> str:
    """How far the classes have come apart at a layer, and how to read the map."""
    layer = depth.layers[at]
    if is_tsne:
        said = (
            f"At {layer} neighbours in fifty components lie beside each other (t-SNE): how far groups are apart means "
            "little."
        )
    else:
        said = f"At {layer} two components hold {percent(depth.explained[at])} of the variance of the channels' means."
    if share != share:
        return said
    return (
        f"{said} Of the {N_NEAREST} pictures nearest to each, by all channels, {percent(share)} are of its class; by "
        f"lot it would be {percent(by_lot)}."
    )


def suspects_sentence(suspects: Sequence[Suspect], layer: str, n: int) -> str:
    """How many labels are likely wrong, and by which rule."""
    return (
        f"{plural(len(suspects), 'picture')} of {n:,} {'is' if len(suspects) == 1 else 'are'} likely mislabelled: at "
        f"{layer}, two or fewer of the {N_NEAREST} nearest pictures have its label, six or more have another one, and "
        "the network gives less than 10\u00a0% to the label, where it has such a class. Look before you believe it: a "
        "network may be wrong about a whole class."
    )


def suspect_phrase(atlas: Atlas, one: Suspect) -> str:
    """A picture with such a label, in a line."""
    return (
        f"labelled {quoted(atlas.classes[one.label])}; {percent(one.likelier_share)} of its nearest are "
        f"{quoted(atlas.classes[one.likelier])}"
    )


def twins_sentence(n_pairs: int, layer: str) -> str:
    """How many pictures are there twice, and by which rule."""
    return (
        f"{plural(n_pairs, 'pair')} of pictures {'is' if n_pairs == 1 else 'are'} the same but for a little: among "
        f"each other's {N_NEAREST} nearest at {layer} with a cosine of 0.85 or more, and thumbnails that differ by 10 "
        "levels of 255 or fewer, mirrored or not. Files with the very same pixels are one picture of the atlas already."
    )


def statistics_sentence(atlas: Atlas) -> str:
    """How to read the statistics of layers."""
    n = len(atlas.table()["layer"])
    return (
        f"Means over the {n:,} channels, layer by layer. Class selectivity is 0 for a channel that answers alike to "
        "all classes, and 1 for one that answers to a single one (Morcos et al. 2018)."
    )
