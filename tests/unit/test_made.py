"""A network that a person's own program makes, on the command line and in the app."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.cli import main
from explorer.errors import BadCategories, BadModule, BadPreparation
from explorer.loading.made import made_network
from explorer.loading.preparations import as_text
from explorer.pictures.samples import load_sample

PICTURE = str(Path(explorer.__file__).resolve().parents[1] / "assets" / "samples" / "chelsea.jpg")
PROGRAM = """
import torch
from torch import nn

import explorer
from parts_of_mine import head

torch.manual_seed(3)
body = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
answer = 42


def make():
    return nn.Sequential(body, head())


def named():
    return explorer.network_of(make(), categories=["ant", "bee"], input_size=(3, 64, 64), name="mine")


def nothing():
    pass


def fails():
    raise KeyError("weights")
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "my_network.py"
    path.write_text(PROGRAM)
    (tmp_path / "parts_of_mine.py").write_text("from torch import nn\n\n\ndef head():\n    return nn.Linear(8, 2)\n")
    return path


def test_a_function_of_a_file_makes_the_network(program: Path, tmp_path: Path) -> None:
    made = made_network(f"{program}:make")
    assert (made.name, made.categories, made.preprocessing.size) == ("my_network", ("class 0", "class 1"), 224)
    assert made.made_by == "explorer.network_of(make())"
    assert made_network(f"{program}:named").categories == ("ant", "bee")
    names = tmp_path / "names.txt"
    names.write_text("cow\ndog\n")
    assert made_network(f"{program}:make", names).categories == ("cow", "dog")
    with pytest.raises(BadCategories, match=r"^named of 'my_network.py' has named the classes\."):
        made_network(f"{program}:named", names)
    how = made_network(f"{program}:make", preparation="half,resize=100,crop=96")
    assert as_text(how.preprocessing).startswith("resize=100,crop=96,interpolation=bilinear,mean=0.5/0.5/0.5,")
    assert how.prepared == "as you said"
    with pytest.raises(BadPreparation, match=r"^named of 'my_network.py' has said how pictures are prepared\."):
        made_network(f"{program}:named", preparation="half")


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("my_network.py", "'my_network.py' names no function of a file. Write file.py:make"),
        ("my_network.txt:make", "'my_network.txt:make' names no function of a file."),
        ("{}/nowhere.py:make", "There is no file '"),
        (
            "{}/my_network.py:mak",
            "'my_network.py' has no function 'mak'. It has head, body, make, named, nothing, fails.",
        ),
        ("{}/my_network.py:answer", "'my_network.py' has no function 'answer'."),
        ("{}/my_network.py:nothing", "nothing of 'my_network.py' returns nothing. It must return a torch.nn.Module"),
        ("{}/my_network.py:fails", "'my_network.py' ends in KeyError in line 26: 'weights'."),
    ],
)
def test_what_makes_no_network_is_a_sentence(program: Path, place: str, says: str) -> None:
    with pytest.raises(BadModule) as caught:
        made_network(place.format(program.parent))
    assert str(caught.value).startswith(says)


def test_the_command_line_takes_it(program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    npy = tmp_path / "map.npy"
    options = ["--module", f"{program}:named", "-o", str(tmp_path / "map.png"), "--array", str(npy), "--target", "bee"]
    assert main(["attribute", PICTURE, *options]) == 0
    network = made_network(f"{program}:named")
    expected = explorer.attribute(network, load_sample("chelsea"), "grad_cam", 1)
    assert np.array_equal(np.load(npy), expected.values)
    assert "of the logit of “bee”" in capsys.readouterr().out
    assert main(["attribute", PICTURE, *options[2:], "--module", f"{program}:fails"]) == 1
    assert capsys.readouterr().err == "explorer: 'my_network.py' ends in KeyError in line 26: 'weights'.\n"
    assert main(["attribute", PICTURE, *options, "--weights", "random"]) == 1
    assert capsys.readouterr().err == "explorer: A module has its own weights. Leave out --weights, or --module.\n"
