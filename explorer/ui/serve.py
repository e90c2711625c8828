"""Starting the server."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from ..errors import CannotServe, ExplorerError
from ..places import home
from .warm import warm_up

if TYPE_CHECKING:
    from ..networks.network import Network

GRACE = 5  # seconds that requests have to end when the server does: half of what containers are given
_KEPT = 75  # seconds without a request: who asks just when a connection is closed is told that it was reset


def serve(
    host: str, port: int, make_own: Callable[[], Network] | None = None, warm: Sequence[str] = (),
    is_logged: bool = False,
) -> None:  # fmt: skip
    """Serve the app until a signal ends it, and the process with it.

    `make_own` makes a network of no catalogue, which all visitors are shown first; those named in `warm` are loaded
    after the first page. Where it `is_logged`, each analysis is a line on standard error.

    It listens at once, and gets ready beside that: a browser is busy with the page's own script meanwhile. Raises
    CannotServe where the address cannot be had, before anything that takes long, and what `make_own` raises.
    """
    with _listening(host, port) as listener:
        end_at_a_signal(temporary_folder())
        own = None if make_own is None else make_own()
        gc.disable()  # until start_up: what is imported hardly ever becomes garbage, and looking for it takes 0.5 s
        leave_the_folder()
        os.environ.update(STREAMLIT_SERVER_ADDRESS=host, STREAMLIT_SERVER_PORT=str(port))
        if own is not None:
            from .frame.session import offer

            offer(own)
        import uvicorn
        from streamlit import config as settings
        from streamlit import net_util

        from .frame.teacher import link
        from .lighter import lighten
        from .site import site

        class Server(uvicorn.Server):
            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                """What is cut off now is cut off on purpose, and no error to be logged."""
                logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
                await super().shutdown(sockets)

        # Whether a page of another site may connect, Streamlit decides by the addresses of this machine, and asks a
        # stranger on the internet for one of them. Without these its own pages may, and no others.
        net_util.get_external_ip = net_util.get_internal_ip = lambda: None
        teachers_link = link(host, port)
        settings.get_config_options()  # when it first reads them, Streamlit has every request logged
        lighten()
        server = uvicorn.Config(
            site(has_first_view=own is None),
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            access_log=False,
            log_level="warning",
            timeout_keep_alive=_KEPT,
            timeout_graceful_shutdown=GRACE,
        )
        Thread(target=_get_ready, args=(warm, is_logged), daemon=True).start()
        print(f"The CNN explorer is at http://{host}:{port}", flush=True)
        print(f"For whoever started it, and nobody else: {teachers_link}", flush=True)
        Server(server).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. It is of TCP by name: only for such ones does asyncio switch off Nagle's algorithm, with
    which every answer waits 40 ms for the browser to acknowledge the one before."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":  # there it would take the port away from whoever listens
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()  # as long as nobody does, the system would let another process have the address as well
    except (OSError, OverflowError) as error:
        listener.close()
        raise CannotServe(f"Port {port} of {host} cannot be had: {error}. Choose another with --port.") from None
    return listener


def temporary_folder() -> str | None:
    """A folder for all that this process, and those that it begins, write for a while: states of trainings, above all.
    It goes with the process. None where nothing may be written: then what needs to write says so."""
    try:
        folder = tempfile.mkdtemp(prefix="explorer-")
    except OSError:
        return None
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    return folder


def end_at_a_signal(folder: str | None) -> None:
    """End the process when it has been asked to, and remove the folder. The interpreter's own end is left out, which
    tears torch down below threads that still compute: that ended in crashes. Uvicorn takes the signals while it runs,
    closes what is open, and then sends them on to here; the system sends none to the first process of a container that
    does not ask for them."""

    def end(number: int, frame: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0 if number == signal.SIGTERM else 128 + number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


def _get_ready(warm: Sequence[str], is_logged: bool) -> None:
    from .frame.log import write_lines
    from .frame.start import start_up

    if is_logged:
        write_lines()
    with contextlib.suppress(ExplorerError):  # the page will say it
        start_up()
    warm_up(warm, lambda text: print(text, flush=True))


def leave_the_folder() -> None:
    """Go where .streamlit/config.toml is: Streamlit, from its import on, takes its settings from the folder it is in,
    and the one where the program was started may hold those of something else."""
    for name in ("EXPLORER_WEIGHTS_DIR", "EXPLORER_DATA_DIR", "TORCH_HOME"):  # they still mean what they meant there
        if value := os.environ.get(name):
            os.environ[name] = str(Path(value).absolute())
    os.chdir(home())
