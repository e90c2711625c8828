"""Visitors without a browser: they speak Streamlit's own protocol with a real server on this machine."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

import explorer

ROOT = Path(explorer.__file__).resolve().parents[1]
HOST, PATIENCE = "127.0.0.1", 60
UPLOADS = "/_stcore/upload_file/"


@dataclass
class Served:
    """The app in a process of its own."""

    port: int
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    sockets: ExitStack

    def said(self) -> str:
        """All that it has printed."""
        self.log.seek(0)
        return self.log.read().decode()

    def visit(self, query: str = "", origin: str = "") -> Visitor:
        """One more visitor, whose page begins to be drawn: of the app itself, or of another site."""
        return Visitor(self.port, query, self.sockets, origin)


@contextmanager
def app(*options: str, environment: Mapping[str, str], module: str = "explorer") -> Iterator[Served]:
    """`python -m explorer app` until the end of the block, with nothing but this environment."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", module, "app", "--port", str(port), *options]
    with tempfile.TemporaryFile() as log, ExitStack() as sockets:
        process = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=log, stderr=subprocess.STDOUT)
        served = Served(port, process, log, sockets)
        try:
            _wait_for(served)
            yield served
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _wait_for(served: Served) -> None:
    end = time.monotonic() + PATIENCE
    while served.process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{served.port}/_stcore/health", timeout=PATIENCE):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(served.said())


class Visitor:
    """One session: a socket, and what came over it."""

    def __init__(self, port: int, query: str, sockets: ExitStack, origin: str) -> None:
        site = f"http://{HOST}:{port}"
        with urllib.request.urlopen(f"{site}/_stcore/health", timeout=PATIENCE) as answer:
            cookie = answer.headers.get("Set-Cookie", "")
        self.port = port
        self.xsrf = (re.findall("_streamlit_xsrf=([^;]*)", cookie) or [""])[0]
        asked = connect(
            f"ws://{HOST}:{port}/_stcore/stream", origin=Origin(origin or site), max_size=None, max_queue=None,
            ping_interval=None, close_timeout=1, subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": f"_streamlit_xsrf={self.xsrf}"},
        )  # fmt: skip
        self.socket: ClientConnection = sockets.enter_context(asked)
        self.session = ""
        self.run(query)

    def run(self, query: str = "") -> None:
        """Ask for the page."""
        asked = BackMsg()
        asked.rerun_script.query_string = query
        self.socket.send(asked.SerializeToString())

    def hear(self, kind: str) -> ForwardMsg:
        """The next message of a kind."""
        while True:
            message = ForwardMsg()
            content = self.socket.recv(timeout=PATIENCE)
            assert isinstance(content, bytes)
            message.ParseFromString(content)
            if message.WhichOneof("type") == "new_session":
                self.session = message.new_session.initialize.session_id
            if message.WhichOneof("type") == kind:
                return message

    def begin_upload(self, file: str, length: int | None) -> HTTPConnection:
        """A request with its head alone: of a stated length, or of pieces."""
        if not self.session:
            self.hear("new_session")
        request = HTTPConnection(HOST, self.port, timeout=PATIENCE)
        request.putrequest("PUT", f"{UPLOADS}{self.session}/{file}")
        for name, value in {
            "Origin": f"http://{HOST}:{self.port}", "Cookie": f"_streamlit_xsrf={self.xsrf}", "X-Xsrftoken": self.xsrf,
            "Content-Type": "multipart/form-data; boundary=line",
            **({"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": str(length)}),
        }.items():  # fmt: skip
            request.putheader(name, value)
        request.endheaders()
        return request

    def upload(self, file: str, content: bytes) -> int:
        """Upload it as a browser does; returns the status of the answer."""
        body = form(content)
        request = self.begin_upload(file, len(body))
        request.send(body)
        status = request.getresponse().status
        request.close()
        return status


def form(content: bytes) -> bytes:
    """A file in the form in which browsers send it."""
    head = b'--line\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    return head + content + b"\r\n--line--\r\n"


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a server needs to be told that has no weights but those that come with the program."""
    return {"HOME": str(home), "TORCH_HOME": str(home), "PATH": "/usr/bin:/bin", **more}
