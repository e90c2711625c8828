"""`explorer verify`: make the figures of an export anew, and say which differ."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .help import add_command
from .options import Commands


def register(commands: Commands) -> None:
    verify = add_command(
        commands, "verify", "make every figure of a .zip of `export` anew, and say which differ", "cat.zip",
        "cat.zip --weights trained.pth",
    )  # fmt: skip
    verify.add_argument("file", type=Path, metavar="FILE", help="a .zip that `explorer export` wrote")
    verify.add_argument(
        "--weights", metavar="WEIGHTS",
        help="a checkpoint, where the weights came from a file (default: the published or random ones that it names)",
    )  # fmt: skip
    verify.set_defaults(command=_verify)


def _verify(options: argparse.Namespace) -> int:
    from ..exporting.verifying import verify
    from ..wording import plural

    found = verify(options.file, options.weights, _show)
    print(file=sys.stderr)
    for one in found.figures:
        print(f"{one.state:<8} {one.file}{f'  {one.remark}' if one.remark else ''}")
    same = sum(one.state == "same" for one in found.figures)
    print(f"{same} of {plural(len(found.figures), 'figure')} are the same to the bit.")
    return 0 if found.is_same else 1


def _show(done: int, total: int | None) -> None:
    print(f"\r{done} of {total} figures", end="", file=sys.stderr, flush=True)
