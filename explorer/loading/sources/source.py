"""Where networks come from: what a source says of them, and how it builds them.

A source is one file beside this one, and one row in SOURCES. Its file is read whenever the catalogue is, so torch and
whatever library defines the networks are imported inside its functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from ...networks.info import Family, NetworkInfo

if TYPE_CHECKING:
    from torch import nn

    from ...networks.preparation import Preparation
    from ...networks.tracing import Tracing

# A family, then its members: (name, title, size, n_parameters, n_multiply_adds, n_values, brought). In what a member
# brought, "..." stands for what its family did. The numbers are for one picture of that side, in pixels.
Member = tuple[str, str, int, int, int, int, str]


@dataclass(frozen=True)
class Resemblance:
    """Networks whose modules have the same names, by which a file of their weights is recognised."""

    title: str
    networks: tuple[str, ...]  # how their names begin
    head: str  # the last layer
    mark: str  # how an entry begins that all of them have, and nothing that stands before this in the table


@dataclass(frozen=True)
class WeightSet:
    """One trained set of weights of a network: what it was measured at, and what it expects of a picture.

    `name` is its maker's ("IMAGENET1K_V1"). It is fetched from `url`, or something that was installed brought it, in
    `folder`. `top1` and `top5` are its percentages of ImageNet's validation pictures, where its maker states them.
    """

    network: str
    name: str
    is_default: bool  # what "pretrained" means
    url: str | None
    file: str  # its published name, or that in the folder
    n_bytes: int
    preparation: Preparation
    top1: float | None
    top5: float | None
    licence: str
    folder: Path | None = None
    remedy: str = ""  # a sentence: what to do when the file is not in the folder
    other_names: tuple[str, ...] = ()  # under which it may lie in a folder of one's own
    n_logits: int | None = None  # how many the network ends in with these; None: as many as usual
    elsewhere: str = ""  # how often it is right on pictures of another set, which its classes are of

    @property
    def brought(self) -> Path | None:
        """The file in the folder, of a set that is not fetched."""
        return self.folder / self.file if self.folder is not None else None


@dataclass(frozen=True)
class Source:
    """Networks of one origin, in the order in which to meet them.

    The last layer that is built has as many outputs as `build` is told; `n_logits` says how many the network usually
    has, and `categories` names them. Classifiers that only steadied the training are built where `auxiliary` is true:
    when a checkpoint brings them; `colour_transform` is that of the preparation, if the network's usual one has it. The
    first of `weight_sets` is what "pretrained" means; there may be none.
    """

    name: str
    networks: tuple[NetworkInfo, ...]
    resemblances: tuple[Resemblance, ...]
    build: Callable[[NetworkInfo, int, bool, bool], nn.Module]  # (info, n_logits, auxiliary, colour_transform)
    n_logits: Callable[[NetworkInfo], int]
    categories: Callable[[NetworkInfo], tuple[str, ...]]  # in the order of the logits
    preparation: Callable[[NetworkInfo], Preparation]  # unless a set of weights says otherwise
    weight_sets: Callable[[NetworkInfo], tuple[WeightSet, ...]]
    named: Callable[[int], tuple[str, ...]] | None = None  # what so many classes are called, where that is known
    head: Callable[[NetworkInfo], str] | None = None  # the last layer, where no resemblance says it
    tracing: Callable[[NetworkInfo, int], Tracing] | None = None  # how it is followed, for pictures of a side
    need: Callable[[NetworkInfo], None] | None = None  # raises LibraryMissing where it cannot be built


def described(
    source: str, table: tuple[Family | Member, ...], landmarks: frozenset[str],
    reads: Mapping[str, Literal["digits", "sounds"]] = MappingProxyType({}),
) -> Iterator[NetworkInfo]:  # fmt: skip
    """The networks of a table of families and members. Landmarks are shown first; `reads` names those that read
    something else than photographs."""
    for row in table:
        if isinstance(row, Family):
            family = row
            continue
        name, title, size, n_parameters, n_multiply_adds, n_values, brought = row
        yield NetworkInfo(
            name, title, family.name, family.year, family.authors, family.paper, brought.replace("...", family.brought),
            source, reads.get(name, "photographs"), size, n_parameters, n_multiply_adds, n_values,
            name in landmarks,
        )  # fmt: skip
