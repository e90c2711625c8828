"""The ledgers in the browser: every bar and every cell of a map is what the library works out."""

from __future__ import annotations

import base64
import gzip

import numpy as np
import pytest

import explorer
from explorer.classifier.decomposition import channel_map, class_map
from explorer.classifier.figures import waterfall
from explorer.classifier.files import MOST_GAINS, N_LIKELY, ledger_files
from explorer.classifier.head import head
from explorer.classifier.logits import ledger, readings
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from explorer.wording import number, signed
from tests.in_node import in_node

# a mean and one dense layer; dense layers on all values; a map for each class; a layer norm; a hidden layer; pixels
NETWORKS = {"pocket_resnet": "chelsea", "lenet5": "digit", "squeezenet1_1": "chelsea", "mlp": "digit"}
SUMS = "all.sumsOf(Uint8Array.from(Buffer.from(given.file, 'base64')).buffer, given.n, given)"


@pytest.fixture(scope="module", params=NETWORKS)
def trace(request: pytest.FixtureRequest) -> Trace:
    weights = "random" if request.param == "squeezenet1_1" else "pretrained"
    network = explorer.load_network(request.param, weights)
    return explorer.run(network, load_sample(NETWORKS[request.param]), "top")


def form(trace: Trace, reading: str, other: int | None = None) -> dict[str, object]:
    assert trace.target is not None
    files = trace.view(ledger_files, reading, trace.target, other)
    return {
        "file": base64.b64encode(gzip.decompress(files.packed)).decode(), "n": len(files.classes),
        "n_inputs": len(files.ledgers[0].terms), "has_products": files.has_products, "cells": list(files.cells),
        "n_gains": files.n_gains, "factor": files.factor, "biases": [one.bias for one in files.ledgers],
        "by_channel": files.ledgers[0].is_by_channel,
    }  # fmt: skip


@pytest.mark.parametrize("n", [5, 20])
def test_every_step_is_the_library_s(trace: Trace, n: int) -> None:
    for reading in readings(trace.network):
        given = form(trace, reading)
        files = trace.view(ledger_files, reading, trace.target, None)
        expression = f"{SUMS}.map((sum, i) => all.waterfall(sum, given.biases[i], {n}, given.by_channel))"
        found = in_node("ledger/sums.js", expression, given)
        assert isinstance(found, list)
        assert len(found) == len(files.classes)
        for index, steps in zip(files.classes, found, strict=True):
            rows = waterfall(ledger(trace, reading, index), n).rows
            assert [step["input"] for step in steps] == [row.input for row in rows]
            assert [step["name"] for step in steps] == [row.name for row in rows]
            size = float(np.abs(ledger(trace, reading, index).terms).sum())
            for step, row in zip(steps, rows, strict=True):
                assert abs(step["amount"] - row.amount) <= 1e-12 * size
                assert abs(step["end"] - row.end) <= 1e-12 * size
                if row.note:
                    assert step["note"] == f"{row.note} = {signed(row.amount)}"


def test_every_map_is_the_library_s(trace: Trace) -> None:
    ends, reading = head(trace.network), readings(trace.network)[-1]
    files = trace.view(ledger_files, reading, trace.target, None)
    maps = in_node("ledger/sums.js", f"{SUMS}.map((sum) => [...sum.map])", form(trace, reading))
    assert isinstance(maps, list)
    for index, values in zip(files.classes, maps, strict=True):
        assert np.array_equal(np.float32(values), class_map(trace, index).ravel())
    if ends.maps is None:
        return
    for channel in (0, len(trace[ends.maps]) - 1):
        given = form(trace, reading) | {
            "values": trace[ends.maps][channel].ravel().tolist(), "nChannels": len(trace[ends.maps])
        }  # fmt: skip
        expression = f"{SUMS}.map((sum) => [...all.channelMap(sum, {channel}, Float32Array.from(given.values), given)])"
        found = in_node("ledger/sums.js", expression, given)
        assert isinstance(found, list)
        for index, values in zip(files.classes, found, strict=True):
            assert np.array_equal(np.float32(values), channel_map(trace, channel, index).ravel())


def test_the_likeliest_are_there_and_the_target_always(trace: Trace) -> None:
    unlikely = int(trace.probabilities.argmin())
    likely = [p.index for p in trace.top(N_LIKELY)]
    for reading in readings(trace.network):
        files = ledger_files(trace, reading, unlikely)
        assert unlikely in files.classes
        assert {*files.classes} <= {*likely, unlikely}
        assert files.n_gains * len(files.classes) <= MOST_GAINS
        shares = trace.probabilities[[*files.classes]]
        assert (np.diff(shares) <= 0).all()
        less = ledger_files(trace, reading, likely[0], likely[1])
        assert less.classes == (likely[0],)
        assert np.array_equal(less.ledgers[0].terms, ledger(trace, reading, likely[0], likely[1]).terms)


def test_many_weights_behind_the_maps_leave_the_target_alone() -> None:
    trace = explorer.run(explorer.load_network("alexnet", "random"), load_sample("chelsea"), "top")
    assert ledger_files(trace, readings(trace.network)[0], 3).classes == (3,)


def test_browser_and_server_write_numbers_alike() -> None:
    values = [0.0, -0.0, 1.0, 2.46, -0.0031, 12.3, 123.4, 999.6, -1234.5, 1e-7, 5e9, 0.09996, float("inf")]
    random = np.random.default_rng(3)
    values += (random.normal(size=300) * 10.0 ** random.integers(-8, 8, 300)).tolist()
    sent = [repr(value).replace("inf", "Infinity") for value in values]
    found = in_node(
        "shared/numbers.js",
        "given.map(Number).map((value) => [all.signed(value), all.number(value), all.number(value, 3)])",
        sent,
    )
    expected = [[signed(value), number(value), f"{value + 0.0:.3g}".replace("-", "−")] for value in values]
    assert found == expected
