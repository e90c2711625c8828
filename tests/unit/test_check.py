"""The check of all networks: its table, and that one network that fails does not take the others with it."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import replace

import numpy as np
import pytest

import explorer
from explorer.cli import check
from explorer.cli.check import HEADER, Row, in_own_process, peak_bytes, refusal, row_text
from explorer.errors import UnknownNetwork
from explorer.loading.catalog import CATALOG

GOOD = Row("good", 12, "layer4.1.relu", (7, 7), 0.256, 300 << 20)


# What a process of its own may do. They are here, and not inside the tests, so that it can import them.


def succeed(name: str) -> Row:
    return replace(GOOD, name=name)


def raise_an_error(name: str) -> Row:
    raise ValueError("no | such\nthing") if name == "vgg16" else RuntimeError(name)


def stop_at_once(name: str) -> Row:
    os._exit(3)


def stop_without_a_word(name: str) -> Row:
    os._exit(0)


def be_killed(name: str) -> Row:
    os.kill(os.getpid(), signal.SIGKILL)
    return GOOD


def fail_at_alexnet(name: str) -> Row:
    return be_killed(name) if name == "alexnet" else succeed(name)


def say_the_process(name: str) -> Row:
    return Row(str(os.getpid()), peak_bytes=peak_bytes())


# The table


def test_a_row_is_a_line_of_the_table() -> None:
    assert row_text(GOOD) == "| good | 12 | layer4.1.relu | 7 x 7 | 0.26 s | 300 MiB | passed |"
    assert row_text(Row("mlp", 6, None, None, 0.001, 1 << 20)) == "| mlp | 6 | no maps |  | 0.00 s | 1 MiB | passed |"
    assert row_text(Row("bad", problem="a | b\nc")) == "| bad |  |  |  |  |  | a \\| b c |"


def test_every_row_has_a_cell_for_each_heading() -> None:
    names, rule = HEADER.splitlines()
    for line in (rule, row_text(GOOD), row_text(Row("bad", problem="failed: no")), row_text(replace(GOOD, name="b"))):
        assert line.count("|") == names.count("|")


def test_a_row_passes_if_nothing_is_wrong() -> None:
    assert GOOD.passed
    assert not replace(GOOD, problem="failed").passed


# Memory


def test_a_network_that_would_not_fit_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    info = CATALOG["regnet_y_128gf"]
    row = refusal(info, 3 << 30)
    assert row is not None
    needed = 4 * 644_812_894 + 8 * 733_078_220
    assert row.problem == f"not run: needs {needed / 2**30:.1f} GiB, 3.0 are free"
    assert not row.passed
    assert refusal(info, needed) is None
    assert refusal(info, None) is None  # a system that does not say

    monkeypatch.setattr(check, "_free_bytes", lambda: 100_000)
    lines: list[str] = []
    assert not check.check(["pocket_resnet"], lines.append)
    assert lines[1] == "| pocket_resnet |  |  |  |  |  | not run: needs 0.0 GiB, 0.0 are free |"


@pytest.mark.slow
def test_the_peak_of_memory_is_that_of_the_process_alone() -> None:
    ballast = np.ones(60 << 20)  # 480 MB that a new process does not hold
    here = peak_bytes()
    there = in_own_process(say_the_process, "peak")
    if here is None or there.peak_bytes is None:
        pytest.skip("this system does not say how much memory a process has held")
    assert here > ballast.nbytes
    assert 1 << 20 < there.peak_bytes < here - ballast.nbytes // 2
    assert there.name != str(os.getpid())


# What goes wrong


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "problem"),
    [
        (raise_an_error, "failed: ValueError: no | such\nthing"),
        (stop_at_once, "failed: its process ended with status 3"),
        (stop_without_a_word, "failed: its process ended with status 0"),
        (be_killed, "failed: its process was ended by SIGKILL, as a system does where memory runs out"),
    ],
)
def test_a_failure_is_a_row(work: check.Work, problem: str) -> None:
    row = in_own_process(work, "vgg16")
    assert (row.name, row.problem, row.passed) == ("vgg16", problem, False)


@pytest.mark.slow
def test_a_failure_is_not_the_end_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "measure", fail_at_alexnet)
    lines: list[str] = []
    assert not check.check(["alexnet", "squeezenet1_1"], lines.append)
    assert lines[0] == HEADER
    assert [line.split(" | ")[0] for line in lines[1:]] == ["| alexnet", "| squeezenet1_1"]
    assert [line.endswith("| passed |") for line in lines[1:]] == [False, True]


def test_an_unknown_name_is_refused_before_anything_is_run() -> None:
    lines: list[str] = []
    with pytest.raises(UnknownNetwork):
        check.check(["pocket_resnet", "resnet_18"], lines.append)
    assert lines == []


# The networks themselves


@pytest.mark.slow
def test_real_networks_pass() -> None:
    lines: list[str] = []
    assert check.check(["mlp", "squeezenet1_1"], lines.append), lines
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    assert [row[0] for row in cells] == ["mlp", "squeezenet1_1"]
    assert [row[2] == "no maps" for row in cells] == [True, False]
    assert cells[1][3] == "13 x 13"
    for row in cells:
        network = explorer.load_network(row[0], "random")
        assert int(row[1]) == len(network.layers)
        assert re.fullmatch(r"\d+\.\d\d s", row[4])
        assert 100 < int(row[5].removesuffix(" MiB")) < 4000
