"""What people give by mistake: each a sentence at the border, never a traceback from deep inside."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import explorer
from explorer import ExplorerError, Target, errors
from explorer.cli import main
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.trace import Trace
from tests.tiny import Overwriting, noise_image, tiny_network

ROOT = Path(explorer.__file__).resolve().parents[1]
PICTURE = str(ROOT / "assets" / "samples" / "chelsea.jpg")

api: Any = explorer  # which may be given anything here
Call = Callable[[Any], object]  # of a trace

NO_NETWORK, NO_PICTURE = "A network is needed, not ", "A picture that was read is needed, not "

CASES: dict[str, tuple[Call, type[ExplorerError], str]] = {
    # networks and pictures
    "run a name": (lambda t: api.run("x", t.image), errors.BadArgument, f"{NO_NETWORK}'x' (str). explorer.load_"),
    "run nothing": (lambda t: api.run(None, t.image), errors.BadArgument, f"{NO_NETWORK}None (NoneType). "),
    "run a module": (lambda t: api.run(torch.nn.ReLU(), t.image), errors.BadArgument, f"{NO_NETWORK}ReLU() (ReLU)"),
    "run them swapped": (lambda t: api.run(t.image, t.network), errors.BadArgument, f"{NO_NETWORK}ImageInput("),
    "run on a path": (
        lambda t: api.run(t.network, "a.jpg"),
        errors.BadArgument,
        f"{NO_PICTURE}'a.jpg' (str). Read it first: explorer.read_image",
    ),
    "run on an array": (
        lambda t: api.run(t.network, np.zeros(3)),
        errors.BadArgument,
        f"{NO_PICTURE}array([0., 0., 0.]) (ndarray)",
    ),
    "explain on a path": (lambda t: api.attribute(t.network, "a.jpg"), errors.BadArgument, f"{NO_PICTURE}'a.jpg'"),
    "explain a name": (lambda t: api.attribute("x", t.image), errors.BadArgument, f"{NO_NETWORK}'x' (str)"),
    "evaluate a name": (lambda t: api.evaluate_attribution("x", []), errors.BadArgument, f"{NO_NETWORK}'x' (str)"),
    "evaluate on 3": (lambda t: api.evaluate_attribution(t.network, 3), errors.BadData, "Pictures are files, "),
    "read 3": (lambda t: api.read_image(3), errors.BadArgument, "read_image takes a path, bytes, "),
    "load 3": (
        lambda t: api.load_network(3),
        errors.UnknownNetwork,
        "A network is loaded by its name, or by the path of its file, not by 3 (int).",
    ),
    "weights 3": (lambda t: api.load_network("lenet5", 3), errors.BadCheckpoint, "Weights are 'pretrained', 'random'"),
    "a seed in words": (
        lambda t: api.load_network("lenet5", "random", "x"),
        errors.BadArgument,
        "A seed is a whole number from 0 on, not 'x' (str).",
    ),
    "a size in one": (
        lambda t: api.network_of(torch.nn.ReLU(), input_size=3),
        errors.BadModule,
        "input_size is (3,). ",
    ),
    "a source 3": (lambda t: api.list_networks(3), errors.UnknownNetwork, "There is no source '3'."),
    # methods and options
    "a method by halves": (
        lambda t: api.attribute(t.network, t.image, "gradcam"),
        errors.UnknownMethod,
        "There is no method 'gradcam'. Nearest: 'grad_cam'.",
    ),
    "a method 3": (
        lambda t: api.attribute(t.network, t.image, 3),
        errors.UnknownMethod,
        "A method is called by its name, not 3 (int).",
    ),
    "a method in a list": (
        lambda t: api.attribute(t.network, t.image, ["rise"]),
        errors.UnknownMethod,
        "A method is called by its name, not ['rise'] (list).",
    ),
    "an option of none": (
        lambda t: api.attribute(t.network, t.image, steps=3),
        errors.BadOption,
        "grad_cam has no option 'steps'. It has none.",
    ),
    "an option of another": (
        lambda t: api.attribute(t.network, t.image, "rise", masks=3),
        errors.BadOption,
        "rise has no option 'masks'. Nearest: 'n_masks'.",
    ),
    # layers
    "a layer mistyped": (
        lambda t: t["layr1"],
        errors.UnknownLayer,
        "pocket_resnet has no layer 'layr1'. Nearest: 'layer1'. Pick one from",
    ),
    "a layer 3": (lambda t: t[3], errors.UnknownLayer, "A layer is called by its name, not 3 (int). Pick one"),
    "a gradient of 3": (lambda t: t.gradient(3), errors.UnknownLayer, "A layer is called by its name, not 3 (int)."),
    "weights of none": (
        lambda t: t.network.weights(None),
        errors.UnknownLayer,
        "A layer is called by its name, not None",
    ),
    "a map at 3": (
        lambda t: api.attribute(t.network, t.image, layer=3),
        errors.UnknownLayer,
        "A layer is called by its",
    ),
    # how many, and which
    "top of a word": (
        lambda t: t.top("5"),
        errors.BadArgument,
        "How many classes is a whole number from 0 on, such as top(5), not",
    ),
    "top of less": (lambda t: t.top(-1), errors.BadArgument, "How many classes is a whole number from 0 on"),
    "a class before all": (
        lambda t: t.prediction(-1),
        errors.BadTarget,
        "pocket_resnet has no class -1; its classes are 0 to 10.",
    ),
    "a class that is two": (lambda t: t.prediction("cat-dog"), errors.BadTarget, "'2-1' is not one class. "),
}


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_is_a_sentence(case: str, pocket_trace: Trace) -> None:
    call, kind, text = CASES[case]
    with pytest.raises(kind, match=f"^{re.escape(text)}") as caught:
        call(pocket_trace)
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < 400


def test_who_expects_a_type_error_gets_one() -> None:
    with pytest.raises(TypeError):
        api.read_image(3)


NO_TARGET = " is no target. Give a class by its number or name (281, 'tabby'), 'top', or an explorer.Target."


@pytest.mark.parametrize(
    ("target", "kind", "text"),
    [
        (1.5, errors.BadTarget, f"1.5 (float){NO_TARGET}"),
        (True, errors.BadTarget, f"True (bool){NO_TARGET}"),
        ([2], errors.BadTarget, f"[2] (list){NO_TARGET}"),
        (np.array([1, 2]), errors.BadTarget, f"array([1, 2]) (ndarray){NO_TARGET}"),
        (np.float32(2), errors.BadTarget, f"np.float32(2.0) (float32){NO_TARGET}"),
        (-1, errors.BadTarget, "pocket_resnet has no class -1; its classes are 0 to 10. "),
        (1000, errors.BadTarget, "pocket_resnet has no class 1000; its classes are 0 to 10. "),
        ("kat", errors.BadTarget, "pocket_resnet has no class 'kat'. Nearest: 'cat'."),
        ("GOLF  BALL", errors.BadTarget, "pocket_resnet has no class 'GOLF  BALL'. Nearest: 'golf ball'."),
        ("", errors.BadTarget, "pocket_resnet has no class ''."),
        ("x" * 5000, errors.BadTarget, f"pocket_resnet has no class '{'x' * 80}…'."),
        ("layr4:3", errors.UnknownLayer, "pocket_resnet has no layer 'layr4'. Nearest: 'layer4'. "),
        (Target("cat"), errors.BadTarget, f"'cat' (str){NO_TARGET}"),  # type: ignore[arg-type]
        (Target(1.5), errors.BadTarget, f"1.5 (float){NO_TARGET}"),  # type: ignore[arg-type]
        (Target(1, against=2.5), errors.BadTarget, f"2.5 (float){NO_TARGET}"),  # type: ignore[arg-type]
        (Target(3, layer="layer4", place=3), errors.BadTarget, "A place is a row and a column, such as (3, 4)"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_target_that_is_none(target: Any, kind: type[ExplorerError], text: str, pocket: Network) -> None:
    for ask in (explorer.run, lambda n, i, t: explorer.attribute(n, i, target=t)):
        with pytest.raises(kind, match=f"^{re.escape(text)}"):
            ask(pocket, load_sample("chelsea"), target)


@pytest.mark.parametrize(
    ("words", "meant"),
    [("cat", Target(2)), ("2", Target(2)), (np.int64(2), Target(2)), ("cat-dog", Target(2, against=1)),
     ("layer4:3", Target(3, layer="layer4")), ("layer4:3:1:2", Target(3, layer="layer4", place=(1, 2)))],
)  # fmt: skip
def test_a_target_in_words_is_what_it_means(words: Any, meant: Target, pocket: Network) -> None:
    image = load_sample("chelsea")
    found, expected = explorer.run(pocket, image, words), explorer.run(pocket, image, meant)
    assert found.explained == expected.explained
    assert np.array_equal(found.gradient("layer2"), expected.gradient("layer2"))
    values = [explorer.attribute(pocket, image, target=target).values for target in (words, meant)]
    assert np.array_equal(*values)


def test_the_likeliest_class_is_meant_by_top(pocket: Network) -> None:
    trace = explorer.run(pocket, load_sample("chelsea"), "top")
    assert trace.target == int(np.argmax(trace.logits))


# Names of many classes, of great length, and of two classes at once

LONG = tuple(f"{i:04d} " + "".join(chr(97 + (i * 7 + j * j) % 26) for j in range(195)) for i in range(3000))


@pytest.fixture(scope="module")
def wide() -> Network:
    return tiny_network(Overwriting(n_outputs=3000), categories=LONG)


@pytest.mark.slow
def test_three_thousand_names_of_two_hundred_letters(wide: Network) -> None:
    started = time.perf_counter()
    assert explorer.run(wide, noise_image(), LONG[2718]).target == 2718
    with pytest.raises(errors.BadTarget) as caught:
        explorer.run(wide, noise_image(), LONG[2718][:-3] + "!!!")
    assert time.perf_counter() - started < 10
    assert str(caught.value) == f"tiny has no class '{LONG[2718][:80]}…'. Nearest: '{LONG[2718][:80]}…'."


def twins(*names: str) -> Network:
    return tiny_network(Overwriting(n_outputs=len(names)), categories=names)


def test_a_name_of_several_classes_is_not_guessed() -> None:
    network = twins("crane", "maillot", "crane", "owl")
    for ask in (explorer.run, lambda n, i, t: explorer.attribute(n, i, target=t)):
        with pytest.raises(errors.BadTarget) as caught:
            ask(network, noise_image(), "crane")
        assert str(caught.value) == (
            "tiny has 2 classes called 'crane': 0 and 2. Give the number of the one that is meant."
        )
    with pytest.raises(errors.BadTarget, match="2 classes called 'crane': 0 and 2"):
        explorer.run(network, noise_image(), "owl-crane")
    assert explorer.run(network, noise_image(), "owl").target == 3
    assert explorer.run(network, noise_image(), 2).target == 2
    with pytest.raises(errors.BadTarget, match=r"20 classes called 'x': 0, 1, 2, 3, 4, 5, 6, 7, … and 19\."):
        explorer.run(twins(*["x"] * 20), noise_image(), "x")


@pytest.mark.parametrize("command", ["explain", "attribute"])
def test_the_command_line_says_the_same(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = tmp_path / "own.py"
    module.write_text(
        "import explorer\nfrom tests.tiny import Overwriting\n"
        "def make():\n    return explorer.network_of(Overwriting(), categories=['crane', 'ox', 'crane', 'owl'],"
        " input_size=(3, 24, 24))\n"
    )
    own = [command, PICTURE, "--module", f"{module}:make", "-o", str(tmp_path / "map.png"), "--target"]
    assert main([*own, "crane"]) == 1
    assert "has 2 classes called 'crane': 0 and 2. Give the number of the one that is meant." in capsys.readouterr().err
    assert main([*own, "ow"]) == 1
    assert "has no class 'ow'. Nearest: 'owl'." in capsys.readouterr().err
    assert main([*own, "owl"]) == 0
