"""See inside a convolutional network: one recorded pass, and everything else is a view of it.

    import explorer

    image = explorer.read_image("cat.jpg")                # bytes -> ImageInput: the border for pictures
    network = explorer.load_network("pocket_resnet")      # name -> Network: the border for weights
    trace = explorer.run(network, image, target=2)        # one forward, one backward pass -> Trace
    trace.top(5), trace["layer4"], trace.gradient("layer4")
    explorer.attribute(network, image).values             # a trace -> where the evidence is, (H, W)
    explorer.export(trace, "cat.html")                    # a trace -> one file that anybody can open

Nothing points back: a picture knows no network, a network no trace, a trace no figure, a figure no page.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .attribution import METHODS, Attribution, attribute
    from .concepts import Tcav, tcav
    from .errors import ExplorerError
    from .exporting import export
    from .faithfulness.survey import Scoring, evaluate_attribution
    from .loading.catalog import list_networks
    from .loading.load import load_network
    from .loading.module import network_of
    from .networks.bands import BandPreparation
    from .networks.info import NetworkInfo
    from .networks.layers import Layer
    from .networks.network import Network
    from .networks.preparation import PhotoPreparation
    from .pictures.image import ImageInput, read_image
    from .predictions import Prediction
    from .synthesis import Objective, Synthesis, dream, invert, synthesise
    from .targets import Target
    from .trace import Trace, run

    __version__: str

__all__ = [
    "METHODS",
    "Attribution",
    "BandPreparation",
    "ExplorerError",
    "ImageInput",
    "Layer",
    "Network",
    "NetworkInfo",
    "Objective",
    "PhotoPreparation",
    "Prediction",
    "Scoring",
    "Synthesis",
    "Target",
    "Tcav",
    "Trace",
    "attribute",
    "dream",
    "evaluate_attribution",
    "export",
    "invert",
    "list_networks",
    "load_network",
    "network_of",
    "read_image",
    "run",
    "synthesise",
    "tcav",
]

# Where each of them is. A name is imported when it is first asked for: most of them need torch, which takes seconds.
_MODULES = {
    "METHODS": ".attribution",
    "Attribution": ".attribution",
    "ExplorerError": ".errors",
    "ImageInput": ".pictures.image",
    "BandPreparation": ".networks.bands",
    "PhotoPreparation": ".networks.preparation",
    "Layer": ".networks.layers",
    "Network": ".networks.network",
    "NetworkInfo": ".networks.info",
    "Objective": ".synthesis",
    "Prediction": ".predictions",
    "Scoring": ".faithfulness.survey",
    "Synthesis": ".synthesis",
    "Target": ".targets",
    "Tcav": ".concepts",
    "Trace": ".trace",
    "attribute": ".attribution",
    "dream": ".synthesis",
    "evaluate_attribution": ".faithfulness.survey",
    "export": ".exporting",
    "invert": ".synthesis",
    "list_networks": ".loading.catalog",
    "load_network": ".loading.load",
    "network_of": ".loading.module",
    "read_image": ".pictures.image",
    "run": ".trace",
    "synthesise": ".synthesis",
    "tcav": ".concepts",
}


if not TYPE_CHECKING:  # a checker of types that knew of it would let any name pass

    def __getattr__(name):
        if name == "__version__":
            from .places import version

            value = version()
        elif name in _MODULES:
            value = getattr(import_module(_MODULES[name], __name__), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value  # from now on it is found without asking here
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
