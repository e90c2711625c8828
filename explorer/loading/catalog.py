"""The networks that can be loaded, as data, source by source. Reading it imports neither torch nor torchvision."""

from __future__ import annotations

from ..errors import UnknownNetwork, nearest
from ..networks.info import NetworkInfo
from .sources import SOURCES

LEFT_OUT = (
    "Transformers (ViT, Swin, MaxViT) are not in the catalogue: they cut the picture into patches and mix these by "
    "attention, so they have no kernels that slide over the picture and no feature maps in the sense shown here. "
    "MaxViT mixes both ways."
)
TRANSFORMERS = frozenset(
    {
        "vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14",
        "swin_t", "swin_s", "swin_b", "swin_v2_t", "swin_v2_s", "swin_v2_b", "maxvit_t",
    }
)  # fmt: skip

FIRST_NETWORK = "efficientnet_lite0"  # what is shown unasked: ready at once, and of ImageNet's thousand classes
SMALL_NETWORK = "pocket_resnet"  # whose sums are short enough to be followed, and which pools on the way

_NETWORKS = tuple(info for source in SOURCES for info in source.networks)
CATALOG = {info.name: info for info in _NETWORKS}


def list_networks() -> tuple[NetworkInfo, ...]:
    """Every network that `load_network` knows, in the order in which to meet them."""
    return _NETWORKS


def find(name: str) -> NetworkInfo:
    """The entry of that name; raises UnknownNetwork with the nearest one, or with why transformers are not here."""
    if name in TRANSFORMERS:
        raise UnknownNetwork(f"There is no network '{name}'. {LEFT_OUT}")
    if name not in CATALOG:
        raise UnknownNetwork(
            f"There is no network '{name}'.{nearest(name, CATALOG)} "
            f"`python -m explorer networks` lists all {len(CATALOG)}."
        )
    return CATALOG[name]
