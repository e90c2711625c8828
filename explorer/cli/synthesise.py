"""`explorer synthesise`: a picture made for a channel, a class or a difference, dreamt into, or made again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .help import add_command
from .options import Commands, add_network, network_of

if TYPE_CHECKING:
    from ..synthesis.making import Pixels
    from ..trace import FloatArray

_SAMPLE = "assets/samples/chelsea.jpg"


def register(commands: Commands) -> None:
    synthesise = add_command(
        commands, "synthesise", "make a picture for a channel or a class, or change one after a layer's taste",
        "layer3:42 --network pocket_resnet -o channel.png",
        "cat-dog --network pocket_resnet --pictures 3 --steps 64 -o class.png",
        f"layer3 --network pocket_resnet --dream {_SAMPLE} -o dream.png",
        f"layer2 --network pocket_resnet --invert {_SAMPLE} --steps 64 -o left.png",
    )  # fmt: skip
    synthesise.add_argument(
        "target", metavar="TARGET",
        help="a channel (layer4:17), one value of it (layer4:17:3:4), a class (281, tabby) or two (281-282); with "
        "--dream a layer or a channel, with --invert a layer",
    )  # fmt: skip
    add_network(synthesise)
    own = synthesise.add_mutually_exclusive_group()
    own.add_argument(
        "--dream", type=Path, metavar="PICTURE", help="more of what the layer sees in this picture (default: none)"
    )
    own.add_argument(
        "--invert", type=Path, metavar="PICTURE", help="this picture again, from what the layer gives (default: none)"
    )
    synthesise.add_argument(
        "--steps", type=int, help="steps (default: 192; of each octave of a dream 12, to invert 128)"
    )
    synthesise.add_argument("--octaves", type=int, default=4, help="octaves of a dream (default: %(default)s)")
    synthesise.add_argument("--pictures", type=int, default=1, help="pictures that differ (default: %(default)s)")
    synthesise.add_argument("--side", type=int, help="pixels of a side (default: what suits the network)")
    synthesise.add_argument(
        "--spectrum", default="free", metavar="WAVES",
        help="free, or 'of photographs': only the waves' phases are changed (MACO) (default: %(default)s)",
    )  # fmt: skip
    synthesise.add_argument("--seed", type=int, default=0, help="the same one, the same picture (default: %(default)s)")
    synthesise.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png", help="the picture")
    synthesise.add_argument(
        "--array", type=Path, metavar="OUT.npy", help="its values, (B, C, H, W) from 0 to 1 (default: not written)"
    )
    synthesise.set_defaults(command=_synthesise)


def _synthesise(options: argparse.Namespace) -> None:
    import numpy as np

    from ..synthesis.figures import made_png

    pictures, values, said = _made(options) if options.dream is None and options.invert is None else _changed(options)
    print(file=sys.stderr)
    options.output.write_bytes(made_png(pictures))
    if options.array is not None:
        with options.array.open("wb") as file:
            np.save(file, values)
    print(f"{said}\n{options.output}")


def _made(options: argparse.Namespace) -> tuple[list[Pixels], FloatArray, str]:
    from ..synthesis import Settings, synthesise
    from ..synthesis.sentences import objective_sentence, reached_sentence, readable_sentence

    usual = Settings()
    settings = Settings(
        usual.steps if options.steps is None else options.steps, options.side, options.pictures, options.spectrum,
        seed=options.seed,
    )  # fmt: skip
    network = network_of(options)
    found = synthesise(network, options.target, settings, _show_steps)
    sentences = (objective_sentence(network, found.objective), reached_sentence(found), readable_sentence(found))
    return found.pictures, found.values, "\n".join(sentences)


def _changed(options: argparse.Namespace) -> tuple[list[Pixels], FloatArray, str]:
    from .. import read_image
    from ..synthesis import dream, invert
    from ..synthesis.sentences import dream_sentence, inversion_sentence

    image, network = read_image(options.dream or options.invert), network_of(options)
    steps = {} if options.steps is None else {"steps": options.steps}
    if options.invert is not None:
        found = invert(network, image, options.target, seed=options.seed, progress=_show_steps, **steps)
        return [found.picture], found.values, inversion_sentence(found)
    found = dream(network, image, options.target, options.octaves, seed=options.seed, progress=_show_steps, **steps)
    return [found.picture], found.values, dream_sentence(found)


def _show_steps(done: int, total: int | None) -> None:
    print(f"\r{done} of {total} steps", end="", file=sys.stderr, flush=True)
