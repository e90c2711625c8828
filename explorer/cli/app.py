"""`explorer app`: serve the app."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..running.threads import hand_over_soon, wait_briefly
from .help import add_command
from .options import Commands, add_module, say_notes

if TYPE_CHECKING:
    from ..networks.network import Network


def register(commands: Commands) -> None:
    app = add_command(
        commands, "app", "serve the app in the browser", "", "--port 9000 --host 0.0.0.0", "--warm resnet50,vgg16"
    )
    app.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, for this machine only)"
    )
    app.add_argument("--port", type=int, default=8501, help="port to listen on (default: %(default)s)")
    app.add_argument(
        "--warm", metavar="NAME,NAME",
        help="networks to load after the first page, with their usual weights, before somebody asks for them (default: "
        "none but the first)",
    )  # fmt: skip
    app.add_argument(
        "--log", action="store_true", help="write a line for each analysis on standard error: what was run, not on what"
    )
    add_module(app)
    app.set_defaults(command=_app)


def _app(options: argparse.Namespace) -> None:
    wait_briefly()  # before torch is imported
    hand_over_soon()
    from ..ui.serve import serve
    from ..ui.warm import known

    def made() -> Network:
        from ..loading.made import made_network

        network = made_network(options.module)
        say_notes(network)
        return network

    names = known(options.warm or "", lambda text: print(f"note: {text}", file=sys.stderr))
    serve(options.host, options.port, None if options.module is None else made, names, options.log)
