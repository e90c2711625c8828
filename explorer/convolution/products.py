"""The strongest of the products that a sum is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .opened import Opened


@dataclass(frozen=True)
class Product:
    """One product of a sum: of which input channel, at which cell of the kernel, at which place (y, x) of the input."""

    channel: int
    cell: tuple[int, int]
    place: tuple[int, int]
    is_padding: bool
    input: float
    weight: float
    product: float


@dataclass(frozen=True)
class Ranking:
    """The strongest products of a sum, the farthest from zero first, and what they leave.

    `share` is what they make of the sum of the absolute values of all products, 0 to 1 (1 where all are zero): of all
    that is added up, whatever its sign. The bias does not count.
    """

    products: tuple[Product, ...]
    share: float
    rest: float  # the sum of all other products, with their signs
    n_products: int  # of all


def rank(opened: Opened, n: int) -> Ranking:
    """The n strongest products; of equal ones the first by channel, row and column."""
    order = _order(opened)[:n]
    flat = opened.products.ravel()
    products = []
    for index in order.tolist():
        channel, row, column = (int(i) for i in np.unravel_index(index, opened.products.shape))
        products.append(
            Product(
                channel=opened.channels[channel],
                cell=(row, column),
                place=opened.place(row, column),
                is_padding=bool(opened.is_padding[row, column]),
                input=float(opened.inputs[channel, row, column]),
                weight=float(opened.weights[channel, row, column]),
                product=float(flat[index]),
            )
        )
    others = np.ones(len(flat), bool)
    others[order] = False
    # 1 where the others are all zero: the sum of the same numbers in another order might be less
    share = float(np.abs(flat[order]).sum() / np.abs(flat).sum()) if flat[others].any() else 1.0
    return Ranking(tuple(products), share, float(flat[others].sum()), len(flat))


def n_for_share(opened: Opened, share: float) -> int:
    """The least number of products whose absolute values make this share (0 to 1) of the sum of all."""
    sizes = np.abs(opened.products.ravel()[_order(opened)]).cumsum()
    return int(np.searchsorted(sizes, share * sizes[-1] * (1 - 1e-12))) + 1 if sizes[-1] else 0


def _order(opened: Opened) -> NDArray[np.intp]:
    return np.argsort(-np.abs(opened.products.ravel()), kind="stable")
