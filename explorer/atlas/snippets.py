"""The code that makes what the page Atlas shows, from an atlas in a folder."""

from __future__ import annotations

_OPEN = "from explorer.atlas import open_atlas\n"


def pictures_map(folder: str, at: int) -> str:
    """The places of the pictures at one layer, (n, 2)."""
    return (
        f"{_OPEN}from explorer.atlas.projection import through_depth\n\natlas = open_atlas({folder!r})\n"
        f"array = through_depth(atlas).places[{at}]\n"
    )


def tsne_map(folder: str, layer: str) -> str:
    """The same by t-SNE."""
    return (
        f"{_OPEN}from explorer.atlas.tsne import tsne\n\natlas = open_atlas({folder!r})\n"
        f"array = tsne(atlas.features({layer!r}))\n"
    )


def matrix(folder: str) -> str:
    """What is taken for what, (k, k + 1)."""
    return (
        f"{_OPEN}from explorer.atlas.answered import confusion\n\natlas = open_atlas({folder!r})\n"
        "array = confusion(atlas)\n"
    )


def suspects(folder: str, layer: str) -> str:
    """The rows of pictures that are likely mislabelled."""
    return (
        f"{_OPEN}from explorer.atlas.neighbours import mislabelled, nearest\n\natlas = open_atlas({folder!r})\n"
        f"pictures, found = atlas.pictures, nearest(atlas.features({layer!r}))\n"
        "array = [one.row for one in mislabelled(found, pictures.label, pictures.of_label)]\n"
    )


def twins(folder: str, layer: str) -> str:
    """Pairs of rows of pictures that are the same but for a little."""
    return (
        f"{_OPEN}from explorer.atlas.neighbours import duplicates, nearest\n\natlas = open_atlas({folder!r})\n"
        f"found = duplicates(nearest(atlas.features({layer!r})), atlas.pictures.thumbnail)\n"
        "array = [(one, other) for one, other, _ in found]\n"
    )


def statistics(name: str) -> str:
    """The mean class selectivity of each layer's channels, of an atlas that comes along."""
    return (
        "import numpy as np\n\nimport explorer\nfrom explorer.atlas import shipped\n\n"
        f"atlas = shipped(explorer.load_network({name!r}))[0]\n"
        "table = atlas.table()\n"
        'array = [np.nanmean(table["selectivity"][table["layer"] == layer]) for layer in atlas.layers]\n'
    )
