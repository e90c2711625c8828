"""Weights that were trained over a network of no catalogue: a file with these alone, and the digest of what they stand
on."""

from __future__ import annotations

import hashlib

import torch

from ..errors import BadCheckpoint
from ..networks.changing import with_classes, with_entries
from ..networks.network import Network, Weights
from ..wording import plural, quoted
from .categories import Categories, named
from .checkpoints import Checkpoint
from .misfits import shape_text


def digest_of(network: Network) -> str:
    """The sha256 of a network's numbers, by the names of their entries: the same however its file is called, its
    classes are and its pictures are prepared."""
    digest = hashlib.sha256()
    for key, value in sorted(network.graph.recorder.state_dict().items()):
        digest.update(f"{key} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def lacks_its_base(checkpoint: Checkpoint, title: str) -> BadCheckpoint:
    """What to say of such a file where its base is not there."""
    assert checkpoint.over is not None  # or it is none
    digest, base = checkpoint.over
    return BadCheckpoint(
        f"{quoted(title)} holds a part of a network alone, which was trained over {quoted(base)} (sha256 of its "
        f"numbers: {digest[:16]}…), and that one is missing. Open {quoted(base)} as the network, and this file as its "
        "weights or beside it."
    )


def network_over(base: Network, checkpoint: Checkpoint, title: str, categories: Categories | None = None) -> Network:
    """The base with the weights of the file in the place of its own; `title` is the file's name. Raises BadCheckpoint
    where it was trained over another network, or over none; BadCategories."""
    if checkpoint.over is None:
        raise BadCheckpoint(
            f"{base.title} holds its own weights, and {quoted(title)} none that were trained over it. Leave it out."
        )
    digest, name = checkpoint.over
    own = base.graph.recorder.state_dict()
    if digest_of(base) != digest:
        raise BadCheckpoint(
            f"{quoted(title)} was trained over {quoted(name)} (sha256 of its numbers: {digest[:16]}…), and "
            f"{base.title} has other numbers. Open it over the network that it was trained over."
        )
    for key, value in checkpoint.state.items():
        if key not in own or own[key].shape[1:] != value.shape[1:]:
            raise _misfit(base, title, f"its {quoted(key)} is {shape_text(value.shape)}")
    names = _names(checkpoint, title)
    if categories is not None:
        names = named(categories, len(names), title)
    graph = with_entries(base.graph, {key: value.to(base.device) for key, value in checkpoint.state.items()})
    around = hashlib.sha256(repr((names, base.preprocessing, digest)).encode()).hexdigest()
    key = f"{base.name}-{checkpoint.digest}-{around}"
    made_by = f"{base.made_by[:-1]}, {title!r})" if base.made_by.startswith("explorer.load_network(") else base.made_by
    found = with_classes(base, graph, names, Weights(title, key, base.notes, made_by=made_by))
    n = found.layers[list(found.layers)[-1]].n_channels
    if n != len(names):
        raise _misfit(base, title, f"it names {plural(len(names), 'class', 'classes')}, and gives {n} numbers")
    return found


def _names(checkpoint: Checkpoint, title: str) -> tuple[str, ...]:
    said = checkpoint.names[1] if checkpoint.names is not None else ()
    return named(said if isinstance(said, list) else (), len(said) if isinstance(said, list) else 0, title)


def _misfit(base: Network, title: str, why: str) -> BadCheckpoint:
    return BadCheckpoint(
        f"{quoted(title)} does not fit {base.title}: {why}. It was changed after it was saved: take the file as it was."
    )
