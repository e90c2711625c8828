"""What a layer's configuration says, each entry checked as it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ...errors import BadModelFile
from ...wording import quoted

_LARGEST = 1e30  # that a number can be; a whole one of JSON may have no float
_MOST = 1 << 24  # of units, pixels, channels: what no layer has


class Settings:
    """The entries of one layer; `title` is what messages call it."""

    def __init__(self, config: object, title: str) -> None:
        if not isinstance(config, Mapping):
            raise BadModelFile(f"says nothing of {title}")
        self._config, self.title = config, title

    def __contains__(self, key: str) -> bool:
        return self._config.get(key) is not None

    def get(self, key: str) -> Any:
        return self._config.get(key)

    def refuse(self, fact: str) -> NoReturn:
        raise BadModelFile(f"has {self.title}, {fact}")

    def odd(self, key: str) -> NoReturn:
        shown = quoted(str(self._config.get(key)))
        self.refuse(f"whose {key} is {shown}: that is none that can be read")

    def flag(self, key: str, usual: bool) -> bool:
        value = self._config.get(key)
        return usual if value is None else bool(value)

    def whole(self, key: str, usual: int | None = None, least: int = 1) -> int:
        value = self.get(key)
        if value is None and usual is not None:
            return usual
        if not _is_whole(value) or not least <= value <= _MOST:
            self.odd(key)
        return value

    def number(self, key: str, usual: float | None = None) -> float:
        value = self._config.get(key)
        if value is None and usual is not None:
            return usual
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
            self.odd(key)
        return float(value)

    def pair(self, key: str, usual: int | None = None, least: int = 1) -> tuple[int, int]:
        """Of rows and of columns; one number is both."""
        value = self.get(key)
        if value is None and usual is not None:
            return usual, usual
        both: Any = [value, value] if _is_whole(value) else value
        if not isinstance(both, Sequence) or len(both) != 2:
            self.odd(key)
        if not all(_is_whole(n) and least <= n <= _MOST for n in both):
            self.odd(key)
        return both[0], both[1]

    def edges(self, key: str) -> tuple[int, int, int, int]:
        """(top, bottom, left, right); one number is all of them, two are those of rows and those of columns."""
        value = self._config.get(key)
        sides: Any = [value, value] if _is_whole(value) else value
        if not isinstance(sides, Sequence) or len(sides) != 2:
            self.odd(key)
        ends: list[Any] = [[side, side] if _is_whole(side) else side for side in sides]
        if not all(isinstance(both, Sequence) and len(both) == 2 for both in ends):
            self.odd(key)
        if not all(_is_whole(n) and 0 <= n <= _MOST for both in ends for n in both):
            self.odd(key)
        return ends[0][0], ends[0][1], ends[1][0], ends[1][1]

    def choice(self, key: str, allowed: Sequence[str], usual: str) -> str:
        value = usual if self._config.get(key) is None else self._config.get(key)
        if value not in allowed:
            self.odd(key)
        return str(value)

    def axis(self, rank: int) -> int:
        """The one axis of a value of `rank` axes, counted from 1: 0 is that of the batch."""
        value = self._config.get("axis")
        value = value[0] if isinstance(value, Sequence) and len(value) == 1 else -1 if value is None else value
        if not _is_whole(value) or not (1 <= value <= rank or -rank <= value <= -1):
            self.odd("axis")
        return value if value > 0 else rank + 1 + value

    @property
    def is_channels_first(self) -> bool:
        return self.choice("data_format", ("channels_last", "channels_first"), "channels_last") == "channels_first"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
