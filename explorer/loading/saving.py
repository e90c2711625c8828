"""Weights as a file of safetensors, with what `load_network` reads beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import safetensors.torch
import torch

from ..networks.preparation import PhotoPreparation, Preparation


def saved(state: Mapping[str, torch.Tensor], said: Mapping[str, str]) -> bytes:
    """The file: the same weights and texts give the same bytes."""
    plain = {key: value.detach().cpu().contiguous() for key, value in state.items()}
    return _in_order(safetensors.torch.save(plain, dict(said)))


def said_of(categories: Sequence[str], preparation: Preparation) -> dict[str, str]:
    """What is said beside the weights of a network of the catalogue: the names of its classes and, for photographs, how
    they are prepared."""
    said = {"classes": json.dumps(list(categories))}
    if isinstance(preparation, PhotoPreparation):
        how = preparation
        said["preprocessing"] = json.dumps({
            "mean": how.mean, "std": how.std, "resize_size": [how.resize], "crop_size": [how.crop],
            "interpolation": how.interpolation, "crop_mode": "squash" if how.squash else "center",
        })  # fmt: skip
    return said


def _in_order(content: bytes) -> bytes:
    """A file of safetensors with the texts of its metadata in the order of their names. Safetensors 0.8.0 draws their
    order anew at every call, and the same network would not have the same digest (findings/)."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text + content[end:]
