"""The code that makes the scores of a concept."""

from __future__ import annotations

from collections.abc import Sequence

from ..snippets import Setting


def scores(
    setting: Setting, concept: str, examples: str, target: int, layers: Sequence[str], n_sets: int
) -> str:  # fmt: skip
    """The scores, (layers, sets); `concept` and `examples` are expressions for lists of pictures."""
    files = ("from pathlib import Path", "from explorer.pictures.folders import find_pictures")
    return setting.load(
        "from explorer.concepts import tcav",
        "from explorer.concepts.shown import crops, drawn_concept, random_pictures, sets_of",
        *(files if "Path(" in examples else ()),
    ) + (
        f"concept = {concept}\n"
        f"random = sets_of(random_pictures({n_sets} * len(concept)), {n_sets})\n"
        f"array = tcav(network, concept, random, {examples}, {target}, {list(layers)}).scores\n"
    )


def pictures_in(folder: str, n: int) -> str:
    """The expression for so many pictures in a folder."""
    return f"[file.read() for file in find_pictures([Path({folder!r})], {n})]"
