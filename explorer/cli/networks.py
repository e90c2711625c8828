"""`explorer networks` and `explorer fetch`: which networks there are, and their trained weights."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import ExplorerError
from .help import add_command
from .options import Commands, show_bytes


def register(commands: Commands) -> None:
    networks = add_command(
        commands, "networks", "list the networks", "", "lenet5 pocket_resnet", "timm resnet", "--check lenet5"
    )
    networks.add_argument(
        "names", nargs="*", metavar="NAME",
        help="these alone (default: all); after 'timm', what is to be found in the names of timm's",
    )  # fmt: skip
    networks.add_argument(
        "--check", action="store_true", help="run each with random weights, in a process of its own, and measure it"
    )
    networks.set_defaults(command=_networks)

    fetch = add_command(
        commands, "fetch", "fetch trained weights, for a lesson without internet", "lesson --to weights", "resnet50"
    )
    fetch.add_argument("names", nargs="+", metavar="NAME", help="a network, or: lesson, all")
    fetch.add_argument(
        "--set", default="pretrained", help="which published set, such as IMAGENET1K_V2 (default: the usual one)"
    )
    fetch.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="folder to fetch into, later named by EXPLORER_WEIGHTS_DIR, with a .sha256 beside each file (default: "
        "torchvision's cache)",
    )
    fetch.set_defaults(command=_fetch)


def _networks(options: argparse.Namespace) -> int:
    from ..loading.catalog import LEFT_OUT, find, list_networks

    if options.names[:1] == ["timm"]:
        return _networks_of_timm(options.names[1:])
    infos = [find(name) for name in options.names] or list_networks()
    if options.check:
        from .check import check

        return 0 if check([info.name for info in infos], print) else 1
    for info in infos:
        print(f"{info.name:20} {info.year or '':4}  {info.title:20} {info.n_parameters / 1e6:6.1f} M  {info.brought}")
    if not options.names:
        print(LEFT_OUT)
    return 0


def _networks_of_timm(sought: Sequence[str]) -> int:
    """Those of timm with all of these words in their name or module; then how many cannot be opened, and why."""
    from ..loading.sources.timm import VERSION, WHY_NOT, architectures

    rows = [
        row
        for row in architectures().values()
        if all(word.lower() in f"{row.info.name} {row.info.family}" for word in sought)
    ]
    for row in rows:
        about = f"{row.info.n_parameters / 1e6:7.1f} M  {row.info.size:3} px  {row.info.family}"
        print(f"{row.info.name:48} {about}{', not opened' if row.why_not else ''}")
    print(f"{len(rows):,} of the {len(architectures()):,} networks of timm {VERSION}")
    for key, sentence in WHY_NOT.items():
        if n := sum(row.why_not == key for row in rows):
            print(f"{n:,} of them cannot be opened. {sentence}")
    return 0 if rows else 1


def _fetch(options: argparse.Namespace) -> int:
    from ..loading.download import default_folder, fetch
    from ..loading.inventory import choose_sets
    from ..loading.sidecar import write_sidecar

    chosen = choose_sets(options.names, options.set)
    folder = options.to or default_folder()
    n_failed = 0
    for weights in chosen:
        assert weights.url is not None  # the project's own were not chosen
        try:
            path = fetch(weights.url, folder, show_bytes)
            if options.to is not None:  # a stick may be copied, and a copy may be damaged
                write_sidecar(path)
            print(f"\r{weights.network:20} {path.stat().st_size >> 20:5} MB  {path}")
        except ExplorerError as error:  # one that fails must not keep the others from the stick
            n_failed += 1
            print(f"\rexplorer: {error}", file=sys.stderr)
    print(f"{len(chosen) - n_failed} of {len(chosen)} are in {folder}")
    return 1 if n_failed else 0
