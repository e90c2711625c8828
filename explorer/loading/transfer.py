"""The bytes behind an address as they come in, from whatever a network does to them."""

from __future__ import annotations

import contextlib
import http.client
import queue
import socket
import ssl
import threading
import time
import urllib.error
from collections.abc import Generator
from urllib import request

TIMEOUT = 20.0  # seconds to connect, and to wait for the next bytes
PATIENCE, SLOWEST = 60.0, 1000.0  # given up where fewer than SLOWEST bytes a second came in PATIENCE seconds
_TICK = 0.25  # seconds between two reports while nothing comes


Pieces = queue.Queue[tuple[bytes, int | None] | Exception | None]  # what came, with the length of all; None at its end


class Reason(Exception):
    """Why a file cannot be had, in plain words."""


def received(url: str) -> Generator[tuple[bytes, int | None], None, None]:
    """What _pieces gives as it comes in, and an empty piece a few times a second while nothing comes. Raises Reason.

    Looking up the address, connecting and reading each block for as long as they like, so a thread of their own does
    them. Where this generator is left early, that thread ends at the next piece, or when the server times out.
    """
    pieces: Pieces = queue.Queue(4)
    left = threading.Event()

    threading.Thread(target=_read, args=(url, pieces, left), name="download-read", daemon=True).start()
    total, n_received = None, 0
    since, n_before = time.monotonic(), 0
    try:
        while True:
            try:
                piece = pieces.get(timeout=_TICK)
            except queue.Empty:
                piece = (b"", total)
            if piece is None:
                return
            if isinstance(piece, Exception):
                raise piece
            chunk, total = piece
            n_received += len(chunk)
            if (now := time.monotonic()) - since >= PATIENCE:
                if n_received - n_before < SLOWEST * PATIENCE:
                    raise Reason(f"only {n_received - n_before:,} bytes came in {PATIENCE:.0f} seconds")
                since, n_before = now, n_received
            yield chunk, total
    finally:
        left.set()
        while not pieces.empty():  # so that the thread is not held up by a full queue
            pieces.get()


def _read(url: str, pieces: Pieces, left: threading.Event) -> None:
    try:
        with contextlib.closing(_pieces(url)) as source:
            for piece in source:
                pieces.put(piece)
                if left.is_set():
                    return
        pieces.put(None)
    except Exception as error:  # raised where somebody waits for it
        pieces.put(error)


def _pieces(url: str) -> Generator[tuple[bytes, int | None], None, None]:
    """The bytes behind `url`, each time with the length of all; that length alone comes first. Raises Reason."""
    n_received = 0
    try:
        with _opener().open(url, timeout=TIMEOUT) as response:
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isascii() and length.isdigit() else None
            yield b"", total
            while chunk := response.read1(1 << 18):
                n_received += len(chunk)
                yield chunk, total
    except urllib.error.HTTPError as error:
        error.close()
        phrase = http.client.responses.get(error.code, "an unknown code")
        raise Reason(f"the server answered {error.code} ({phrase})") from error
    except urllib.error.URLError as error:
        raise Reason(_network_words(error.reason)) from error
    except (http.client.HTTPException, OSError) as error:
        raise Reason(_network_words(error)) from error
    if total is not None and n_received < total:
        raise Reason(f"the connection ended after {n_received:,} of {total:,} bytes")


def _opener() -> request.OpenerDirector:
    """Like urllib's own, but for http and https alone, wherever a server may redirect to."""
    opener = request.OpenerDirector()
    handlers = [request.ProxyHandler, request.HTTPHandler, request.HTTPSHandler, request.HTTPRedirectHandler]
    errors = [request.HTTPErrorProcessor, request.HTTPDefaultErrorHandler, request.UnknownHandler]
    for handler in handlers + errors:
        opener.add_handler(handler())
    return opener


def _network_words(error: object) -> str:
    match error:
        case socket.gaierror():
            return "its address was not found, so there is probably no connection to the internet"
        case TimeoutError():
            return f"nothing came for {TIMEOUT:.0f} seconds"
        case ConnectionRefusedError():
            return "the connection was refused"
        case ssl.SSLError():
            return "the connection is not secure"
    return "the connection failed"
