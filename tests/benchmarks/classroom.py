"""A class at work: how long thirty students wait who look through channels at once, and what that costs the server.

They speak Streamlit's own protocol, without browsers: what is measured is the server's part of a choice that has come
to rest. What a browser shows before that asks the server for nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.e2e.conftest import serve

N_STUDENTS, N_CHOICES, N_CHANNELS = 30, 6, 32
THINKS = 2.0  # seconds from one choice to the next, on average
_FIRST, _NETWORK = "feature_maps", "network=pocket_resnet"


@dataclass(frozen=True)
class Place:
    """An element that reports choices: its key on the page, and under which name it reports."""

    key: str
    event: str


VIEWER = Place("viewer", "channel")


@dataclass
class Student:
    """One session: a socket, and what has come over it."""

    socket: websockets.ClientConnection
    element: str = ""
    fragment: str = ""
    page: str = ""
    waits: list[float] = field(default_factory=list)
    n_messages: int = 0

    async def run(self, message: BackMsg, place: Place) -> None:
        """Send it, and read until the script has ended."""
        await self.socket.send(message.SerializeToString())
        while True:
            said = ForwardMsg()
            said.ParseFromString(bytes(await self.socket.recv()))  # type: ignore[arg-type]  # this server sends no text
            self.n_messages += 1
            kind = said.WhichOneof("type")
            if kind == "navigation":
                self.page = next(p.page_script_hash for p in said.navigation.app_pages if p.url_pathname == _FIRST)
            if kind == "delta" and said.delta.WhichOneof("type") == "new_element":
                shown = said.delta.new_element.bidi_component
                if shown.id.endswith(f"-{place.key}"):
                    self.element, self.fragment = shown.id, said.delta.fragment_id
            if kind == "script_finished" and said.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return

    async def choose(self, value: int, place: Place) -> None:
        """What a browser tells when a choice has come to rest."""
        told = BackMsg()
        told.rerun_script.page_script_hash = self.page
        told.rerun_script.fragment_id = self.fragment
        state = told.rerun_script.widget_states.widgets.add()
        state.id = f"$$STREAMLIT_INTERNAL_KEY_{self.element}__events"
        state.json_trigger_value = json.dumps([{"event": place.event, "value": value}])
        started = perf_counter()
        await self.run(told, place)
        self.waits.append(perf_counter() - started)


async def _arrive(url: str, place: Place) -> Student:
    socket = await websockets.connect(
        f"{url.replace('http', 'ws')}/_stcore/stream", origin=websockets.Origin(url), max_size=None, ping_interval=None,
        subprotocols=[websockets.Subprotocol("streamlit")],
    )  # fmt: skip
    student = Student(socket)
    for _ in range(2):  # the first page, which names the others; then the one that it is about
        hello = BackMsg()
        hello.rerun_script.query_string, hello.rerun_script.page_script_hash = _NETWORK, student.page
        await student.run(hello, place)
    assert student.element, "there is no such element on the page"
    return student


async def _work(student: Student, place: Place, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(N_CHOICES):
        await asyncio.sleep(chance.uniform(0.5, 1.5) * THINKS)
        await student.choose(chance.randrange(N_CHANNELS), place)


async def _class(url: str, pid: int, place: Place) -> tuple[list[float], float, float]:
    students = [await _arrive(url, place) for _ in range(N_STUDENTS)]
    for student in students:
        student.n_messages = 0
    before = processor_time(pid)
    await asyncio.gather(*(_work(student, place, seed) for seed, student in enumerate(students)))
    n = N_STUDENTS * N_CHOICES
    cost = (processor_time(pid) - before) / n
    for student in students:
        await student.socket.close()
    return [w for one in students for w in one.waits], cost, sum(one.n_messages for one in students) / n


def processor_time(pid: int) -> float:
    """Seconds that a process has worked so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def server_of(port: str) -> int:
    """The process that serves there (Linux)."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        words = path.read_bytes().split(b"\0") if path.exists() else []
        if port.encode() in words and b"app" in words and b"python" in words[0]:
            return int(path.parent.name)
    raise LookupError(f"nobody serves at port {port}")


def main(place: Place = VIEWER) -> None:
    """Thirty students on Feature maps."""
    with serve() as url:
        waits, cost, n_messages = asyncio.run(_class(url, server_of(url.rpartition(":")[2]), place))
    p95 = sorted(waits)[int(0.95 * len(waits))]
    print(f"\n{N_STUDENTS} students, {len(waits)} channels: {1000 * statistics.median(waits):.0f} ms, 95 % within "
          f"{1000 * p95:.0f} ms; {1000 * cost:.1f} ms of the server and {n_messages:.1f} messages each")  # fmt: skip


if __name__ == "__main__":
    main()
