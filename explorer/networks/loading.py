"""From a name and a choice of weights to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import nn

from ..errors import WeightsUnavailable
from .builtin import ARCHITECTURES, CATEGORIES
from .catalog import NetworkInfo, find
from .checkpoints import load_state, read_checkpoint
from .download import default_folder, fetch
from .graph import LOCK
from .network import Network
from .vision import torchvision

ASSETS = Path(__file__).parents[2] / "assets"
_OWN_FILE_LIMIT = 1 << 30  # bytes; a file that a person named or the program fetched, not one from a stranger

Progress = Callable[[int, "int | None"], None]


def load_network(
    name: str, weights: str | Path | bytes = "pretrained", seed: int = 0, progress: Progress | None = None
) -> Network:
    """Build the network `name` and give it weights.

    `weights` is "pretrained" (the project's own file, or torchvision's, fetched once with `progress(received, total)`),
    "random" (drawn from `seed` as the architecture's authors initialised it), or a path to, or the bytes of, a
    checkpoint of that architecture. Nothing ever becomes random by itself.

    Raises UnknownNetwork, WeightsUnavailable, BadCheckpoint.
    """
    info = find(name)
    if weights == "random":
        # drawing uses the process's one random state, so another thread must not draw in between
        with LOCK, torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = _build(info, auxiliary=False)
        return Network(info, module, _categories(info), f"random (seed {seed})", f"{name}-random-{seed}")
    if isinstance(weights, bytes):
        checkpoint, label = read_checkpoint(weights), "uploaded checkpoint"
    else:
        path = _pretrained_file(info, progress) if weights == "pretrained" else Path(weights)
        checkpoint = read_checkpoint(path, max_bytes=_OWN_FILE_LIMIT)
        label = "pretrained" if weights == "pretrained" else path.name
    with LOCK, torch.device("meta"):  # no memory and no drawing of numbers that the checkpoint replaces
        module = _build(info, auxiliary=_has_auxiliary(checkpoint.state))
    load_state(module, checkpoint, name, label)
    return Network(info, module, _categories(info), label, f"{name}-{checkpoint.digest}", checkpoint.notes)


def pretrained_is_here(name: str) -> bool:
    """Whether load_network(name) would find its weights on this machine, without fetching anything."""
    info = find(name)
    return info.source == "project" or (default_folder() / _url(info).rpartition("/")[2]).is_file()


def _build(info: NetworkInfo, auxiliary: bool) -> nn.Module:
    if info.source == "project":
        return ARCHITECTURES[info.name](num_classes=len(CATEGORIES[info.name]))
    options = {}
    if info.family == "Inception":
        # Their published weights expect the colours as the Inception project scaled them: part of the network.
        # The auxiliary classifiers only steadied the training; they are built where a checkpoint brings them.
        options = {"transform_input": True, "aux_logits": auxiliary, "init_weights": True}
    module: nn.Module = torchvision.models.get_model(info.name, weights=None, **options)
    return module


def _has_auxiliary(state: Mapping[str, torch.Tensor]) -> bool:
    return any(key.lower().startswith("aux") for key in state)


def _categories(info: NetworkInfo) -> tuple[str, ...]:
    if info.source == "project":
        return CATEGORIES[info.name]
    return tuple(torchvision.models.get_model_weights(info.name).IMAGENET1K_V1.meta["categories"])


def _pretrained_file(info: NetworkInfo, progress: Progress | None) -> Path:
    if info.source == "project":
        path = ASSETS / f"{info.name}.safetensors"
        if not path.is_file():
            raise WeightsUnavailable(
                f"The weights of {info.name} should be in {path}, but are not. Copy the project again, or train them: "
                f"python -m explorer train {info.name} --data DIR --out {path}"
            )
        return path
    return fetch(_url(info), default_folder(), progress)


def _url(info: NetworkInfo) -> str:
    return str(torchvision.models.get_model_weights(info.name).IMAGENET1K_V1.url)
