"""`explorer app`: serve the app."""

from __future__ import annotations

import argparse

from ..running.threads import wait_asleep
from .help import add_command
from .options import Commands, add_module, say_notes


def register(commands: Commands) -> None:
    app = add_command(commands, "app", "serve the app in the browser", "", "--port 9000 --host 0.0.0.0")
    app.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, for this machine only)"
    )
    app.add_argument("--port", type=int, default=8501, help="port to listen on (default: %(default)s)")
    add_module(app)
    app.set_defaults(command=_app)


def _app(options: argparse.Namespace) -> None:
    wait_asleep()  # before torch is imported
    from ..ui.serve import serve

    if options.module is None:
        return serve(options.host, options.port)
    from ..loading.made import made_network

    network = made_network(options.module)
    say_notes(network)
    return serve(options.host, options.port, network)
