"""Torchvision beside a CPU-only torch: its two missing operators are defined when, and only when, they are missing.

An import happens once in a process, so each branch runs in a process of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import explorer
from explorer.networks.vision import nms

# Executes vision.py alone: importing its package would import torchvision before the test has prepared anything.
_FILE = str(Path(explorer.__file__).parent / "networks" / "vision.py")
_LOAD = f"""
import importlib.util, sys, torch
def load():
    spec = importlib.util.spec_from_file_location("vision", {_FILE!r})
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
def defined(name):
    return torch._C._dispatch_has_kernel(name) or name in {{s.name for s in torch._C._jit_get_all_schemas()}}
"""


def run(body: str, *, folder: Path | None = None) -> str:
    """What a fresh Python prints, with `folder` before everything else on its path."""
    path = "" if folder is None else f"import sys; sys.path.insert(0, {str(folder)!r})\n"
    done = subprocess.run([sys.executable, "-c", path + _LOAD + body], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def fake(folder: Path, code: str) -> Path:
    """A package named torchvision that does `code` when it is imported; its submodules are empty."""
    for dotted in re.findall(r"^\s*import (torchvision[\w.]*)", Path(_FILE).read_text(encoding="utf-8"), re.MULTILINE):
        parts = dotted.split(".")
        for n in range(1, len(parts) + 1):
            package = folder.joinpath(*parts[:n])
            package.mkdir(exist_ok=True)
            (package / "__init__.py").touch()
    (folder / "torchvision" / "__init__.py").write_text(code)
    return folder


@pytest.mark.slow
def test_the_real_torchvision_imports_and_its_nms_is_right() -> None:
    """On a machine whose compiled operators do not load this is our nms, on any other torchvision's own."""
    # Boxes 0 and 1 share 90 of 110: 0.818. Boxes 0 and 3 share 25 of 175: 0.143. Box 2 stands alone.
    code = """
vision = load()
boxes = torch.tensor([[0., 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [5, 5, 15, 15]])
scores = torch.tensor([0.8, 0.9, 0.1, 0.7])
for threshold in (0.5, 0.1, 0.9):
    print(torch.ops.torchvision.nms(boxes, scores, threshold).tolist(), end=" ")
print(vision.torchvision.models.resnet18 is not None, defined("torchvision::qnms"))
"""
    # Box 1 is the best. It shares 6 x 5 = 30 of 170 with box 3: 0.176.
    assert run(code) == "[1, 3, 2] [1, 2] [1, 0, 3, 2] True True"


FAILS_ONCE = """
import torch
@torch.library.register_fake("torchvision::nms")
def shape_of_nms(dets, scores, iou_threshold):
    return dets
print("imported", end=" ")
"""


@pytest.mark.slow
def test_missing_operators_are_defined(tmp_path: Path) -> None:
    """The fake stops with the very error of the real one, from the very call that it comes from."""
    code = """
vision = load()
print(defined("torchvision::nms"), defined("torchvision::qnms"), vision.torchvision.__file__)
"""
    folder = fake(tmp_path, FAILS_ONCE)
    assert run(code, folder=folder) == f"imported True True {folder / 'torchvision' / '__init__.py'}"


@pytest.mark.slow
def test_nothing_is_defined_where_the_import_works(tmp_path: Path) -> None:
    code = "vision = load(); print(defined('torchvision::nms'), defined('torchvision::qnms'))"
    assert run(code, folder=fake(tmp_path, "print('imported', end=' ')")) == "imported False False"


@pytest.mark.slow
def test_operators_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    code = """
library = torch.library.Library("torchvision", "DEF")
library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
library.impl("nms", lambda dets, scores, iou_threshold: torch.tensor([42]), "CPU")
load()
print(torch.ops.torchvision.nms(torch.zeros(1, 4), torch.zeros(1), 0.5).tolist(), defined("torchvision::qnms"))
"""
    assert run(code, folder=fake(tmp_path, FAILS_ONCE)) == "imported [42] False"


@pytest.mark.slow
def test_other_errors_are_not_swallowed(tmp_path: Path) -> None:
    errors = ["RuntimeError('CUDA is on fire')", "ImportError('no torchvision')", "KeyError('x')"]
    code = """
for _ in range(3):
    try:
        load()
    except Exception as error:
        print(repr(error), defined("torchvision::nms"))
"""
    raising = f"import sys; sys.tries = getattr(sys, 'tries', 0) + 1; raise [{', '.join(errors)}][sys.tries - 1]"
    assert run(code, folder=fake(tmp_path, raising)).splitlines() == [f"{error} False" for error in errors]


def overlap(a: list[float], b: list[float]) -> float:
    """Intersection over union, as one would on paper."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def slow_nms(boxes: list[list[float]], scores: list[float], threshold: float) -> list[int]:
    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(overlap(boxes[i], boxes[j]) <= threshold for j in kept):
            kept.append(i)
    return kept


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7, 1.0])
def test_nms_equals_a_slow_one(seed: int, threshold: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.randint(0, 40, (60, 2), generator=generator).double()
    sizes = torch.randint(1, 30, (60, 2), generator=generator).double()
    boxes, scores = torch.cat([corners, corners + sizes], dim=1), torch.rand(60, generator=generator).double()
    expected = slow_nms(boxes.tolist(), scores.tolist(), threshold)
    assert nms(boxes, scores, threshold).tolist() == expected
    assert torch.ops.torchvision.nms(boxes, scores, threshold).tolist() == expected


def test_nms_of_nothing() -> None:
    kept = nms(torch.zeros(0, 4), torch.zeros(0), 0.5)
    assert kept.shape == (0,)
    assert kept.dtype == torch.int64


@pytest.mark.slow
def test_the_compiler_is_loaded_when_somebody_compiles_and_not_before() -> None:
    code = """
load()
print("torch._dynamo" in sys.modules, end=" ")
print(torch.compile(lambda x: 2 * x, backend="eager")(torch.ones(1)).item(), "torch._dynamo.utils" in sys.modules)
real = sys.modules["torch._dynamo"]
load()
print(sys.modules["torch._dynamo"] is real)
"""
    assert run(code).split() == ["False", "2.0", "True", "True"]


@pytest.mark.slow
def test_no_network_of_the_catalogue_loads_the_compiler_when_it_is_built_without_memory() -> None:
    code = """
load()
from explorer.loading.catalog import CATALOG
from explorer.loading.skeleton import skeleton
print([name for name in CATALOG if skeleton(name) and "torch._dynamo.utils" in sys.modules])
"""
    assert run(code).strip() == "[]"
