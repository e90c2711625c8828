"""How a layer pools, as torch runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..geometry import Window


@dataclass(frozen=True)
class Pooling:
    """A pooling layer as torch runs it: `rule` is "max" or "average", `source` the layer that it reads (None for the
    picture), `before` and `after` the heights and widths of its input and its output.

    `window` is None where it is adaptive: then the output's size is fixed, and the windows follow from it. An average
    is divided by the number of cells, those of the padding among them if `counts_padding`; or by `divisor`.
    """

    layer: str
    rule: Literal["max", "average"]
    source: str | None
    n_channels: int
    before: tuple[int, int]
    after: tuple[int, int]
    window: Window | None
    is_ceil: bool = False
    counts_padding: bool = True
    divisor: int | None = None

    @property
    def is_global(self) -> bool:
        """Whether one window holds the whole map."""
        return self.regular is not None and self.regular.kernel == self.before and self.after == (1, 1)

    @property
    def regular(self) -> Window | None:
        """The window that slides over the map; None where an adaptive pooling has windows of several sizes."""
        if self.window is not None:
            return self.window
        sizes = [(n // m, n % m) for n, m in zip(self.before, self.after, strict=True)]
        if any(rest for _, rest in sizes):
            return None
        kernel = sizes[0][0], sizes[1][0]
        return Window(kernel, kernel, (0, 0))

    def cells(self, axis: int, i: int) -> range:
        """Where the window of output cell i looks along an axis (0 is y); what is not from 0 to n - 1 is padding."""
        if self.window is None:
            n, m = self.before[axis], self.after[axis]
            return range(i * n // m, -(-(i + 1) * n // m))
        first = i * self.window.stride[axis] - self.window.padding[axis]
        step = self.window.dilation[axis]
        return range(first, first + self.window.kernel[axis] * step, step)
