"""A server of weights that misbehaves in every way a network can, on this machine alone."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import threading
import time
from collections.abc import Iterator

import numpy as np
import safetensors.numpy

CONTENT = bytes(range(256)) * 4000  # 1 MB
NAME = f"tiny-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"
TENSORS = safetensors.numpy.save({"a": np.arange(200_000, dtype=np.float32), "b": np.zeros((0, 3), np.float32)})
ON_HUB = "net.tag/resolve/main/model.safetensors"  # whose name has no checksum


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the first part of the path says."""

    server: Server

    def do_GET(self) -> None:  # noqa: C901  # one branch for each way to answer
        with self.server.lock:
            self.server.requests.append(self.path)
        mode = self.path.split("/")[1]
        content = TENSORS if self.path.endswith(ON_HUB) else CONTENT
        if mode == "missing":
            return self.send_error(404, "<b>nothing here</b>")
        if mode in ("moved", "elsewhere"):
            self.send_response(302)
            place = self.path.split("/", 2)[2]
            self.send_header("Location", f"/good/{place}" if mode == "moved" else f"ftp://127.0.0.1/{place}")
            return self.end_headers()
        if mode == "nonsense":
            self.wfile.write(b"\x00\x01 what?\r\n\r\n")
            return None
        if mode == "broken":
            return self.send_error(500)
        if mode == "silent":
            self.server.released.wait(30)
            return None
        self.send_response(200)
        if mode != "unsaid":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if mode == "wrong":
            self.wfile.write(content[::-1])
        elif mode == "cut":
            self.wfile.write(content[:300_000])
        elif mode == "hang":
            self.wfile.write(content[:300_000])
            self.server.released.wait(30)
        elif mode == "drip":
            while not self.server.released.wait(0.05):
                self.wfile.write(b"x")
        elif mode == "slow":
            for start in range(0, len(content), 100_000):
                self.wfile.write(content[start : start + 100_000])
                time.sleep(0.05)
        else:
            self.wfile.write(content)
        return None

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[str] = []
        self.lock, self.released = threading.Lock(), threading.Event()

    def url(self, mode: str, name: str = NAME) -> str:
        return f"http://127.0.0.1:{self.server_port}/{mode}/{name}"

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that went away is what many of these tests are about


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """Set no_proxy for 127.0.0.1 around it."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()
