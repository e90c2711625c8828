"""The code that makes what the page Atlas shows, from an atlas in a folder."""

from __future__ import annotations

from ..places import assets
from .reading import Atlas

_OPEN, _SHIPPED = "from explorer.atlas import open_atlas\n", "import explorer\nfrom explorer.atlas import shipped\n"


def _opened(atlas: Atlas, imports: str) -> str:
    """The lines that open it: by the name of its folder, or, of one that comes along, by its title."""
    if not atlas.folder.is_relative_to(assets()):
        return f"{_OPEN}{imports}\natlas = open_atlas({atlas.folder.name!r})\n"
    network = f"explorer.load_network({atlas.network!r}, {atlas.manifest.weights!r})"
    return f"{_SHIPPED}{imports}\natlas = next(one for one in shipped({network}) if one.title == {atlas.title!r})\n"


def pictures_map(atlas: Atlas, at: int) -> str:
    """The places of the pictures at one layer, (n, 2)."""
    return (
        _opened(atlas, "from explorer.atlas.projection import through_depth\n")
        + f"array = through_depth(atlas).places[{at}]\n"
    )


def tsne_map(atlas: Atlas, at: int) -> str:
    """The same by t-SNE, begun from there."""
    imports = "from explorer.atlas.projection import through_depth\nfrom explorer.atlas.tsne import tsne\n"
    return _opened(atlas, imports) + (
        "depth = through_depth(atlas)\n"
        f"features = atlas.features({atlas.layers[at]!r})[depth.rows]\n"
        f"array = tsne(features, start=depth.places[{at}])\n"
    )


def matrix(atlas: Atlas) -> str:
    """What is taken for what, (k, k + 1)."""
    return _opened(atlas, "from explorer.atlas.answered import confusion\n") + "array = confusion(atlas)\n"


def suspects(atlas: Atlas, layer: str) -> str:
    """The rows of pictures that are likely mislabelled."""
    return (
        _opened(atlas, "from explorer.atlas.neighbours import mislabelled, nearest\n")
        + f"pictures, found = atlas.pictures, nearest(atlas.features({layer!r}))\n"
        "array = [one.row for one in mislabelled(found, pictures.label, pictures.of_label)]\n"
    )


def twins(atlas: Atlas, layer: str) -> str:
    """Pairs of rows of pictures that are the same but for a little."""
    return (
        _opened(atlas, "from explorer.atlas.neighbours import duplicates, nearest\n")
        + f"found = duplicates(nearest(atlas.features({layer!r})), atlas.pictures.thumbnail)\n"
        "array = [(one, other) for one, other, _ in found]\n"
    )


def statistics(atlas: Atlas) -> str:
    """The mean class selectivity of each layer's channels."""
    return (
        "import numpy as np\n\n"
        + _opened(atlas, "")
        + (
            "table = atlas.table()\n"
            'array = [np.nanmean(table["selectivity"][table["layer"] == layer]) for layer in atlas.layers]\n'
        )
    )


def channel_counts(atlas: Atlas, layer: str, channel: int) -> str:
    """How often which value of a channel occurs, (B,): of an atlas with pictures, which mean of its map."""
    if not atlas.has_pictures:
        return _opened(atlas, "") + f"array = atlas.channel({layer!r}, {channel}).histogram.counts\n"
    imports = "from explorer.units.standing import of_pictures\n"
    return _opened(atlas, imports) + f"array = of_pictures(atlas, {layer!r}, {channel}).counts\n"


def channel_by_class(atlas: Atlas, layer: str, channel: int, what: str) -> str:
    """A channel's means over the pictures of each class, (classes,): `by_class` of it, or `use_by_class`."""
    return _opened(atlas, "") + f"array = atlas.channel({layer!r}, {channel}).{what}\n"
