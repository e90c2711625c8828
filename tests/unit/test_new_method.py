"""A method that nobody has written yet: a function with its card, and a row in the table, and it works everywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import explorer
from explorer.attribution import FILLS, methods
from explorer.attribution.fills import filled
from explorer.attribution.method import Method, Option, counted
from explorer.attribution.passes import scores
from explorer.attribution.request import Evidence, Request
from explorer.attribution.sentences import cost_sentence, n_forward, n_passes, unit
from explorer.cli import main
from explorer.errors import UnknownMethod
from explorer.faithfulness.survey import Scoring
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.targets import Target
from explorer.ui.attribution.requests import MapRequest, by_another, methods_of, passes
from tests.tiny import noise_image

PICTURE = Path(explorer.__file__).resolve().parents[1] / "assets" / "samples" / "chelsea.jpg"


def curtain(request: Request) -> Evidence:
    """How far the target falls when one of `n` upright strips of the picture is covered."""
    x, n, cover = request.x, request.count("n"), filled(request.trace, request.choice("fill"))
    strip = torch.arange(x.shape[-1], device=x.device) * n // x.shape[-1]  # of each column

    def pictures(first: int, last: int) -> torch.Tensor:
        return torch.cat([torch.where(strip == i, cover, x) for i in range(first, last)])

    falls = request.score - np.concatenate(list(scores(request, n, pictures)))
    return Evidence(np.tile(falls[strip.cpu().numpy()], (x.shape[-2], 1)), n)


CURTAIN = Method(
    title="Curtain", formula="S - S[strip covered]", paper="nobody yet", needs="scores of covered pictures",
    cost="a pass for each strip", good_for="a test", weaknesses="knows no rows", find=curtain, uses_layer=False,
    unit="how far {target} falls without the strip", n_passes=counted("n"), settings="{n} strips of {fill}.",
    warning="It knows no rows.",
    options=(Option("n", "strips", 6, 1, 99), Option("fill", "cover", "mean", choices=FILLS)),
)  # fmt: skip


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one row."""
    monkeypatch.setitem(methods._CARDS, "curtain", CURTAIN)


def test_it_explains(tiny: Network, image: ImageInput) -> None:
    found = explorer.attribute(tiny, image, "curtain", 2, n=4, signed=True)
    trace = explorer.run(tiny, image)
    side = tiny.preprocessing.size
    covered = trace.prepared.tensor.clone()
    covered[..., side // 4 : side // 2] = 0
    fall = trace.logits[2] - float(tiny.graph.run(covered)[0][0, 2])
    assert found.values[:, side // 4 : side // 2] == pytest.approx(np.full((side, side // 4), fall), abs=1e-5)
    assert found.evaluations == 5
    with pytest.raises(UnknownMethod, match="Nearest: 'curtain'"):
        explorer.attribute(tiny, image, "curtains")


def test_it_is_spoken_of(tiny: Network, image: ImageInput) -> None:
    found = explorer.attribute(tiny, image, "curtain", Target(1, against=2), n=8)
    assert unit(found) == "how far the difference falls without the strip"
    assert " 8 strips of mean. It knows no rows." in cost_sentence(found)
    assert cost_sentence(found).startswith("9 passes of the network, ")
    assert n_passes(tiny, "curtain", None, found.options) == n_forward(tiny, "curtain", None, found.options) == 8


def test_it_has_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, array = tmp_path / "map.png", tmp_path / "map.npy"
    command = ["attribute", str(PICTURE), "--method", "curtain", "-o", str(out), "--array", str(array)]
    assert main([*command, "--option", "n=2", "--option", "fill=black"]) == 0
    assert "curtain of " in capsys.readouterr().out
    assert len(np.unique(np.load(array)[0])) <= 2
    assert out.read_bytes().startswith(b"\x89PNG")
    assert main([*command, "--option", "n=0"]) != 0
    assert "n must be a whole number from 1 to 99" in capsys.readouterr().err


def test_it_is_in_the_table(tiny: Network, tmp_path: Path) -> None:
    table = explorer.evaluate_attribution(tiny, noise_image(), ["curtain", "centred"], tmp_path, Scoring(n_steps=1))
    assert [row.method for row in table.rows] == ["curtain", "centred"]
    assert table.rows[0].evaluations == 7
    assert "| curtain | 1 |" in table.markdown()
    assert (tmp_path / "maps" / table.rows[0].picture / "curtain.npy").is_file()


def test_the_page_offers_it(pocket: Network) -> None:
    assert list(methods_of(pocket))[-1] == "curtain"
    asked = by_another(pocket, MapRequest("grad_cam", Target(0), "layer4"), "curtain")
    assert asked == MapRequest("curtain", Target(0), None, (("n", 6), ("fill", "mean")))
    assert passes(pocket, asked) == 6
