"""`explorer train` and `explorer evaluate`: the networks that the project ships, by their recipes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .help import add_command
from .options import Commands, say_notes

_DATA = "folder with the recipe's archives; the sounds of sound_cnn are made (default: none)"


def register(commands: Commands) -> None:
    train = add_command(
        commands, "train", "train a network that the project ships", "lenet5 --data DIR --out lenet5.safetensors"
    )
    train.add_argument("network", metavar="NETWORK", help="lenet5, mlp, basic_cnn, pocket_resnet or sound_cnn")
    train.add_argument("--data", type=Path, metavar="DIR", help=_DATA)
    train.add_argument("--out", type=Path, required=True, metavar="FILE.safetensors", help="for the weights")
    train.add_argument("--seed", type=int, default=0, help="where the random numbers begin (default: %(default)s)")
    train.set_defaults(command=_train)

    evaluate = add_command(
        commands, "evaluate", "measure a trained network on its validation pictures", "lenet5 --data DIR"
    )
    evaluate.add_argument("network", metavar="NETWORK", help="lenet5, mlp, basic_cnn, pocket_resnet or sound_cnn")
    evaluate.add_argument("--data", type=Path, metavar="DIR", help=_DATA)
    evaluate.add_argument(
        "--weights", default="pretrained", help="pretrained, random, or a checkpoint (default: %(default)s)"
    )
    evaluate.set_defaults(command=_evaluate)


def _train(options: argparse.Namespace) -> None:
    from ..training.loop import train_and_save
    from ..training.recipes import find_recipe

    train_and_save(find_recipe(options.network), options.data, options.out, options.seed)


def _evaluate(options: argparse.Namespace) -> None:
    from .. import load_network
    from ..training.evaluation import evaluate
    from ..training.recipes import find_recipe

    recipe = find_recipe(options.network)
    network = load_network(options.network, options.weights)
    say_notes(network)
    print(evaluate(network, options.data, recipe, lambda n: print(f"\r{n} pictures", end="", file=sys.stderr)).table())
