"""The kinds of files that a pass is taken along in: what each is, how large it becomes, and what makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..networks.network import Network
from ..pictures.image import ImageInput
from ..running.progress import Progress
from ..trace import Trace
from . import sentences as say
from .archive import archived
from .live import live_bytes
from .notebook import noted
from .writing import exported

Make = Callable[[Trace, Sequence[str], bool, Progress | None], bytes]


@dataclass(frozen=True)
class Kind:
    """A `title` to choose it by, `what` it is and `how_large` it becomes as sentences, its names for a browser. `make`
    takes the pass, layers, and whether a report is in it, which is so in pages alone."""

    title: str
    what: str
    how_large: Callable[[Sequence[str]], str]
    make: Make
    ending: str = "html"
    media: str = "text/html"

    @property
    def is_page(self) -> bool:
        """Whether a browser shows it."""
        return self.ending == "html"


def kinds_of(network: Network, image: ImageInput) -> list[Kind]:
    """Those in which such a pass can be taken along, a page first. A ZIP and a notebook keep a picture's colours, and
    have none of one with further channels."""
    live = live_bytes(network)
    found = [Kind("Page", say.WHAT_A_PAGE_IS, lambda layers: say.total_sentence(network, layers), exported)]
    if live is not None:
        found.append(
            Kind(
                "Live page", say.WHAT_A_LIVE_PAGE_IS,
                lambda layers: say.total_sentence(network, layers, live),
                lambda trace, layers, report, progress: exported(trace, layers, report, progress, live=True),
            )
        )  # fmt: skip
    if image.channels is None:
        found += [
            Kind(
                "ZIP", say.WHAT_A_ZIP_IS, lambda layers: say.arrays_sentence(network, layers),
                lambda trace, layers, _, progress: archived(trace, layers, progress), "zip", "application/zip",
            ),
            Kind(
                "Notebook", say.WHAT_A_NOTEBOOK_IS, lambda layers: say.cells_sentence(layers),
                lambda trace, layers, _, __: noted(trace, layers), "ipynb", "application/x-ipynb+json",
            ),
        ]  # fmt: skip
    return found
