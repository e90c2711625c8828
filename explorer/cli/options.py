"""What several commands take, and how they say how far they are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..loading.catalog import FIRST_NETWORK
from ..wording import percent

if TYPE_CHECKING:
    from ..networks.network import Network

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # what a module of commands adds its own to


def add_network(parser: argparse.ArgumentParser) -> None:
    """The options that say which network; `network_of` loads it."""
    parser.add_argument(
        "--network", default=FIRST_NETWORK, metavar="NETWORK",
        help=f"its name, which `explorer networks` lists, or a file of a whole one: .onnx, .keras, .h5, or the "
        f".safetensors of a row of blocks (default: {FIRST_NETWORK})",
    )  # fmt: skip
    add_module(parser)
    parser.add_argument(
        "--weights", default="pretrained", metavar="WEIGHTS",
        help="pretrained, the name of a published set, random, or a checkpoint (default: pretrained)",
    )  # fmt: skip
    parser.add_argument(
        "--preparation", metavar="HOW",
        help="how its pictures are prepared, where a checkpoint does not say: imagenet, half, unit, bytes, "
        "mean-colour, tensorflow, a published set, or fields such as half,crop=192,channels=BGR (default: what the "
        "weights say)",
    )  # fmt: skip
    parser.add_argument(
        "--categories",
        type=Path,
        metavar="FILE",
        help="names of a checkpoint's classes: text, CSV, YAML or JSON (default: those it has, or the usual ones)",
    )


def add_module(parser: argparse.ArgumentParser) -> None:
    """The option for a network of one's own."""
    parser.add_argument(
        "--module", metavar="FILE.py:MAKE",
        help="a network of your own instead: MAKE() in FILE.py, which is run, returns a torch.nn.Module, or what "
        "explorer.network_of makes of one (default: one of the catalogue)",
    )  # fmt: skip


def network_of(options: argparse.Namespace) -> Network:
    """The network that the options of `add_network` name; its notes are printed. Raises as load_network and
    made_network do."""
    from ..errors import BadModule
    from ..loading.load import load_network
    from ..loading.made import made_network

    if options.module is not None:
        if options.weights != "pretrained":
            raise BadModule("A module has its own weights. Leave out --weights, or --module.")
        network = made_network(options.module, options.categories, options.preparation)
    else:
        network = load_network(
            options.network, options.weights, progress=show_bytes, categories=options.categories,
            preparation=options.preparation,
        )  # fmt: skip
    say_notes(network)
    return network


def say_notes(network: Network) -> None:
    """What is to be known of a network before its numbers are believed."""
    for note in network.notes:
        print(f"note: {note}.", file=sys.stderr)


def show_bytes(received: int, total: int | None) -> None:
    """How much of the weights has come."""
    share = percent(received / total) if total else ""
    print(f"\rfetching weights: {received >> 20} MB {share}", end="", file=sys.stderr, flush=True)


def parsed_option(method: str, text: str) -> tuple[str, int | float | str]:
    """NAME=VALUE as the method's option of that name takes it. Raises BadOption, UnknownMethod."""
    from ..attribution import find_method
    from ..errors import BadOption

    name, sign, value = text.partition("=")
    if not sign:
        raise BadOption(f"'{text}' sets no option. Write NAME=VALUE, such as steps=64.")
    parsers = {option.name: option.parse for option in find_method(method).options}
    return name, parsers.get(name, str)(value)
