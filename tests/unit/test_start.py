"""What a start costs: who asks for little must not wait for what the rest needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import explorer

ROOT = Path(explorer.__file__).resolve().parents[1]
LARGE = ("torch", "torchvision", "numpy", "cv2", "PIL", "streamlit", "plotly", "torch._dynamo")


def imported(code: str) -> set[str]:
    """The large packages that a fresh process has imported when `code` has run, however it ended."""
    report = f"import sys; print(*(name for name in {LARGE!r} if name in sys.modules))"
    program = f"try:\n    exec({code!r})\nexcept SystemExit:\n    pass\nprint()\n{report}"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import explorer; dir(explorer), explorer.__version__",
        "import explorer; explorer.list_networks(), explorer.ExplorerError",
        "import explorer.ui.serve, explorer.ui.warm; explorer.ui.warm.known('lenet5,nonsense', print)",
        *(
            f"from explorer.cli import main; main({arguments!r})"
            for arguments in (
                ["networks"], ["networks", "resnet50"], ["networks", "nonsense"], ["--help"], ["--version"],
                ["explain", "--help"], ["nonsense"], ["completion", "bash"],
            )
        ),
    ],
)  # fmt: skip
def test_nothing_large_is_imported(code: str) -> None:
    assert imported(code) == set()


@pytest.mark.slow
def test_large_imports_would_be_seen() -> None:
    assert {"torch", "numpy"} <= imported("import explorer; explorer.run")


def test_the_frame_of_a_page_does_not_wait_for_torch() -> None:
    frame = imported("import explorer.ui.frame.boundary, explorer.ui.frame.link, explorer.ui.frame.pages")
    assert "streamlit" in frame
    assert not {"torch", "torchvision", "numpy", "cv2"} & frame


@pytest.mark.slow
@pytest.mark.parametrize("name", ["efficientnet_lite0", "pocket_resnet"])
def test_a_pass_over_a_picture_needs_no_compiler(name: str) -> None:
    code = f"""import explorer
network = explorer.load_network({name!r})
image = explorer.read_image(explorer.places.assets() / "icon.png")
explorer.run(network, image, "top")"""
    assert imported(code) >= {"torch", "torchvision"}
    assert "torch._dynamo" not in imported(code)
