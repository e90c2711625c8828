"""See inside a convolutional network: one recorded pass, and everything else is a view of it.

    import explorer

    image = explorer.read_image("cat.jpg")                # bytes -> ImageInput: the border for pictures
    network = explorer.load_network("pocket_resnet")      # name -> Network: the border for weights
    trace = explorer.run(network, image, target=2)        # one forward, one backward pass -> Trace
    trace.top(5), trace["layer4"], trace.gradient("layer4")
    explorer.attribute(network, image).values             # a trace -> where the evidence is, (H, W)

Nothing points back: a picture knows no network, a network no trace, a trace no figure, a figure no page.
"""

from .attribution import METHODS, Attribution, attribute
from .errors import ExplorerError
from .faithfulness.survey import evaluate_attribution
from .loading.catalog import list_networks
from .loading.load import load_network
from .networks.info import NetworkInfo
from .networks.layers import Layer
from .networks.network import Network
from .pictures.image import ImageInput, read_image
from .targets import Target
from .trace import Prediction, Trace, run

__all__ = [
    "METHODS",
    "Attribution",
    "ExplorerError",
    "ImageInput",
    "Layer",
    "Network",
    "NetworkInfo",
    "Prediction",
    "Target",
    "Trace",
    "attribute",
    "evaluate_attribution",
    "list_networks",
    "load_network",
    "read_image",
    "run",
]
