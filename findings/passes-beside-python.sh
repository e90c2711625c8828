#!/bin/sh
# One busy Python thread slows a small network's passes in another thread down a hundred times, beside an idle core.
#
# Expected: torch works without the interpreter, so of two threads on two cores one computes and one runs Python, and a
#   pass takes as long as alone, or at worst twice that.
# Seen (torch 2.13.0, CPython 3.11.7): of 240 operations of less than 0.1 ms each every one gives the interpreter up,
#   and has to ask for it again before the next. The busy thread lets go of it after 5 ms each time
#   (sys.getswitchinterval), so the pass took 2.3 s instead of 14 ms, and 57 ms with an interval of 0.1 ms. The more
#   operations, the worse: of a large network, whose operations take longer than the interval, nobody notices.
# To read: https://docs.python.org/3/library/sys.html#sys.setswitchinterval
# In this project: `explorer/running/threads.py`, which sets the interval for the server.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import platform
import statistics
import sys
import threading
import time

import torch

print("torch", torch.__version__, "CPython", platform.python_version())
torch.set_num_threads(1)
network = torch.nn.Sequential(
    *(layer for _ in range(120) for layer in (torch.nn.Conv2d(32, 32, 3, padding=1, groups=32), torch.nn.ReLU()))
).eval()
x = torch.rand(1, 32, 28, 28)


def milliseconds(n):
    taken = []
    for _ in range(n):
        started = time.perf_counter()
        with torch.inference_mode():
            network(x)
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def beside_python(interval, n):
    sys.setswitchinterval(interval)
    done = threading.Event()

    def count():
        number = 0
        while not done.is_set():
            number += 1

    busy = threading.Thread(target=count)
    busy.start()
    try:
        return milliseconds(n)
    finally:
        done.set()
        busy.join()


milliseconds(3)
alone, usual, brief = milliseconds(9), beside_python(0.005, 3), beside_python(0.0001, 9)
print(f"alone {alone:.0f} ms; beside a busy thread {usual:.0f} ms, {brief:.0f} ms where it hands over 50 x sooner")
assert usual > 8 * alone
assert brief < usual / 4
print("as described")
PYTHON
