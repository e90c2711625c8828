"""What a file says of itself, in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..networks.digits import DigitPreparation
from ..networks.network import Network
from ..wording import by, megabytes, plural
from .sizes import as_text, file_bytes, total_bytes, window_shapes

EXACT = (
    "All numbers are the network’s own on this picture, as they were recorded: float32, nothing rounded. The file "
    "needs no server and no connection, and sends nothing."
)
WHAT_A_PAGE_IS = (
    "One file with what is seen of this picture in this network: to keep, to mail, to print. Any browser opens it, "
    "without a server and without a connection."
)
WHAT_A_LIVE_PAGE_IS = (
    "The same page with the network itself in it: whoever opens it gives it pictures of their own. It needs no server "
    "and no connection either."
)
WHAT_A_ZIP_IS = (
    "What the network received, all maps, the evidence and the answer as NumPy arrays and as pictures, with a manifest "
    "of how each is made: “explorer verify FILE” makes them anew and says which differ."
)
WHAT_A_NOTEBOOK_IS = (
    "A Jupyter notebook that makes the same with the library, to go on from there. It holds the picture and the code; "
    "the numbers are made anew when it runs."
)
ONE_LAYER = "Choose a map, or move among them with the arrow keys; the one that is chosen lies over the picture."
WINDOW = "The window slides over what the layer reads; beside it stands how its value comes of the numbers in it."


def layer_choice(network: Network, layer: str) -> str:
    """A layer to choose, and how much of a file it takes."""
    shape = network.layer(layer).shape
    return f"{layer}: {by(shape)}, up to {megabytes(file_bytes(network, layer))}"


def left_out(network: Network, layer: str, name: str) -> str:
    """Why a layer, whose sums are those of `name`, has no window."""
    n_bytes = sum(map(as_text, window_shapes(network, layer)))
    return (
        f"The window of {name} is left out: what it reads, its filters and its sums would take {megabytes(n_bytes)} "
        "more."
    )


def total_sentence(network: Network, layers: Sequence[str], live: int = 0) -> str:
    """How large a page with these layers becomes, before it is made; and with the network in it, which takes `live`
    bytes."""
    besides = f", the network (up to {megabytes(live)})," if live else ","
    return (
        f"{plural(len(layers), 'layer')} with all maps{besides} and all else: up to "
        f"{megabytes(total_bytes(network, layers) + live)}, less where maps are zero."
    )


def arrays_sentence(network: Network, layers: Sequence[str]) -> str:
    """How large the arrays of a ZIP are."""
    n_bytes = 4 * sum(math.prod(network.layer(name).shape) for name in layers)
    return f"{plural(len(layers), 'layer')} with all maps: {megabytes(n_bytes)} before they are packed, and pictures."


def cells_sentence(layers: Sequence[str]) -> str:
    """What a notebook shows when it runs."""
    return f"Cells for {plural(len(layers), 'layer')}, the evidence and the answer: little more than the picture."


def live_sentence(network: Network, is_rounded: bool) -> str:
    """What a network that runs in the browser does there, and in which numbers."""
    reads_digits = isinstance(network.preprocessing, DigitPreparation)
    what = "Draw a digit, or choose a picture of one" if reads_digits else "Choose a picture"
    rounded = " Its weights are rounded to half precision here." if is_rounded else ""
    return (
        f"{what}: {network.title} runs in this page, and the picture stays on your machine. Below are its answer and "
        f"the maps of its stages.{rounded}"
    )


NOTEBOOK = (
    "# One pass, looked at everywhere\n\nEvery number below is the network’s own on this picture. Run the cells from "
    "the top; each result shows itself."
)
MAPS, EVIDENCE = "All maps of", "Where the evidence is"
ONE_FILE = "The same as one HTML file that anybody can open"
