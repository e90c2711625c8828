"""`explorer explain` and `explorer attribute`: where the evidence is in a picture, or, with the first, in many."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .help import METHODS, READ_OFF, add_command
from .options import Commands, add_network, network_of, parsed_option

_SAMPLE = "assets/samples/chelsea.jpg"


def register(commands: Commands) -> None:
    _register_explain(commands)
    _register_attribute(commands)


def _register_explain(commands: Commands) -> None:
    explain = add_command(
        commands, "explain", "predict pictures and draw where the evidence is",
        f"{_SAMPLE} -o map.png",
        f"{_SAMPLE} -o map.png --target 'Egyptian cat' --method layer_cam",
        "assets/samples -o maps --network pocket_resnet",
        methods=READ_OFF,
    )  # fmt: skip
    explain.add_argument(
        "pictures", type=Path, nargs="+", metavar="PICTURE",
        help="a picture; or several, folders of them, .tar archives, patterns such as 'holiday/*.jpg'",
    )  # fmt: skip
    add_network(explain)
    explain.add_argument("--target", help="class to explain, by number or name (default: the top one of each picture)")
    explain.add_argument("--layer", help="layer to draw at (default: the end of the last spatial block)")
    explain.add_argument(
        "--method", default="grad_cam", metavar="CAM", help="one of those below (default: %(default)s)"
    )
    explain.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT",
        help="OUT.png for the map over the picture; of several pictures a folder, with a PNG for each, table.csv and "
        "table.json",
    )  # fmt: skip
    _add_stretched(explain)
    explain.add_argument(
        "--array", type=Path, metavar="OUT.npy",
        help="the map itself, (H, W) float32, not normalised; of several pictures a folder (default: not written)",
    )  # fmt: skip
    explain.set_defaults(command=_explain)


def _register_attribute(commands: Commands) -> None:
    attribute = add_command(
        commands, "attribute", "draw the map of any attribution method",
        f"{_SAMPLE} --method occlusion --network pocket_resnet -o map.png",
        f"{_SAMPLE} --method smooth_grad --option n_samples=8 --network pocket_resnet -o map.png --scores",
        f"{_SAMPLE} --target cat-dog --signed --network pocket_resnet -o map.png",
        methods=METHODS,
    )  # fmt: skip
    attribute.add_argument("picture", type=Path, metavar="PICTURE", help="the file of a picture")
    add_network(attribute)
    attribute.add_argument("--method", default="grad_cam", help="one of those below (default: %(default)s)")
    attribute.add_argument(
        "--target", metavar="TARGET",
        help="a class (281, tabby), two (281-282), a channel (layer4:17) or one value of it (layer4:17:3:4) "
        "(default: the top class)",
    )  # fmt: skip
    attribute.add_argument(
        "--layer", help="layer to draw at, for methods that explain one (default: the end of the last spatial block)"
    )
    attribute.add_argument("--signed", action="store_true", help="what speaks against the target is negative, not 0")
    attribute.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE",
        help="an option of the method, such as steps=64; may be given again (default: those of its card)",
    )  # fmt: skip
    attribute.add_argument("--scores", action="store_true", help="say how faithful the map is, too")
    attribute.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.png", help="the map over the picture"
    )
    _add_stretched(attribute)
    attribute.add_argument(
        "--array", type=Path, metavar="OUT.npy", help="the map itself, (H, W) float32 (default: not written)"
    )
    attribute.set_defaults(command=_attribute)


def _add_stretched(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stretched", action="store_true",
        help="stretch the map over the picture, instead of drawing each cell in the middle of what it sees",
    )  # fmt: skip


def _explain(options: argparse.Namespace) -> int:
    from ..wording import percent
    from .many import explain_many, is_one_picture
    from .one import asked_of, explained

    if not is_one_picture(options.pictures, options.output):
        return explain_many(options)
    from .. import read_image

    image = read_image(options.pictures[0])
    found = explained(asked_of(network_of(options), options), image)
    found.write(options.output, options.array)
    for prediction in found.trace.top(5):
        marker = "*" if prediction.index == found.target.index else " "
        share = percent(prediction.probability)
        print(f"{marker} {share:>9}  {prediction.category}  (logit {prediction.logit:.3f})")
    print(f"{found.summary}: {options.output}")
    return 0


def _attribute(options: argparse.Namespace) -> None:
    import numpy as np

    from .. import read_image, run
    from ..attribution import explain
    from ..attribution.figures import own_scale
    from ..drawing.picture import overlay, png_of_pixels, visible
    from ..faithfulness.report import report_card
    from ..faithfulness.sentences import curves_sentence, of_the_first, road_sentence, ties_sentence
    from ..targets import Target, parse_target
    from ..wording import percent, plural

    chosen = dict(parsed_option(options.method, text) for text in options.option)
    image = read_image(options.picture)
    network = network_of(options)
    target = None if options.target is None else parse_target(network, options.target)
    trace = run(network, image, "top" if target is None else target)
    if options.scores:
        # of one class and not another, what falls or rises is the first one's probability; a channel has none
        scored = trace.class_of(target.index if target is not None and target.layer is None else None)
    found = explain(
        trace, options.method, options.layer, signed=options.signed, progress=_show_passes, growing=None, **chosen
    )
    print(file=sys.stderr)
    scale, places = own_scale(found, "inferno"), None if options.stretched else found.places
    drawn = overlay(visible(trace.prepared.pixels), found.values, scale, places=places)
    options.output.write_bytes(png_of_pixels(drawn))
    if options.array is not None:
        np.save(options.array, found.values)
    explained = found.target if isinstance(found.target, Target) else Target(found.target)
    where = f" at {found.layer}" if found.layer is not None else ""
    print(
        f"{found.method} of {explained.phrase(network)}{where}, from {found.values.min():.4g} to "
        f"{found.values.max():.4g}, in {plural(found.evaluations, 'pass', 'passes')}: {options.output}"
    )
    if found.remark is not None:
        print(found.remark)
    if options.scores:
        card = report_card(trace, found, scored)
        print(f"deletion {card.deletion.area:.3f}, insertion {card.insertion.area:.3f}, ROAD {card.road.score:.3f}")
        if card.confidence is not None and card.confidence.drop is not None:
            print(f"drop in confidence {percent(card.confidence.drop / 100)}")
        print(curves_sentence(card))
        print(road_sentence(card))
        if card.ties.n:
            print(ties_sentence(card.ties))
        if explained.against is not None:
            print(of_the_first(network.categories[card.target]))


def _show_passes(done: int, total: int | None) -> None:
    print(f"\r{done} of {total} passes", end="", file=sys.stderr, flush=True)
