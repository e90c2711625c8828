"""Published weights that come from a server on this machine.

Run as a program, `python -m tests.e2e.published app ...`, this is the app with the addresses that the variable
ADDRESSES names, and any connection that it opens to another machine is refused and written to the file STRAYS.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ADDRESSES = "TEST_ADDRESSES"  # JSON: name of a network -> address of the set that "pretrained" means
STRAYS = "TEST_STRAYS"  # a file: one line for each connection that would have left the machine
_LOCAL = ("127.0.0.1", "localhost", "::1")
_DRIP = 2000  # bytes twenty times a second: slow, but not so slow that the app would give up


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        with self.server.lock:
            self.server.requests.append(name)
        content = self.server.contents.get(name)
        if content is None:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        at = len(content) // 3  # a third at once, so that there is something to see
        self.wfile.write(content[:at])
        while at < len(content) and not self.server.gates[name].wait(0.05):
            self.wfile.write(content[at : at + _DRIP])
            at += _DRIP
        self.wfile.write(content[at:])
        return None

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    """Hands out files of weights, each of them slowly until its gate is opened."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.requests: list[str] = []  # names of files, in the order they were asked for
        self.contents: dict[str, bytes] = {}
        self.gates: dict[str, threading.Event] = {}
        self.names: dict[str, str] = {}  # of a network's file

    def publish(self, network: str, content: bytes | None, checked: bytes | None = None, is_open: bool = True) -> None:
        """Offer weights of a network, or an address with nothing behind it. `checked` is what the checksum in the
        name is of, where it is not the content."""
        digest = hashlib.sha256(checked or content or b"").hexdigest()[:8]
        name = self.names[network] = f"{network}-{digest}.pth"
        self.gates[name] = threading.Event()
        if is_open:
            self.gates[name].set()
        if content is not None:
            self.contents[name] = content

    def open(self, network: str) -> None:
        self.gates[self.names[network]].set()

    def n_requests(self, network: str) -> int:
        with self.lock:
            return self.requests.count(self.names[network])

    def addresses(self) -> str:
        return json.dumps({key: f"http://127.0.0.1:{self.server_port}/{name}" for key, name in self.names.items()})

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that stops is part of what is tested


@contextlib.contextmanager
def running() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            for gate in server.gates.values():
                gate.set()
            server.shutdown()
            thread.join()


def environment(home: Path, strays: Path, addresses: str = "{}") -> dict[str, str | None]:
    """What the app needs to be told: weights are kept under `home`, where at first there are none."""
    names = ("http_proxy", "https_proxy", "all_proxy")
    proxies = dict.fromkeys([*names, *map(str.upper, names)])
    return {
        **proxies, "TORCH_HOME": str(home), "EXPLORER_WEIGHTS_DIR": None, ADDRESSES: addresses, STRAYS: str(strays),
    }  # fmt: skip


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse and write down what would leave the machine."""
    if event == "socket.connect" and isinstance(address := arguments[1], tuple):
        host = address[0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host not in (*_LOCAL, None, ""):
        with Path(os.environ[STRAYS]).open("a") as file:
            print(event, host, file=file)
        raise OSError(f"this test allows no connection to {host}")


def _redirect(addresses: dict[str, str]) -> None:
    """Change what torchvision says, before anything reads it."""
    from explorer.networks.vision import torchvision

    for network, url in addresses.items():
        best = next(iter(torchvision.models.get_model_weights(network)))
        object.__setattr__(best.value, "url", url)


if __name__ == "__main__":
    sys.addaudithook(_watch)
    _redirect(json.loads(os.environ[ADDRESSES]))
    from explorer.cli import main

    sys.exit(main())
