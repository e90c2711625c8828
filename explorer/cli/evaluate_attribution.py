"""`explorer evaluate-attribution`: how faithful the methods are on many pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..wording import plural
from .help import METHODS, add_command
from .options import Commands, add_network, network_of, parsed_option


def register(commands: Commands) -> None:
    faithful = add_command(
        commands, "evaluate-attribution", "score attribution methods on many pictures",
        "assets/samples --methods grad_cam gradient random --network pocket_resnet -n 2 --steps 4 --out scores",
        "FOLDER --target folder --option rise.n_masks=200 --out DIR",
        methods=METHODS,
    )  # fmt: skip
    faithful.add_argument(
        "pictures", type=Path, nargs="+", metavar="PICTURE", help="pictures, folders of them, or .tar archives"
    )
    add_network(faithful)
    faithful.add_argument(
        "--methods", nargs="+", metavar="METHOD",
        help="these alone, of those below and of what knows nothing of a picture: random, random_pixels, centred "
        "(default: all)",
    )  # fmt: skip
    faithful.add_argument(
        "--option", action="append", default=[], metavar="METHOD.NAME=VALUE",
        help="an option of a method, such as rise.n_masks=200; may be given again (default: those of its card)",
    )  # fmt: skip
    faithful.add_argument(
        "--target",
        default="top",
        help="a class, top, or folder: what the folder is called after (default: %(default)s)",
    )
    faithful.add_argument(
        "--layer", help="layer to draw at, for methods that explain one (default: the end of the last spatial block)"
    )
    faithful.add_argument("-n", type=int, metavar="N", help="so many pictures, taken at even steps (default: all)")
    faithful.add_argument(
        "--steps", type=int, default=32, help="of the deletion and insertion curves (default: %(default)s)"
    )
    faithful.add_argument(
        "--fill", default="mean",
        help="what takes the place of deleted pixels: mean, black, white, blur (default: %(default)s)",
    )  # fmt: skip
    faithful.add_argument("--seed", type=int, default=0, help="of the baselines at random (default: %(default)s)")
    faithful.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the table and the maps")
    faithful.set_defaults(command=_evaluate_attribution)


def _evaluate_attribution(options: argparse.Namespace) -> int:
    from .. import Scoring, evaluate_attribution
    from ..errors import BadOption

    chosen: dict[str, dict[str, int | float | str]] = {}
    for text in options.option:
        method, _, setting = text.partition(".")
        if "=" in method or "=" not in setting:
            raise BadOption(f"'{text}' sets no option. Write METHOD.NAME=VALUE, such as rise.n_masks=200.")
        name, value = parsed_option(method, setting)
        chosen.setdefault(method, {})[name] = value
    network = network_of(options)
    table = evaluate_attribution(
        network, options.pictures, options.methods, options.out,
        Scoring(options.target, options.layer, options.steps, options.fill, options.seed, chosen),
        options.n,
        progress=lambda done, total: print(f"\r{done} of {total} maps", end="", file=sys.stderr, flush=True),
    )  # fmt: skip
    print(file=sys.stderr)
    print(table.markdown())
    print(f"{plural(len(table.rows), 'row')}: {options.out / 'table.csv'}, {options.out / 'table.json'}")
    return 0 if table.rows else 1
