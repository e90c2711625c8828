"""`explorer atlas`: what the channels of a network do over many pictures."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from ..wording import count, duration, plural
from .help import add_command
from .options import Commands, add_network


def register(commands: Commands) -> None:
    atlas = add_command(
        commands, "atlas", "look at every channel over a folder of pictures: strongest patches, statistics, classes",
        "assets/samples --network pocket_resnet -o atlas",
        "FOLDER --layers layer3 layer4 --network pocket_resnet --workers 4 -o DIR",
        "FOLDER.tar --layers all --without-pictures --use -o DIR",
    )  # fmt: skip
    atlas.add_argument(
        "pictures", type=Path, nargs="+", metavar="PICTURE",
        help="folders of pictures, .tar archives, or pictures; the folder right above a picture is called after its "
        "class",
    )  # fmt: skip
    add_network(atlas)
    atlas.add_argument(
        "--layers", nargs="+", default=[], metavar="LAYER",
        help="layers with maps, blocks, or all for the channels of every convolution (default: the stages with maps)",
    )  # fmt: skip
    atlas.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the atlas")
    atlas.add_argument(
        "--workers", type=int, metavar="N",
        help="processes of one thread each (default: as many as there are processors)",
    )  # fmt: skip
    atlas.add_argument(
        "--engine", default="pool", help="pool, on this machine, or ray, on a cluster (default: %(default)s)"
    )
    atlas.add_argument("--title", help="what the pictures are called (default: the folder's name)")
    atlas.add_argument(
        "--patches", type=int, default=9, metavar="N", help="so many strongest places of each channel, and as many by "
        "lot of each layer (default: %(default)s)",
    )  # fmt: skip
    atlas.add_argument("--bins", type=int, default=64, metavar="N", help="of a histogram (default: %(default)s)")
    atlas.add_argument(
        "--neighbours", type=int, default=10, metavar="N", help="most alike channels of each (default: %(default)s)"
    )
    atlas.add_argument(
        "--crop", type=int, default=96, metavar="N", help="pixels of a crop's long side, at most (default: %(default)s)"
    )
    atlas.add_argument(
        "--use", action="store_true",
        help="go back from each answer: what each channel adds to it (gradient x activation), class by class",
    )  # fmt: skip
    atlas.add_argument(
        "--without-pictures", action="store_true", help="statistics alone: nothing in it shows or names a picture"
    )
    atlas.add_argument("--brief", action="store_true", help="three digits of each number, in half the space")
    atlas.set_defaults(command=_atlas)


def _atlas(options: argparse.Namespace) -> int:
    from ..atlas import NetworkSource, Settings, make_atlas

    source = NetworkSource(options.network, options.weights, options.preparation, options.categories, options.module)
    settings = Settings(
        options.title or "", options.patches, options.bins, options.neighbours, options.crop,
        pictures=not options.without_pictures, use=options.use, brief=options.brief,
    )  # fmt: skip
    n_workers = (os.cpu_count() or 1) if options.workers is None else options.workers
    told = _Told()
    try:
        atlas = make_atlas(
            source, options.pictures, options.output, options.layers, settings, n_workers, options.engine, told
        )
    finally:
        told.end()
    n_channels = sum(layer.n_channels for layer in atlas.manifest.layers)
    left_out = atlas.broken()
    for name, reason in left_out[:20]:
        print(f"left out: {name}: {reason}", file=sys.stderr)
    if len(left_out) > 20:
        print(f"and {len(left_out) - 20:,} more: {options.output / 'broken.parquet'}", file=sys.stderr)
    print(
        f"{plural(n_channels, 'channel')} of {plural(len(atlas.layers), 'layer')} over "
        f"{plural(atlas.n_pictures, 'picture')}, {plural(len(left_out), 'file')} left out: {options.output}"
    )
    return 0


class _Told:
    """How far it is, and how long it will take."""

    def __init__(self) -> None:
        self._began: tuple[float, int] | None = None

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if self._began is None:
            self._began = now, done
        started, first = self._began
        left = ""
        if total is not None and first < done < total:
            rate = (done - first) / (now - started)
            left = f", {count(rate)} a second, {duration((total - done) / rate)} left"
        print(f"\r{done:,} of {total or 0:,} pictures{left}   ", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Whatever is said after it begins on a line of its own."""
        if self._began is not None:
            print(file=sys.stderr)
