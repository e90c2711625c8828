"""The networks that can be loaded, as data. Reading it imports neither torch nor torchvision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import UnknownNetwork, nearest


@dataclass(frozen=True)
class NetworkInfo:
    """One network of the catalogue: what to call it, where it comes from, what it brought."""

    name: str
    title: str
    family: str
    year: int
    paper: str  # authors, then where to find it
    brought: str  # what was new about it, in one line
    source: Literal["project", "torchvision"]
    resize: int = 256  # the picture's shorter side is made this long,
    crop: int = 224  # and this much of its centre is what the network receives


_NETWORKS = (
    NetworkInfo(
        "pocket_resnet", "Pocket ResNet", "ResNet", 2026, "He et al. 2016, arXiv:1512.03385 (the idea)",
        "a residual network of 2.8 million weights, trained for this project on eleven everyday classes",
        "project", resize=160, crop=160,
    ),
    NetworkInfo(
        "alexnet", "AlexNet", "AlexNet", 2012, "Krizhevsky 2014, arXiv:1404.5997",
        "the network that made deep convolutional networks the way to see", "torchvision",
    ),
    NetworkInfo(
        "vgg16", "VGG-16", "VGG", 2014, "Simonyan and Zisserman 2015, arXiv:1409.1556",
        "nothing but 3x3 kernels, stacked deep", "torchvision",
    ),
    NetworkInfo(
        "googlenet", "GoogLeNet", "Inception", 2014, "Szegedy et al. 2015, arXiv:1409.4842",
        "kernels of several sizes side by side in each block", "torchvision",
    ),
    NetworkInfo(
        "resnet18", "ResNet-18", "ResNet", 2015, "He et al. 2016, arXiv:1512.03385",
        "shortcuts around blocks, so that depth no longer hurts", "torchvision",
    ),
    NetworkInfo(
        "resnet50", "ResNet-50", "ResNet", 2015, "He et al. 2016, arXiv:1512.03385",
        "bottleneck blocks: 1x1 kernels that narrow and widen again", "torchvision",
    ),
    NetworkInfo(
        "resnet152", "ResNet-152", "ResNet", 2015, "He et al. 2016, arXiv:1512.03385",
        "152 layers: the deepest of its time", "torchvision",
    ),
    NetworkInfo(
        "inception_v3", "Inception v3", "Inception", 2015, "Szegedy et al. 2016, arXiv:1512.00567",
        "large kernels split into several small or flat ones", "torchvision", resize=342, crop=299,
    ),
    NetworkInfo(
        "densenet121", "DenseNet-121", "DenseNet", 2016, "Huang et al. 2017, arXiv:1608.06993",
        "each layer reads the maps of all layers before it in its block", "torchvision",
    ),
    NetworkInfo(
        "squeezenet1_1", "SqueezeNet 1.1", "SqueezeNet", 2016, "Iandola et al. 2016, arXiv:1602.07360",
        "AlexNet's accuracy with a fiftieth of its weights", "torchvision",
    ),
    NetworkInfo(
        "mobilenet_v2", "MobileNet v2", "MobileNet", 2018, "Sandler et al. 2018, arXiv:1801.04381",
        "depthwise kernels between narrow layers, for phones", "torchvision",
    ),
    NetworkInfo(
        "mobilenet_v3_large", "MobileNet v3 large", "MobileNet", 2019, "Howard et al. 2019, arXiv:1905.02244",
        "found partly by search; gates that weigh the channels", "torchvision",
    ),
    NetworkInfo(
        "convnext_tiny", "ConvNeXt tiny", "ConvNeXt", 2022, "Liu et al. 2022, arXiv:2201.03545",
        "a convolutional network rebuilt with what transformers taught", "torchvision", resize=236,
    ),
)  # fmt: skip

CATALOG = {info.name: info for info in _NETWORKS}


def list_networks() -> tuple[NetworkInfo, ...]:
    """Every network that `load_network` knows, the shipped one first, then by year."""
    return _NETWORKS


def find(name: str) -> NetworkInfo:
    """The entry of that name; raises UnknownNetwork with the nearest one."""
    if name not in CATALOG:
        raise UnknownNetwork(f"There is no network '{name}'.{nearest(name, CATALOG)} Pick one of {', '.join(CATALOG)}.")
    return CATALOG[name]
