"""From a name and a choice of weights to a network that is ready to run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..errors import BadArgument, BadCheckpoint, BadPreparation, UnknownNetwork
from ..networks.info import NetworkInfo
from ..networks.network import Network, Weights
from ..networks.preparation import PhotoPreparation, Preparation
from ..networks.tracing import PLAIN
from ..running.lock import LOCK
from ..running.memory import ensure_room, room
from ..running.progress import Progress
from ..wording import described, plural
from .catalog import find
from .categories import Categories, named, names_found
from .checkpoints import Checkpoint, load_state, read_checkpoint
from .configurations import Configuration, configurations_beside, configurations_inside, said_of_classes
from .heads import ReplacedHead
from .model_files import is_model_file, network_in
from .over import lacks_its_base, network_over
from .preparations import asked_preparation, choose_preparation, said_preparation
from .published import find_file, find_set, locate, weight_sets
from .recognition import head, recognise
from .skeleton import Unallocated
from .sources import source_of
from .sources.source import WeightSet

_IN_ITS_FOLDER = "model.safetensors"  # whose network the folder names: what lies beside is about it
_OWN_FILE_LIMIT = 4 << 30  # bytes; a file that a person named or the program fetched, not one from a stranger


def load_network(
    name: str | os.PathLike[str], weights: str | Path | bytes = "pretrained", seed: int = 0,
    progress: Progress | None = None, categories: Categories | None = None,
    preparation: Preparation | str | None = None,
) -> Network:  # fmt: skip
    """Build the network `name` and give it weights; or open a file of a whole network, `name.onnx`, `.keras` or `.h5`,
    or the `.safetensors` of a row of blocks.

    `weights` is "pretrained", the name of a published set ("IMAGENET1K_V2"), "random" (drawn from `seed` as the
    architecture's authors initialised it), or a path to, or the bytes of, a checkpoint of that architecture.
    Trained weights that are not on this machine are fetched once, with `progress(received, total)`. Nothing ever
    becomes random by itself.

    A checkpoint may have any number of classes, or a single logit for two; `categories` names them: a sequence, or a
    path to, or the bytes of, a file that `read_categories` understands. How its pictures are prepared is said by
    `preparation`, in words that `parse_preparation` understands or as a value; else by a file beside it, else by its
    first batch norm; else it is assumed, and a note says so. Over a file of a whole network, weights are those that
    `explorer finetune` trained over that very one.

    Raises UnknownNetwork, BadArgument, WeightsUnavailable, BadCheckpoint, BadModelFile, BadModule, BadCategories,
    BadPreparation, BadDevice, TooLarge.
    """
    name = _checked(name, weights, seed)
    if is_model_file(name, Path(name)) or Path(name).suffix.lower() == ".safetensors":  # which no network is called
        return _whole(Path(name), weights, categories, preparation)
    info = find(name)
    if (need := source_of(info).need) is not None:
        need(info)
    ensure_room(info.pass_bytes, f"One pass of {info.title}")
    with room(f"Loading {info.title}"):
        if weights == "random":
            return _random(info, seed, preparation)
        if isinstance(weights, str) and _is_set(info, weights):
            return _trained(info, find_set(info, weights), progress, preparation)
        if isinstance(weights, bytes):
            return own_network(info, read_checkpoint(weights), "uploaded checkpoint", categories, preparation)
        checkpoint = read_checkpoint(weights, max_bytes=_OWN_FILE_LIMIT)
        return own_network(
            info, checkpoint, Path(weights).name, categories, preparation, configurations_beside(Path(weights))
        )


def _checked(name: str | os.PathLike[str], weights: object, seed: object) -> str:
    """The name or path as text. Raises UnknownNetwork, BadCheckpoint and BadArgument for what is of another kind."""
    if not isinstance(name, str | os.PathLike):
        raise UnknownNetwork(
            f"A network is loaded by its name, or by the path of its file, not by {described(name)}. "
            "explorer.list_networks() lists the names; explorer.network_of takes a torch.nn.Module."
        )
    if not isinstance(weights, str | os.PathLike | bytes):
        raise BadCheckpoint(
            f"Weights are 'pretrained', 'random', the name of a published set, or a checkpoint: its path or its bytes; "
            f"not {described(weights)}."
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 1 << 63:
        raise BadArgument(f"A seed is a whole number from 0 on, not {described(seed)}.")
    return os.fspath(name)


def _whole(
    path: Path, weights: str | Path | bytes, categories: Categories | None, preparation: Preparation | str | None
) -> Network:
    if weights == "random" or (isinstance(weights, str) and not Path(weights).is_file() and weights != "pretrained"):
        raise BadCheckpoint(f"'{path.name}' holds its own weights. Leave out others.")
    beside, trained = configurations_beside(path), None
    if weights != "pretrained":
        trained = read_checkpoint(weights, max_bytes=_OWN_FILE_LIMIT)
        beside = (*configurations_inside(trained.settings), *beside)
    with room(f"Loading {path.name}"):
        base = network_in(
            path, path.name, max_bytes=_OWN_FILE_LIMIT, categories=categories if trained is None else None,
            preparation=preparation, configurations=beside,
        )  # fmt: skip
        if trained is None:
            return base
        return network_over(base, trained, "weights" if isinstance(weights, bytes) else Path(weights).name, categories)


def own_network(
    info: NetworkInfo, checkpoint: Checkpoint, title: str, categories: Categories | None = None,
    preparation: Preparation | str | None = None, beside: Sequence[Configuration] = (),
) -> Network:  # fmt: skip
    """The network with a person's own weights; its head decides on the number of classes.

    Without `categories` it has the usual names if it has the usual number of classes, else "class 0" and so on.
    """
    if checkpoint.over is not None:
        raise lacks_its_base(checkpoint, title)
    source = source_of(info)
    usual_transform = _colour_transform(source.preparation(info))
    # first: what does not fit may claim any number
    module, logits, assumed = _own_module(info, checkpoint, title, usual_transform)
    n_classes = max(2, logits) if logits else 0
    notes = [*checkpoint.notes, *assumed]
    usual = source.categories(info)
    found, note = names_found(checkpoint.names, n_classes, "in the file under {}")
    if found is None and (said := said_of_classes(beside)) is not None:
        found, note = names_found(said, n_classes, "in {} beside it")
    if categories is None and note:
        notes.append(note)
    if categories is not None:
        names = named(categories, n_classes, title)
    elif found is not None:
        names = found
    elif not usual and logits == source.n_logits(info):
        names = ()  # it is no classifier
    elif n_classes == len(usual):
        names = usual
        notes.append(
            f"It has {plural(n_classes, 'class', 'classes')}, so they are called as those of {info.title} usually are"
        )
    else:
        names = tuple(f"class {i}" for i in range(n_classes))
    configurations = (*beside, *configurations_inside(checkpoint.settings))
    chosen = choose_preparation(info, module, preparation, configurations)
    if chosen.is_guess:
        notes.append(f"Its pictures are prepared {chosen.origin}")
    if _colour_transform(chosen.preparation) != usual_transform:
        module, *_ = _own_module(info, checkpoint, title, not usual_transform)
    key = _key(info, checkpoint, names, chosen.preparation)
    own = Weights(title, key, tuple(notes), chosen.origin, chosen.undecided)
    return _network(info, module, names, chosen.preparation, own)


def _own_module(
    info: NetworkInfo, checkpoint: Checkpoint, title: str, colour_transform: bool
) -> tuple[nn.Module, int, tuple[str, ...]]:
    """The filled module, how many numbers it ends in, and notes on what of its head a file does not tell."""
    rows = checkpoint.state.get(_head(info))
    usual = source_of(info).n_logits(info)
    logits = len(rows) if rows is not None and rows.ndim and len(rows) else usual  # load_state says why
    try:
        return _filled(info, checkpoint, title, logits, colour_transform), logits, ()
    except BadCheckpoint as error:
        found, fact = recognise(checkpoint.state), str(error)
    if found.network not in (None, info.name):
        raise BadCheckpoint(f"{fact} Its entries are those of {found.network}.")
    if found.head is None:
        raise BadCheckpoint(f"{fact} {found.reason}".rstrip())
    module = _filled(info, checkpoint, title, usual, colour_transform, found.head)
    return module, found.n_logits, found.head.notes


def _head(info: NetworkInfo) -> str:
    """The entry with the weights of the network's last layer."""
    own = source_of(info).head
    return head(info.name) if own is None else f"{own(info)}.weight"


def pretrained_is_here(name: str, weights: str = "pretrained") -> bool:
    """Whether load_network(name, weights) would find them on this machine, without fetching anything."""
    info = find(name)
    return bool(weight_sets(info)) and find_file(find_set(info, weights)) is not None


def _is_set(info: NetworkInfo, weights: str) -> bool:
    return weights in ("pretrained", *(found.name for found in weight_sets(info))) or weights.startswith("IMAGENET")


def _random(info: NetworkInfo, seed: int, asked: Preparation | str | None) -> Network:
    source, chosen = source_of(info), asked_preparation(info, asked, source_of(info).preparation(info))
    # drawing uses the process's one random state, so another thread must not draw in between
    with LOCK, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = source.build(info, source.n_logits(info), False, _colour_transform(chosen.preparation))
    names, key = source.categories(info), f"{info.name}-random-{seed}"
    if asked is not None:
        key = f"{key}-{_around(names, chosen.preparation)}"
    return _network(
        info, module, names, chosen.preparation, Weights(f"random (seed {seed})", key, prepared=chosen.origin)
    )


def _trained(
    info: NetworkInfo, weights: WeightSet, progress: Progress | None, asked: Preparation | str | None
) -> Network:
    path = locate(weights, progress)
    checkpoint = read_checkpoint(path, max_bytes=_OWN_FILE_LIMIT)
    source = source_of(info)
    chosen = asked_preparation(info, asked, weights.preparation)
    if asked is None and path.name == _IN_ITS_FOLDER and isinstance(weights.preparation, PhotoPreparation):
        chosen = said_preparation(info, weights.preparation, configurations_beside(path)) or chosen
    transform = _colour_transform(chosen.preparation)
    n_logits = source.n_logits(info) if weights.n_logits is None else weights.n_logits
    module = _filled(info, checkpoint, path.name, n_logits, transform)
    label = "pretrained" if weights.is_default else f"pretrained, {weights.name}"
    names = source.categories(info) if source.named is None else source.named(n_logits)
    key = _key(info, checkpoint, names, chosen.preparation)
    noted = Weights(label, key, tuple(checkpoint.notes), chosen.origin)
    return _network(info, module, names, chosen.preparation, noted)


def _key(info: NetworkInfo, checkpoint: Checkpoint, names: tuple[str, ...], preparation: Preparation) -> str:
    """A network is the same wherever the file lay and whatever it was called."""
    return f"{info.name}-{checkpoint.digest}-{_around(names, preparation)}"


def _around(names: tuple[str, ...], preparation: Preparation) -> str:
    return hashlib.sha256(repr((names, preparation)).encode()).hexdigest()


def _network(
    info: NetworkInfo, module: nn.Module, names: tuple[str, ...], preparation: Preparation, weights: Weights
) -> Network:
    try:
        follow = source_of(info).tracing
        tracing = PLAIN if follow is None else follow(info, preparation.size)
        return Network(
            module, names, preparation, name=info.name, title=info.title, info=info, weights=weights, tracing=tracing
        )
    except RuntimeError:  # torch's, where a window finds nothing left to slide over, or a dense layer other numbers
        usual = source_of(info).preparation(info).size
        if preparation.size == usual:
            raise
        size = preparation.size
        raise BadPreparation(
            f"{info.title} cannot read {size} × {size} pixels. Its usual size is {usual}: choose a crop near it."
        ) from None


def _filled(
    info: NetworkInfo, checkpoint: Checkpoint, title: str, logits: int, colour_transform: bool,
    replaced: ReplacedHead | None = None,
) -> nn.Module:  # fmt: skip
    """The architecture with the checkpoint's weights, in no more memory than these take."""
    with LOCK, Unallocated():  # another thread must not trace a module that is being built
        module = source_of(info).build(info, logits, _has_auxiliary(checkpoint.state), colour_transform)
        if replaced is not None:
            replaced.put_into(module)
    load_state(module, checkpoint, info.name, title)
    if any(buffer.is_meta for buffer in module.buffers()):  # which no checkpoint has, and its code works out
        with LOCK:
            module = source_of(info).build(info, logits, _has_auxiliary(checkpoint.state), colour_transform)
        load_state(module, checkpoint, info.name, title)
    return module


def _colour_transform(preparation: Preparation) -> bool:
    return isinstance(preparation, PhotoPreparation) and preparation.colour_transform


def _has_auxiliary(state: Mapping[str, torch.Tensor]) -> bool:
    return any(key.lower().startswith("aux") for key in state)
