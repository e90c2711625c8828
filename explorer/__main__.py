"""The command line: python -m explorer app | networks | fetch | explain | attribute | evaluate-attribution | train |
evaluate."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .errors import ExplorerError


def main(arguments: list[str] | None = None) -> int:
    """Parse and run; what went wrong becomes one line on standard error and the exit status 1."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options) or 0)
    except ExplorerError as error:
        print(f"explorer: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # of a place to write to: what is read comes through a border of its own
        print(f"explorer: {error.filename} cannot be written: {error.strerror}. Choose another place.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("explorer", description="See inside a convolutional network.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    app = commands.add_parser("app", help="serve the app in the browser")
    app.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    app.add_argument("--port", type=int, default=8501)
    app.set_defaults(command=_app)

    networks = commands.add_parser("networks", help="list the networks")
    networks.add_argument("names", nargs="*", metavar="NAME", help="these alone (default: all)")
    networks.add_argument(
        "--check", action="store_true", help="run each with random weights, in a process of its own, and measure it"
    )
    networks.set_defaults(command=_networks)

    fetch = commands.add_parser("fetch", help="fetch trained weights, for a lesson without internet")
    fetch.add_argument("names", nargs="+", metavar="NAME", help="a network, or: lesson, all")
    fetch.add_argument("--set", default="pretrained", help="which published set, such as IMAGENET1K_V2")
    fetch.add_argument(
        "--to", type=Path, metavar="DIR", help="folder to fetch into, later named by EXPLORER_WEIGHTS_DIR"
    )
    fetch.set_defaults(command=_fetch)

    explain = commands.add_parser("explain", help="predict a picture and draw where the evidence is")
    explain.add_argument("picture", type=Path)
    _network_options(explain)
    explain.add_argument("--target", help="class to explain, by index or name (default: the top one)")
    explain.add_argument("--layer", help="layer to draw at (default: the end of the last spatial block)")
    explain.add_argument("--method", default="grad_cam")
    explain.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png", help="the map over the picture")
    explain.add_argument("--array", type=Path, metavar="OUT.npy", help="the map itself, (H, W) float32, not normalised")
    explain.set_defaults(command=_explain)

    attribute = commands.add_parser("attribute", help="draw the map of any attribution method")
    attribute.add_argument("picture", type=Path)
    _network_options(attribute)
    attribute.add_argument("--method", default="grad_cam")
    attribute.add_argument(
        "--target", metavar="TARGET",
        help="a class (281, tabby), two (281-282), a channel (layer4:17) or one value of it (layer4:17:3:4); "
        "default: the top class",
    )  # fmt: skip
    attribute.add_argument("--layer", help="layer to draw at, for methods that explain one")
    attribute.add_argument("--signed", action="store_true", help="what speaks against the target is negative, not 0")
    attribute.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the method, such as steps=64"
    )
    attribute.add_argument("--scores", action="store_true", help="say how faithful the map is, too")
    attribute.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.png", help="the map over the picture"
    )
    attribute.add_argument("--array", type=Path, metavar="OUT.npy", help="the map itself, (H, W) float32")
    attribute.set_defaults(command=_attribute)

    faithful = commands.add_parser("evaluate-attribution", help="score attribution methods on many pictures")
    faithful.add_argument("pictures", type=Path, nargs="+", help="pictures, folders of them, or .tar archives")
    _network_options(faithful)
    faithful.add_argument(
        "--methods", nargs="+", metavar="METHOD", help="these alone (default: all, and the baselines)"
    )
    faithful.add_argument(
        "--option", action="append", default=[], metavar="METHOD.NAME=VALUE",
        help="an option of a method, such as rise.n_masks=200",
    )  # fmt: skip
    faithful.add_argument("--target", default="top", help="a class, top, or folder: what the folder is called after")
    faithful.add_argument("--layer", help="layer to draw at, for methods that explain one")
    faithful.add_argument("-n", type=int, metavar="N", help="so many pictures, taken at even steps (default: all)")
    faithful.add_argument("--steps", type=int, default=32, help="of the deletion and insertion curves")
    faithful.add_argument(
        "--fill", default="mean", help="what takes the place of deleted pixels: mean, black, white, blur"
    )
    faithful.add_argument("--seed", type=int, default=0)
    faithful.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the table and the maps")
    faithful.set_defaults(command=_evaluate_attribution)

    train = commands.add_parser("train", help="train a network that the project ships")
    train.add_argument("network")
    train.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the recipe's archives")
    train.add_argument("--out", type=Path, required=True, metavar="FILE.safetensors")
    train.add_argument("--seed", type=int, default=0)
    train.set_defaults(command=_train)

    evaluate = commands.add_parser("evaluate", help="measure a trained network on its validation pictures")
    evaluate.add_argument("network")
    evaluate.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the recipe's archives")
    evaluate.add_argument("--weights", default="pretrained", help="pretrained, random, or a checkpoint")
    evaluate.set_defaults(command=_evaluate)
    return parser


def _network_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", default="pocket_resnet")
    parser.add_argument(
        "--weights", default="pretrained", metavar="WEIGHTS",
        help="pretrained, the name of a published set, random, or a checkpoint (default: pretrained)",
    )  # fmt: skip
    parser.add_argument("--categories", type=Path, metavar="FILE", help="names of a checkpoint's classes, text or JSON")


# Each command imports what it needs: `networks` answers at once, without waiting for torch.


def _app(options: argparse.Namespace) -> None:
    from .ui.serve import serve

    serve(options.host, options.port)


def _networks(options: argparse.Namespace) -> int:
    from .loading.catalog import LEFT_OUT, find, list_networks

    infos = [find(name) for name in options.names] or list_networks()
    if options.check:
        from .check import check

        return 0 if check([info.name for info in infos], print) else 1
    for info in infos:
        print(f"{info.name:20} {info.year}  {info.title:20} {info.n_parameters / 1e6:6.1f} M  {info.brought}")
    if not options.names:
        print(LEFT_OUT)
    return 0


def _fetch(options: argparse.Namespace) -> int:
    from .loading.download import default_folder, fetch
    from .loading.inventory import choose_sets

    chosen = choose_sets(options.names, options.set)
    folder = options.to or default_folder()
    n_failed = 0
    for weights in chosen:
        assert weights.url is not None  # the project's own were not chosen
        try:
            path = fetch(weights.url, folder, _show_progress)
            print(f"\r{weights.network:20} {path.stat().st_size >> 20:5} MB  {path}")
        except ExplorerError as error:  # one that fails must not keep the others from the stick
            n_failed += 1
            print(f"\rexplorer: {error}", file=sys.stderr)
    print(f"{len(chosen) - n_failed} of {len(chosen)} are in {folder}")
    return 1 if n_failed else 0


def _explain(options: argparse.Namespace) -> None:
    import numpy as np

    from . import load_network, read_image, run
    from .attribution import class_activation_map
    from .drawing.color import scale_for
    from .drawing.picture import overlay, png_of_pixels, visible

    image = read_image(options.picture)
    network = load_network(options.network, options.weights, progress=_show_progress, categories=options.categories)
    trace = run(network, image, "top" if options.target is None else network.category_index(options.target))
    layer = network.spatial_layer(options.layer or network.cam_layer).name
    cam = class_activation_map(trace, options.method, layer)
    scale = scale_for(0, float(cam.max()), "inferno")
    options.output.write_bytes(png_of_pixels(overlay(visible(trace.prepared.pixels), cam, scale)))
    if options.array is not None:
        np.save(options.array, cam)
    for prediction in trace.top(5):
        marker = "*" if prediction.index == trace.target else " "
        print(f"{marker} {prediction.probability:8.2%}  {prediction.category}  (logit {prediction.logit:.3f})")
    assert trace.target is not None
    print(
        f"{options.method} of {network.categories[trace.target]!r} at {layer}, up to {cam.max():.4g}: {options.output}"
    )


def _attribute(options: argparse.Namespace) -> None:
    import numpy as np

    from . import load_network, read_image, run
    from .attribution import explain
    from .attribution.figures import own_scale
    from .drawing.picture import overlay, png_of_pixels, visible
    from .faithfulness.curves import report_card
    from .faithfulness.sentences import curves_sentence
    from .targets import Target, parse_target

    chosen = dict(_parsed_option(options.method, text) for text in options.option)
    image = read_image(options.picture)
    network = load_network(options.network, options.weights, progress=_show_progress, categories=options.categories)
    target = None if options.target is None else parse_target(network, options.target)
    trace = run(network, image, "top" if target is None else target)
    if options.scores:
        trace.class_of(None)  # refuses what has no probability
    found = explain(trace, options.method, options.layer, signed=options.signed, progress=_show_passes, **chosen)
    print(file=sys.stderr)
    scale = own_scale(found, "inferno")
    options.output.write_bytes(png_of_pixels(overlay(visible(trace.prepared.pixels), found.values, scale)))
    if options.array is not None:
        np.save(options.array, found.values)
    explained = found.target if isinstance(found.target, Target) else Target(found.target)
    where = f" at {found.layer}" if found.layer is not None else ""
    print(
        f"{found.method} of {explained.phrase(network)}{where}, from {found.values.min():.4g} to "
        f"{found.values.max():.4g}, in {found.evaluations} passes: {options.output}"
    )
    if found.remark is not None:
        print(found.remark)
    if options.scores:
        card = report_card(trace, found)
        print(f"deletion {card.deletion.area:.3f}, insertion {card.insertion.area:.3f}")
        if card.confidence is not None and card.confidence.drop is not None:
            print(f"drop in confidence {card.confidence.drop:.1f} %")
        print(curves_sentence(card))


def _parsed_option(method: str, text: str) -> tuple[str, int | float | str]:
    """NAME=VALUE as the method's option of that name takes it."""
    from .attribution import find_method
    from .errors import BadOption

    name, sign, value = text.partition("=")
    if not sign:
        raise BadOption(f"'{text}' sets no option. Write NAME=VALUE, such as steps=64.")
    parsers = {option.name: option.parse for option in find_method(method).options}
    return name, parsers.get(name, str)(value)


def _evaluate_attribution(options: argparse.Namespace) -> int:
    from . import evaluate_attribution, load_network
    from .errors import BadOption

    chosen: dict[str, dict[str, int | float | str]] = {}
    for text in options.option:
        method, _, setting = text.partition(".")
        if "=" in method or "=" not in setting:
            raise BadOption(f"'{text}' sets no option. Write METHOD.NAME=VALUE, such as rise.n_masks=200.")
        name, value = _parsed_option(method, setting)
        chosen.setdefault(method, {})[name] = value
    network = load_network(options.network, options.weights, progress=_show_progress, categories=options.categories)
    table = evaluate_attribution(
        network, options.pictures, options.methods, options.out, options.target, options.layer, options.n,
        options.steps, options.fill, options.seed, chosen,
        progress=lambda done, total: print(f"\r{done} of {total} maps", end="", file=sys.stderr, flush=True),
    )  # fmt: skip
    print(file=sys.stderr)
    print(table.markdown())
    print(f"{len(table.rows)} rows: {options.out / 'table.csv'}, {options.out / 'table.json'}")
    return 0 if table.rows else 1


def _train(options: argparse.Namespace) -> None:
    from .training.loop import train_and_save
    from .training.recipes import find_recipe

    train_and_save(find_recipe(options.network), options.data, options.out, options.seed)


def _evaluate(options: argparse.Namespace) -> None:
    from . import load_network
    from .training.evaluation import evaluate
    from .training.recipes import find_recipe

    recipe = find_recipe(options.network)
    network = load_network(options.network, options.weights)
    print(evaluate(network, options.data, recipe, lambda n: print(f"\r{n} pictures", end="", file=sys.stderr)).table())


def _show_passes(done: int, total: int, _: object) -> None:
    print(f"\r{done} of {total} passes", end="", file=sys.stderr, flush=True)


def _show_progress(received: int, total: int | None) -> None:
    share = f"{received / total:4.0%}" if total else ""
    print(f"\rfetching weights: {received >> 20} MB {share}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
