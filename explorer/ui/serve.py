"""Starting the server."""

from __future__ import annotations

import contextlib
import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ExplorerError
from ..places import home

if TYPE_CHECKING:
    from ..networks.network import Network


def serve(host: str, port: int, own: Network | None = None) -> None:
    """Serve the app until a signal ends it. `own` is a network of no catalogue, which all visitors are shown first.

    Whatever takes long is done before the server listens: imports beside a starting server and a loading page make
    all three slower, and an address that answers should answer at once.
    """
    gc.disable()  # until start_up: what is imported hardly ever becomes garbage, and looking for it takes 0.5 s
    leave_the_folder()
    from streamlit.web import cli

    from .frame.session import offer, start_up

    if own is not None:
        offer(own)
    with contextlib.suppress(ExplorerError):  # the page will say it
        start_up()
    app = str(Path(__file__).with_name("app.py"))
    cli.main(["run", app, f"--server.address={host}", f"--server.port={port}"])


def leave_the_folder() -> None:
    """Go where .streamlit/config.toml is: Streamlit, from its import on, takes its settings from the folder it is in,
    and the one where the program was started may hold those of something else."""
    for name in ("EXPLORER_WEIGHTS_DIR", "TORCH_HOME"):  # they still mean what they meant there
        if value := os.environ.get(name):
            os.environ[name] = str(Path(value).absolute())
    os.chdir(home())
