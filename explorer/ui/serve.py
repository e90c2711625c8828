"""Starting the server."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from ..errors import CannotServe, ExplorerError
from ..places import home

if TYPE_CHECKING:
    from ..networks.network import Network


def serve(host: str, port: int, own: Network | None = None) -> None:
    """Serve the app until a signal ends it. `own` is a network of no catalogue, which all visitors are shown first.

    It listens at once, and gets ready beside that: a browser is busy with the page's own script meanwhile. Raises
    CannotServe where the address cannot be had.
    """
    with _listening(host, port) as listener:
        gc.disable()  # until start_up: what is imported hardly ever becomes garbage, and looking for it takes 0.5 s
        leave_the_folder()
        os.environ.update(STREAMLIT_SERVER_ADDRESS=host, STREAMLIT_SERVER_PORT=str(port))
        if own is not None:
            from .frame.session import offer

            offer(own)
        import uvicorn
        from streamlit import config as settings

        from .site import site

        settings.get_config_options()  # when it first reads them, Streamlit has every request logged
        server = uvicorn.Config(
            site(has_first_view=own is None),
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            access_log=False,
            log_level="warning",
        )
        Thread(target=_get_ready, daemon=True).start()
        print(f"The CNN explorer is at http://{host}:{port}", flush=True)
        uvicorn.Server(server).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. It is of TCP by name: only for such ones does asyncio switch off Nagle's algorithm, with
    which every answer waits 40 ms for the browser to acknowledge the one before."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":  # there it would take the port away from whoever listens
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise CannotServe(f"Port {port} of {host} cannot be had: {error}. Choose another with --port.") from None
    return listener


def _get_ready() -> None:
    from .frame.start import start_up

    with contextlib.suppress(ExplorerError):  # the page will say it
        start_up()


def leave_the_folder() -> None:
    """Go where .streamlit/config.toml is: Streamlit, from its import on, takes its settings from the folder it is in,
    and the one where the program was started may hold those of something else."""
    for name in ("EXPLORER_WEIGHTS_DIR", "EXPLORER_DATA_DIR", "TORCH_HOME"):  # they still mean what they meant there
        if value := os.environ.get(name):
            os.environ[name] = str(Path(value).absolute())
    os.chdir(home())
