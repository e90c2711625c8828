"""`explorer evaluate-challenges`: how often networks are right while pictures are changed more and more."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .help import add_command
from .options import Commands, say_notes, show_bytes


def register(commands: Commands) -> None:
    table = add_command(
        commands, "evaluate-challenges", "measure networks on pictures that are changed",
        "FOLDER --networks efficientnet_lite0 pocket_resnet -n 200 --out DIR",
        "FOLDER --networks mobilenet_v2=FILE.safetensors --changes rotation zoom --out DIR",
    )  # fmt: skip
    table.add_argument(
        "pictures", type=Path, nargs="+", metavar="PICTURE",
        help="pictures, folders of them, or .tar archives; the folder of each is called after what it shows",
    )  # fmt: skip
    table.add_argument(
        "--networks", nargs="+", required=True, metavar="NETWORK[=WEIGHTS]",
        help="their names, which `explorer networks` lists; with a published set, random or a checkpoint where it is "
        "not to be the usual one",
    )  # fmt: skip
    table.add_argument(
        "--changes", nargs="+", metavar="CHANGE", help="these alone, such as rotation or zoom (default: all)"
    )
    table.add_argument("-n", type=int, metavar="N", help="so many pictures, taken at even steps (default: all)")
    table.add_argument("--out", type=Path, required=True, metavar="DIR", help="for table.csv and table.md")
    table.set_defaults(command=_evaluate_challenges)


def _evaluate_challenges(options: argparse.Namespace) -> None:
    from .. import load_network
    from ..challenges.survey import STRENGTHS, evaluate_challenges

    networks = []
    for asked in options.networks:
        name, _, weights = asked.partition("=")
        network = load_network(name, weights or "pretrained", progress=show_bytes)
        say_notes(network)
        networks.append(network)
    table = evaluate_challenges(
        networks, options.pictures, options.changes or tuple(STRENGTHS), options.n,
        progress=lambda done, total: print(f"\r{done} of {total} pictures", end="", file=sys.stderr, flush=True),
    )  # fmt: skip
    print(file=sys.stderr)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in (("table.csv", table.csv()), ("table.md", table.markdown() + "\n")):
        (options.out / name).write_text(text, encoding="utf-8")
    print(table.markdown())
