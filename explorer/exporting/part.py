"""What a file is made of: parts, one below the other, each a title and blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..drawing.series import Bars, Lines
from ..elements.view import View


@dataclass(frozen=True)
class Act:
    """What follows where a view reports something: what is chosen by it, and the part that is shown then."""

    chosen: Mapping[str, str | int] = field(default_factory=dict)
    to: str = ""


@dataclass(frozen=True)
class Drawn:
    """A view with its data. `acts` say under the name of each report what follows, by what is reported."""

    view: View
    data: Mapping[str, object]
    acts: Mapping[str, Mapping[str, Act]] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Rows:
    """A table: the names of its columns, none where each row begins with its own, and texts."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Figure:
    """A chart, with its numbers as a table."""

    chart: Bars | Lines


@dataclass(frozen=True)
class Code:
    """Lines of Python."""

    text: str


@dataclass(frozen=True)
class Choices:
    """Buttons that choose something of the page by `name`: a value and what is written on it, `first` what stands."""

    name: str
    label: str
    values: Sequence[tuple[str, str]]
    first: str


Block = Drawn | Said | Rows | Figure | Code | Choices


@dataclass(frozen=True)
class Part:
    """Part of a file: its `key` is the program's own and stands in the address, `title` above it. One that `folds` is
    shown when somebody opens it, of all that fold the first at once."""

    key: str
    title: str
    blocks: Sequence[Block]
    folds: bool = False
