"""`explorer export`: one picture in one network as a file that anybody can open."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .help import add_command
from .options import Commands, add_network, network_of

_SAMPLE = "assets/samples/chelsea.jpg"


def register(commands: Commands) -> None:
    export = add_command(
        commands, "export", "write what a network sees in a picture into one file",
        f"{_SAMPLE} -o cat.html",
        f"{_SAMPLE} --network pocket_resnet -o cat.html --layers conv1 layer2.0.conv1 --report",
        f"{_SAMPLE} -o dog.html --class 'Egyptian cat'",
        f"{_SAMPLE} --network pocket_resnet -o cat.html --live",
        f"{_SAMPLE} -o cat.zip",
    )  # fmt: skip
    export.add_argument("picture", type=Path, metavar="PICTURE", help="the file of a picture")
    add_network(export)
    export.add_argument("--class", dest="target", help="class to explain, by number or name (default: the top one)")
    export.add_argument(
        "--layers", nargs="+", metavar="LAYER",
        help="layers whose maps it holds, exactly (default: the first that adds up, and the last stages with maps)",
    )  # fmt: skip
    export.add_argument(
        "--report", action="store_true", help="with what its map of evidence is worth, which takes passes"
    )
    export.add_argument(
        "--live", action="store_true", help="with the network itself, a small one, for the reader's own picture"
    )
    export.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT",
        help="OUT.html for anybody to look at, OUT.zip with arrays and recipes that `verify` checks, or OUT.ipynb, a "
        "notebook; a file that is there is replaced",
    )  # fmt: skip
    export.set_defaults(command=_export)


def _export(options: argparse.Namespace) -> None:
    from .. import read_image, run
    from ..errors import BadOption
    from ..exporting import export
    from ..exporting.archive import archive
    from ..exporting.live import packed
    from ..exporting.notebook import notebook
    from ..exporting.sentences import total_sentence
    from ..exporting.sizes import checked_layers
    from ..targets import class_index
    from ..wording import megabytes

    image = read_image(options.picture)
    network = network_of(options)
    layers, others = checked_layers(network, options.layers), {".zip": archive, ".ipynb": notebook}
    kind = options.output.suffix.lower()
    if kind in others and (options.live or options.report):
        raise BadOption(f"Only an .html file can have --live or --report in it, not a {kind} file. Leave them out.")
    if options.live:
        packed(network)  # raises before anything is run
    print(total_sentence(network, layers), file=sys.stderr)
    asked = options.target
    target = "top" if asked is None else class_index(network, network.category_index(asked))
    trace = run(network, image, target)
    if kind in others:
        place = others[kind](trace, options.output, layers)
    else:
        place = export(trace, options.output, layers, options.live, options.report, _show)
        print(file=sys.stderr)
    print(f"{', '.join(layers)} of {network.title}, {megabytes(place.stat().st_size)}: {place}")


def _show(done: int, total: int | None) -> None:
    print(f"\r{done} of {total} parts", end="", file=sys.stderr, flush=True)
