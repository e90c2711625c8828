"""A trained network as a file that the program opens again, and the network that it opens."""

from __future__ import annotations

import json
from collections.abc import Mapping

import safetensors.torch
import torch

from ..errors import Unsuited
from ..loading.checkpoints import read_checkpoint
from ..loading.load import own_network
from ..loading.over import digest_of, network_over
from ..networks.changing import entries_of
from ..networks.network import Network
from ..networks.preparation import PhotoPreparation
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
    plain = {key: value.detach().cpu().contiguous() for key, value in {**state, **changed}.items()}
    metadata = {"classes": json.dumps(list(categories)), "base": base.key}
    if not is_whole(base):
        metadata["over"] = json.dumps({"digest": digest_of(base), "base": base.weights_name})
    if isinstance(how := base.preprocessing, PhotoPreparation):
        said = {
            "mean": how.mean, "std": how.std, "resize_size": [how.resize], "crop_size": [how.crop],
            "interpolation": how.interpolation, "crop_mode": "squash" if how.squash else "center",
        }  # fmt: skip
        metadata["preprocessing"] = json.dumps(said)
    return _in_order(safetensors.torch.save(plain, metadata))


def opened(base: Network, file: bytes, title: str) -> Network:
    """The network that the program makes of such a file."""
    weights = read_checkpoint(file, max_bytes=len(file))
    if base.info is None:
        return network_over(base, weights, title)
    return own_network(base.info, weights, title, preparation=base.preprocessing)


def _in_order(content: bytes) -> bytes:
    """A file of safetensors with the texts of its metadata in the order of their names. Safetensors 0.8.0 draws their
    order anew at every call, and the same network would not have the same digest (findings/)."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text + content[end:]
