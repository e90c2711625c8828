"""The notebook of a pass, played in a kernel of its own as whoever opens it would: its numbers are the pass's."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.attribution import attribute
from explorer.exporting.notebook import notebook
from explorer.pictures.samples import load_sample
from explorer.trace import Trace

ROOT = Path(explorer.__file__).parents[1]
# In a process of its own: what a client leaves open (its sockets) ends with it.
PLAY = "from nbclient.cli import main; main()"
LAST = """
import sys
import numpy as np
found = explorer.attribute(network, image, "grad_cam", trace.target)
maps = {f"at {i}": trace[layer] for i, layer in enumerate(LAYERS)}
np.savez("seen.npz", logits=trace.logits, evidence=found.values, **maps)
print(sys.executable)
"""
LAYERS = {"pocket_resnet": ["conv1", "layer1", "layer4", "fc"], "lenet5": ["c1", "s4", "f6"]}


def played(path: Path) -> subprocess.CompletedProcess[str]:
    """Run all cells in a kernel of this interpreter, with nobody's settings; what they gave is in the file then."""
    of_its_own = {name: str(path.parent / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR")}
    environment = {**os.environ, **of_its_own, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", PLAY, path.name, "--inplace", "--timeout=300"],
        cwd=path.parent, env=environment, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip


def outputs(path: Path) -> dict[str, nbformat.NotebookNode]:
    """What each cell that gives something gave, by its code."""
    cells = nbformat.read(path, as_version=4).cells
    return {cell.source: cell.outputs[-1] for cell in cells if cell.cell_type == "code" and cell.outputs}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "sample"), [("pocket_resnet", "chelsea"), ("lenet5", "digit")])
def test_all_cells_run_and_give_the_pass_s_own_numbers(name: str, sample: str, tmp_path: Path) -> None:
    layers = LAYERS[name]
    trace = explorer.run(explorer.load_network(name), load_sample(sample), "top")
    path = notebook(trace, tmp_path / "seen.ipynb", layers)
    content = nbformat.read(path, as_version=4)
    nbformat.validate(content)
    code = LAST.replace("LAYERS", repr(layers))
    content.cells.append(nbformat.v4.new_code_cell(code))
    nbformat.write(content, path)
    done = played(path)
    assert done.returncode == 0, done.stderr[-3000:]
    found = outputs(path)
    assert found[code].text.strip() == sys.executable

    said = re.findall(r"index=(\d+).*?logit=(\S+), probability=([^)]+)\)", found["trace.top(5)"].data["text/plain"])
    asked = [(str(one.index), str(one.logit), str(one.probability)) for one in trace.top(5)]
    assert said == asked
    with np.load(tmp_path / "seen.npz") as numbers:
        assert np.array_equal(numbers["logits"], trace.logits)
        evidence = attribute(trace.network, trace.image, "grad_cam", trace.target).values
        assert np.array_equal(numbers["evidence"], evidence)
        assert evidence.any()
        for i, layer in enumerate(layers):
            assert np.array_equal(numbers[f"at {i}"], trace[layer])
    shown_maps_are_the_trace_s(trace, layers, found)
    assert (tmp_path / "seen.html").stat().st_size > 100_000  # the last cell's page


def shown_maps_are_the_trace_s(trace: Trace, layers: list[str], found: dict[str, nbformat.NotebookNode]) -> None:
    spatial = [layer for layer in layers if trace.network.layer(layer).is_spatial]
    assert spatial
    for layer in spatial:
        png = base64.b64decode(found[f"trace.mosaic({layer!r})"].data["image/png"])
        assert np.array_equal(Image.open(io.BytesIO(png)), trace.mosaic(layer))


@pytest.mark.slow
def test_a_mistake_in_a_cell_is_no_success(tmp_path: Path) -> None:
    trace = explorer.run(explorer.load_network("lenet5"), load_sample("digit"), "top")
    path = notebook(trace, tmp_path / "seen.ipynb", ["c1"])
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace("trace.mosaic('c1')", "trace.mosaic('c111')"), encoding="utf-8")
    done = played(path)
    assert done.returncode != 0
    assert "UnknownLayer" in done.stderr
    assert not (tmp_path / "seen.html").exists()  # what stands after it was not run
