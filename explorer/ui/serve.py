"""Starting the server."""

from __future__ import annotations

import contextlib
import gc
import os
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def serve(host: str, port: int) -> None:
    """Serve the app until a signal ends it.

    Whatever takes long is done before the server listens: imports beside a starting server and a loading page make
    all three slower, and an address that answers should answer at once.
    """
    gc.disable()  # until start_up: what is imported hardly ever becomes garbage, and looking for it takes 0.5 s
    from streamlit.web import cli

    from ..errors import ExplorerError
    from .session import start_up

    with contextlib.suppress(ExplorerError):  # the page will say it
        start_up()
    os.chdir(_ROOT)  # where .streamlit/config.toml is
    app = str(Path(__file__).with_name("app.py"))
    cli.main(["run", app, f"--server.address={host}", f"--server.port={port}"])
