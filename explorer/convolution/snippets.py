"""The code that makes the numbers of the page on convolution."""

from __future__ import annotations

from ..snippets import Setting, listed


def opened_value(setting: Setting, layer: str, unit: tuple[int, ...], what: str) -> str:
    """What one value is made of, (n_in, kH, kW): `what` is "inputs", "weights" or "products"."""
    code = setting.begin("from explorer.convolution import open_value")
    return code + f"array = open_value(trace, {layer!r}, {unit!r}).{what}\n"


def kernel_result(setting: Setting, source: str, kernel: str, *steps: tuple[int, int]) -> str:
    """A kernel laid over one channel of the picture, (H', W'): `kernel` is a call of `named_kernel` or `typed_kernel`,
    `steps` are stride, padding and dilation."""
    names = sorted(("convolve", kernel.partition("(")[0], "source"))
    code = setting.load(f"from explorer.convolution import {', '.join(names)}")
    return code + (
        f"kernel = {kernel}\n"
        f"laid_over = source(network, network.prepare(image), {source!r})\n"
        f"array = convolve(laid_over, kernel.weights, {listed(steps)}).values\n"
    )


def filter_result(setting: Setting, layer: str, index: int, *steps: tuple[int, int]) -> str:
    """A filter of a first layer laid over what that layer reads, (H', W'); `steps` are stride, padding and dilation."""
    code = setting.begin(
        "from explorer.convolution import convolve, filter_kernel",
        "from explorer.trace import read_by",
    )
    return code + (
        f"kernel = filter_kernel(trace, {layer!r}, {index})\n"
        f"array = convolve(read_by(trace, {layer!r}), kernel.weights, {listed(steps)}, kernel.bias).values\n"
    )
