"""Cells to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One of the cells of a picture: what each is called, row by row, None where there is nothing to choose; which is
    chosen; and what to do with the number of another one."""

    labels: Sequence[str | None]
    selected: int | None
    on_choose: Callable[[int], None]

    @property
    def allowed(self) -> list[int]:
        """The cells that there are to choose."""
        return [cell for cell, label in enumerate(self.labels) if label is not None]
