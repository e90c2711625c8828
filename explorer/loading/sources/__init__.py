"""The sources of networks, a row each."""

from __future__ import annotations

from ...networks.info import NetworkInfo
from . import efficientnet_lite, project, timm, torchvision
from .source import Source

SOURCES = (project.SOURCE, efficientnet_lite.SOURCE, torchvision.SOURCE)  # in the order of the catalogue

_BY_NAME = {source.name: source for source in (*SOURCES, timm.SOURCE)}  # timm's have a list of their own


def source_of(info: NetworkInfo) -> Source:
    """Where the network comes from."""
    return _BY_NAME[info.source]
