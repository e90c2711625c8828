"""Any sum of products of a network, opened up; and kernels of one's own, laid over the picture."""

from .kernels import Kernel, filter_kernel, named_kernel, typed_kernel
from .lab import Experiment, convolve, source
from .opened import Opened, open_value

__all__ = [
    "Experiment",
    "Kernel",
    "Opened",
    "convolve",
    "filter_kernel",
    "named_kernel",
    "open_value",
    "source",
    "typed_kernel",
]
