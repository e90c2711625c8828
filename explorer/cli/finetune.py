"""`explorer finetune`: a new head for the classes of one's own pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..loading.catalog import FIRST_NETWORK
from ..wording import percent
from .help import add_command
from .options import Commands, say_notes, show_bytes

if TYPE_CHECKING:
    from ..pictures.folders import PictureFile


def register(commands: Commands) -> None:
    tune = add_command(
        commands, "finetune", "train a new head over a network as it is, on your own pictures",
        "DIR -o pets.safetensors",
        "DIR --base pocket_resnet --epochs 80 -o pets.safetensors",
        "DIR --layers last -o pets.safetensors",
    )  # fmt: skip
    tune.add_argument(
        "pictures", type=Path, nargs="+", metavar="PICTURE",
        help="folders of pictures, or .tar archives; the folder right above a picture is called after its class",
    )  # fmt: skip
    tune.add_argument(
        "--base",
        default=FIRST_NETWORK,
        metavar="NETWORK",
        help="whose layers are taken: a name, or a file of ONNX or Keras (default: %(default)s)",
    )
    tune.add_argument(
        "--weights", default="pretrained", metavar="WEIGHTS",
        help="pretrained, the name of a published set, random, or a checkpoint (default: %(default)s)",
    )  # fmt: skip
    tune.add_argument(
        "--held-out", type=float, default=0.25, metavar="SHARE",
        help="of each class, to see whether it was learned (default: %(default)s)",
    )  # fmt: skip
    tune.add_argument(
        "--layers", choices=("head", "last", "all"), default="head",
        help="train the head alone, then the last block with it, or all layers (default: %(default)s)",
    )  # fmt: skip
    tune.add_argument(
        "--epochs", type=int, default=40, help="how often the head sees every picture (default: %(default)s)"
    )
    tune.add_argument(
        "--tuning-epochs", type=int, default=5, help="how often the other layers do (default: %(default)s)"
    )
    tune.add_argument("--learning-rate", type=float, default=1e-3, help="of the other layers (default: %(default)s)")
    tune.add_argument("--seed", type=int, default=0, help="where the random numbers begin (default: %(default)s)")
    tune.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE.safetensors",
        help="for the network; its card goes beside it, as .md",
    )  # fmt: skip
    tune.set_defaults(command=_finetune)


def _finetune(options: argparse.Namespace) -> None:
    from .. import load_network
    from ..errors import BadOption
    from ..pictures.folders import find_pictures
    from ..transfer import Settings, Tuning, fine_tune, gathered, learn

    if options.output.suffix != ".safetensors":
        raise BadOption(f"'{options.output}' is no name for safetensors. End it in .safetensors.")
    classes: dict[str, list[PictureFile]] = {}
    for picture in find_pictures(options.pictures):
        classes.setdefault(picture.folder, []).append(picture)
    examples = gathered(classes, options.held_out, options.seed)
    for note in examples.notes:
        print(f"note: {note}", file=sys.stderr)
    base = load_network(options.base, options.weights, progress=show_bytes)
    say_notes(base)
    settings = Settings(n_epochs=options.epochs, seed=options.seed)
    found = learn(base, examples, settings, _show_pictures)
    print(file=sys.stderr)
    if options.layers != "head":
        print(f"The head alone: {percent(found.evaluation().accuracy)} of the held-out pictures right", file=sys.stderr)
        tuning = Tuning(
            options.layers, n_epochs=options.tuning_epochs, learning_rate=options.learning_rate, seed=options.seed
        )
        found = fine_tune(found, tuning, _show_pictures)
        print(file=sys.stderr)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(found.file())
    options.output.with_suffix(".md").write_text(found.card(), encoding="utf-8")
    print(found.evaluation().table())
    print(f"\npython -m explorer explain PICTURE --network {options.base} --weights {options.output} -o map.png")


def _show_pictures(done: int, total: int | None) -> None:
    print(f"\r{done} of {total} pictures", end="", file=sys.stderr, flush=True)
