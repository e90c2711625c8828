"""What pooling keeps and loses: window by window, kind by kind, and in the network's answer."""

from .exchange import ShiftTest, Swap, shift_test, swap
from .kinds import KINDS, maps_of, pool
from .opened import OpenedPooling, open_pooling

__all__ = ["KINDS", "OpenedPooling", "ShiftTest", "Swap", "maps_of", "open_pooling", "pool", "shift_test", "swap"]
