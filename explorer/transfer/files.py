"""A trained network as a file that the program opens again, and the network that it opens."""

from __future__ import annotations

import json
from collections.abc import Mapping

import torch

from ..errors import Unsuited
from ..loading.checkpoints import read_checkpoint
from ..loading.load import own_network
from ..loading.over import digest_of, network_over
from ..loading.saving import said_of, saved
from ..networks.changing import entries_of
from ..networks.network import Network
from .features import place_of
from .head import TrainedHead

Entries = Mapping[str, torch.Tensor]  # of a network's weights, by the names that its state has for them


def is_whole(base: Network) -> bool:
    """Whether a file of a network over this one holds all weights, in the layout of the catalogue's network; else it
    holds what was trained alone, and the digest of its base."""
    return base.info is not None


def head_entries(base: Network, trained: TrainedHead) -> dict[str, torch.Tensor]:
    """A new head as entries of the network's weights. Raises Unsuited where its classifier has none."""
    place = place_of(base)
    found = entries_of(base.graph, place.last.name)
    if found is None or found[1] is None or found[0] not in base.graph.recorder.state_dict():
        raise Unsuited(
            f"The classifier of {base.title} has no weight and bias of its own, so a file with others could not be "
            "opened again. Choose another network, such as efficientnet_lite0."
        )
    weight, bias = torch.from_numpy(trained.weight), torch.from_numpy(trained.bias)
    return {found[0]: weight[:, :, None, None] if place.is_of_maps else weight, found[1]: bias}


def exported(base: Network, changed: Entries, categories: tuple[str, ...]) -> bytes:
    """The network with these weights in the place of its own as safetensors; beside them stand the names of the classes
    and, for photographs, how they are prepared: what `load_network` reads of such files."""
    state = {} if not is_whole(base) else base.graph.recorder.state_dict()
    said = {**said_of(categories, base.preprocessing), "base": base.key}
    if not is_whole(base):
        said["over"] = json.dumps({"digest": digest_of(base), "base": base.weights_name})
    return saved({**state, **changed}, said)


def opened(base: Network, file: bytes, title: str) -> Network:
    """The network that the program makes of such a file."""
    weights = read_checkpoint(file, max_bytes=len(file))
    if base.info is None:
        return network_over(base, weights, title)
    return own_network(base.info, weights, title, preparation=base.preprocessing)
