"""Cells to choose from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Chooses:
    """What of the page a choice is of: each cell another value of `name`. Where nothing else on the page says which is
    chosen, this does."""

    name: str
    values: Sequence[str | int]
    is_said: bool = False


@dataclass(frozen=True)
class Choice:
    """One of the cells of a picture: what each is called, row by row, None where there is nothing to choose; which is
    chosen; and what to do with the number of another one.

    Of a strip also what of the page it `chooses`, which whatever else shows it follows at once. Of a grid also any of
    the cells: `pressed` says of each whether it is on, and `pale` which are drawn so.
    """

    labels: Sequence[str | None]
    selected: int | None
    on_choose: Callable[[int], None]
    pressed: Sequence[bool] | None = None
    pale: Collection[int] = ()
    chooses: Chooses | None = None

    @property
    def allowed(self) -> list[int]:
        """The cells that there are to choose."""
        return [cell for cell, label in enumerate(self.labels) if label is not None]
