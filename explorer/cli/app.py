"""`explorer app`: serve the app."""

from __future__ import annotations

import argparse

from .options import Commands, add_module, say_notes


def register(commands: Commands) -> None:
    app = commands.add_parser("app", help="serve the app in the browser")
    app.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    app.add_argument("--port", type=int, default=8501)
    add_module(app)
    app.set_defaults(command=_app)


def _app(options: argparse.Namespace) -> None:
    from ..ui.serve import serve

    if options.module is None:
        return serve(options.host, options.port)
    from ..loading.made import made_network

    network = made_network(options.module)
    say_notes(network)
    return serve(options.host, options.port, network)
