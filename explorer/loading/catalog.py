"""The networks that can be loaded, as data, source by source. Reading it imports neither torch nor torchvision."""

from __future__ import annotations

from ..errors import UnknownNetwork, nearest
from ..networks.info import NetworkInfo, Networks
from ..wording import quoted
from .left_out import LEFT_OUT as LEFT_OUT
from .left_out import TRANSFORMERS as TRANSFORMERS
from .sources import SOURCES, timm

FIRST_NETWORK = "efficientnet_lite0"  # what is shown unasked: ready at once, and of ImageNet's thousand classes
DIGITS_NETWORK = "lenet5"  # for what is drawn on the pad
SMALL_NETWORK = "pocket_resnet"  # whose sums are short enough to be followed, and which pools on the way

_NETWORKS = tuple(info for source in SOURCES for info in source.networks)
CATALOG = {info.name: info for info in _NETWORKS}


def list_networks(source: str | None = None) -> tuple[NetworkInfo, ...]:
    """Every network of the catalogue, in the order in which to meet them; with the source "timm" those of timm that
    can be opened, whose names begin with "timm/". Raises UnknownNetwork for another source."""
    if source == timm.SOURCE.name:
        return Networks(found.info for found in timm.architectures().values() if not found.why_not)
    found = Networks(info for info in _NETWORKS if source in (None, info.source))
    if not found:
        known = [*(one.name for one in SOURCES), timm.SOURCE.name]
        raise UnknownNetwork(
            f"There is no source '{source}'.{nearest(str(source), known)} There are {', '.join(known)}."
        )
    return found


def find(name: str) -> NetworkInfo:
    """The entry of that name; raises UnknownNetwork with the nearest one, or with why transformers are not here."""
    if name.startswith(timm.PREFIX):
        return timm.find(name)
    if name in TRANSFORMERS:
        raise UnknownNetwork(f"There is no network '{name}'. {LEFT_OUT}")
    if name not in CATALOG:
        raise UnknownNetwork(
            f"There is no network {quoted(name)}.{nearest(name, CATALOG)} "
            f"`python -m explorer networks` lists all {len(CATALOG)}."
        )
    return CATALOG[name]
