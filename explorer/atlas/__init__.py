"""What the channels of a network do over many pictures: made once, in one pass, and read from a folder."""

from ..errors import AtlasError
from .layout import AtlasLayer, Manifest
from .making import make_atlas
from .plan import NetworkSource, Settings
from .reading import Atlas, open_atlas, shipped
from .rows import ChannelRow, Histogram, Patch, Pictures

__all__ = [
    "Atlas",
    "AtlasError",
    "AtlasLayer",
    "ChannelRow",
    "Histogram",
    "Manifest",
    "NetworkSource",
    "Patch",
    "Pictures",
    "Settings",
    "make_atlas",
    "open_atlas",
    "shipped",
]
