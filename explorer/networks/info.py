"""What is known of a network before it is loaded, as data. Reading it imports neither torch nor torchvision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..shown import Shown


@dataclass(frozen=True)
class Family:
    """Networks of one idea. `year` is that of the paper, `brought` is in one line what was new."""

    name: str
    year: int
    authors: str
    paper: str  # where to find it: arXiv, DOI or site
    brought: str


@dataclass(frozen=True)
class NetworkInfo(Shown):
    """One network of the catalogue: what to call it, where it comes from, what it brought, how large it is.

    Networks of one family stand side by side. Of those that a library brings in large numbers, neither year nor authors
    nor what was new is known here: they are None and "". `n_values` are the numbers that one recorded pass keeps: what
    every operation returned. Those of Inception v3 are without the auxiliary classifier, which only training used.
    """

    name: str
    title: str
    family: str
    year: int | None
    authors: str
    paper: str
    brought: str
    source: str  # whose networks it is one of
    reads: Literal["photographs", "digits", "sounds"]
    size: int  # side of the square input, pixels
    n_parameters: int
    n_multiply_adds: int
    n_values: int
    landmark: bool  # one of the famous ones, which are shown first

    @property
    def pass_bytes(self) -> int:
        """Memory of one recorded pass with gradients: the weights, every value and its gradient, as float32.

        An estimate before anything is run: Python, torch and the scratch space of single operations come on top.
        """
        return 4 * self.n_parameters + 2 * 4 * self.n_values


class Networks(tuple[NetworkInfo, ...], Shown):
    """Several of them: a tuple that a notebook shows as a table."""
