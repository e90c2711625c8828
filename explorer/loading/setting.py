"""What was run, as the code that makes it anew has to name it."""

from __future__ import annotations

from ..networks.network import Network
from ..pictures.image import ImageInput
from ..pictures.samples import SAMPLES, load_sample
from ..snippets import Setting, own_picture, sample_picture
from .preparations import as_text


def setting_of(image: ImageInput, network: Network, target: int | None) -> Setting:
    """A picture in a network; `target` is the class that is explained, None for the likeliest."""
    name = image.name
    is_sample = name in SAMPLES and load_sample(name).digest == image.digest
    return Setting(
        network=network.name,
        weights="random" if network.is_random else _weights(network.weights_name),
        picture=sample_picture(name) if is_sample else own_picture(),
        target="top" if target is None else target,
        preparation=as_text(network.preprocessing) if network.prepared else "",
        made_by=network.made_by,
    )


def _weights(name: str) -> str:
    if not name.startswith("pretrained"):
        return "your-weights.pth"
    return name.removeprefix("pretrained, ")
