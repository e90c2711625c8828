"""A process of its own for work that takes long: it computes in one thread, beside the pages and after them.

    with Worker("package.module:function", argument) as worker:
        for message in worker:                  # what the function sends
            worker.send("enough")               # what it receives

There the process calls `function(argument, line)`. It is begun afresh, not forked, and imports that module alone:
what the host runs besides, be it Streamlit or pytest, it does not know of. It ends with the function, when it is
stopped, and when its host ends in whatever way.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Protocol

from ..errors import ExplorerError, WorkLost

_BEGIN = "from explorer.running.worker import serve; serve()"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_NICE = 10  # of 19: what a page asks for comes first
_AGAIN = 5.0  # seconds that a process has to end before it is killed


class Work(Protocol):
    """What runs in the process."""

    def __call__(self, argument: object, line: Line) -> None: ...


class _Done:
    """The last message of a function that has returned."""


class Worker:
    """The host's side. `pid` is the number of the process.

    Messages are what pickle takes, in both directions and in order. The process is waited for when it ends, whoever
    looks, so that none stays in the system's table.
    """

    def __init__(self, function: str, argument: object) -> None:
        """Begin; `function` is "module:function". What it raises of ExplorerError is raised by whoever reads here."""
        paths = os.pathsep.join(str(Path(path).resolve()) for path in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BEGIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": paths},
            creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),  # of Windows, which knows no nice
        )  # fmt: skip
        self.pid = self._process.pid
        self._received: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._sending = threading.Lock()
        # also at the end of the interpreter, where it is still there then
        self._end = weakref.finalize(self, _stop, self._process)
        threading.Thread(target=_listen, args=(self._process, self._received), daemon=True, name="worker").start()
        self.send((function, argument))

    def send(self, message: object) -> None:
        """Say something to the process; one that has ended hears nothing."""
        assert self._process.stdin is not None  # it is a pipe
        with self._sending:
            try:
                _write(self._process.stdin, message)
            except (OSError, ValueError):  # whoever reads learns of its end
                return

    def receive(self, timeout: float | None = None) -> object | None:
        """The next message, waited for at most so many seconds; None where there was none, or all is done.

        Raises what the function raised, and WorkLost where the process ended without either.
        """
        try:
            message = self._received.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(message, _Done | ExplorerError):
            self._received.put(message)  # for whoever asks again
        if isinstance(message, ExplorerError):
            raise message
        return None if isinstance(message, _Done) else message

    def __iter__(self) -> Iterator[object]:
        while (message := self.receive()) is not None:
            yield message

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.returncode is None

    def stop(self) -> None:
        """End the process, whatever it does, and wait until it is gone."""
        self._end()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Line:
    """The process's side: what goes to the host, and what comes from there."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._received: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.when_alone: Callable[[], None] | None = None  # what is left to do when the host has gone

    def send(self, message: object) -> None:
        """Say something to the host: anything but None."""
        _write(self._out, message)

    def receive(self, timeout: float | None = 0) -> object | None:
        """The next message of the host, waited for at most so many seconds, or for ever with None."""
        try:
            return self._received.get(timeout=timeout) if timeout != 0 else self._received.get_nowait()
        except queue.Empty:
            return None


def serve() -> None:
    """What the process runs: the function that the host names, with its argument."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the host, whose end is the end here
    heard, out = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what anybody prints goes to the host's log, and does not get in between the messages
    begin = _read(heard)
    status = 0 if begin is None or _run(begin, heard, Line(out)) else 1
    sys.stderr.flush()
    os._exit(status)  # not held up by threads of libraries, nor by the one that listens


def _run(begin: Any, heard: IO[bytes], line: Line) -> bool:
    """Whether the function has returned, or said why not; anything else is a fault of ours, and in the log."""
    threading.Thread(target=_hear, args=(heard, line), daemon=True).start()
    try:
        function, argument = begin
        module, _, name = function.partition(":")
        work: Work = getattr(import_module(module), name)
        work(argument, line)
        line.send(_Done())
    except ExplorerError as error:
        line.send(error)
    except Exception:
        traceback.print_exc()
        return False
    return True


def _hear(heard: IO[bytes], line: Line) -> None:
    """Take in what the host says; when it has gone, so has this process."""
    while (message := _read(heard)) is not None:
        line._received.put(message)
    try:
        if line.when_alone is not None:
            line.when_alone()
    finally:
        os._exit(0)


def _listen(process: subprocess.Popen[bytes], received: queue.SimpleQueue[object]) -> None:
    """Take in what the process says, and see it off."""
    assert process.stdout is not None  # it is a pipe
    last = None
    while (message := _read(process.stdout)) is not None:
        received.put(last := message)
    status = process.wait()
    process.stdout.close()
    if not isinstance(last, _Done | ExplorerError):
        received.put(WorkLost(f"The process that worked on this has ended before it was done ({_manner(status)})."))


def _manner(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    hint = ", as the system does where memory runs out" if status == -9 else ""
    return f"{signal.Signals(-status).name}{hint}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_AGAIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdin is not None  # it is a pipe
    try:
        process.stdin.close()
    except OSError:  # something was still to be sent
        return


def _write(out: IO[bytes], message: object) -> None:
    content = pickle.dumps(message, protocol=5)
    whole = memoryview(len(content).to_bytes(8, "little") + content)
    while whole:  # a pipe takes as much as it can
        whole = whole[out.write(whole) :]


def _read(source: IO[bytes]) -> object | None:
    """The next message, or None where no more can come."""
    head = _exactly(source, 8)
    content = head and _exactly(source, int.from_bytes(head, "little"))
    return pickle.loads(content) if content else None


def _exactly(source: IO[bytes], n_bytes: int) -> bytes:
    """So many bytes, or none where they end before."""
    parts, missing = [], n_bytes
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"" if missing else b"".join(parts)
