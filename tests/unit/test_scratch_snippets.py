"""The scripts in PyTorch's and Keras's words: what they build is what is trained here."""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explorer.errors import BadData
from explorer.networks.digits import DigitPreparation
from explorer.networks.preparation import PhotoPreparation
from explorer.scratch import data
from explorer.scratch.data import find, load
from explorer.scratch.presets import PRESETS, in_shape, module_of
from explorer.scratch.settings import Plan, Settings
from explorer.scratch.snippets import in_keras, in_pytorch

LINE = (
    "conv 6 5 stride 2 padding 2, norm, tanh, average 2 stride 1, conv 7 3, relu, max 3, dropout 0.25, flatten, "
    "dense 20, norm, sigmoid, dense"
)
ROWS = (LINE, "conv 8 3, relu, global average, dense", *PRESETS)
SHORT = Settings(0.01, batch=6)


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_N_DRAWN", 6)
    monkeypatch.setattr(data, "_N_DRAWN_TEST", 3)


def run(script: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(script, "script", "exec"), names)
    return names


@pytest.mark.parametrize("data_set", ["shapes", "parts"])
@pytest.mark.parametrize("network", ROWS)
def test_the_script_for_pytorch_runs_and_builds_the_same_network(
    network: str, data_set: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(network, data_set, n_steps=3, settings=SHORT)
    names = run(in_pytorch(plan))
    n_classes, shape = len(find(data_set).categories), in_shape(network, data_set)
    own = module_of(network, shape, n_classes)
    assert [tuple(p.shape) for p in names["model"].parameters()] == [tuple(p.shape) for p in own.parameters()]
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    own.load_state_dict(dict(zip(own.state_dict(), names["model"].state_dict().values(), strict=True)))
    with torch.no_grad():
        assert torch.equal(names["model"].eval()(x), own.eval()(x))
    said = capsys.readouterr().out.splitlines()
    assert len(said) == math.ceil(3 * 6 / len(load(data_set, shape).train))
    assert said[0].startswith("epoch 1: loss ")


def test_its_shapes_are_said_in_comments() -> None:
    assert "    nn.Conv2d(3, 6, 5, stride=2, padding=2),  # (6, 32, 32)\n    nn.BatchNorm2d(6),\n" in in_pytorch(
        Plan(LINE, "shapes")
    )
    assert "nn.Linear(84, 10),  # (10,): a logit for each class" in in_pytorch(Plan())


def test_the_script_trains_as_it_is_set() -> None:
    how = Settings(0.03, batch=9, momentum=0.5, weight_decay=1e-3, dropout=0.1, augment=True)
    plan = Plan(LINE, "shapes", n_train=12, shifted=True, seed=8, n_steps=2, settings=how)
    names = run(in_pytorch(plan))
    group = names["optimizer"].param_groups[0]
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.03, 0.5, 1e-3)
    assert [part.p for part in names["model"] if isinstance(part, nn.Dropout)] == [0.1]
    expected = load("shapes", (3, 64, 64), 12, shifted=True)
    assert np.array_equal(names["data"].train, expected.train)
    assert np.array_equal(names["data"].test, expected.test)
    assert "augmented(pictures[batch], torch.default_generator)" in in_pytorch(plan)
    assert "augmented" not in in_pytorch(Plan())
    assert "torch.manual_seed(8)" in in_pytorch(plan)


def test_a_batch_of_one_picture_is_left_out_where_a_norm_compares_them() -> None:
    line = "flatten, dense 4, norm, dense"
    names = run(in_pytorch(Plan(line, "shapes", n_train=13, n_steps=3, settings=Settings(batch=12))))
    assert int(names["model"][2].num_batches_tracked) == 3
    assert "continue" not in in_pytorch(Plan(line.replace("norm, ", ""), "shapes"))


def keras_layers(script: str) -> list[tuple[str, list[Any], dict[str, Any]]]:
    """The layers of the model, each with its name and what it is given."""
    model = next(
        node.value for node in ast.parse(script).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "model"
    )  # fmt: skip
    assert isinstance(model, ast.Call)
    rows = model.args[0]
    assert isinstance(rows, ast.List)
    found = []
    for call in rows.elts:
        assert isinstance(call, ast.Call)
        named = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
        found.append((ast.unparse(call.func).split(".")[-1], [ast.literal_eval(one) for one in call.args], named))
    return found


def keras_weights(script: str) -> list[tuple[int, ...]]:
    """The shapes of what Keras would learn, as its documentation has them: no layer of it is called."""
    shape: tuple[int, ...] = ()
    found: list[tuple[int, ...]] = []
    for name, given, said in keras_layers(script):
        if name == "Input":
            (shape,) = given
        elif name == "ZeroPadding2D":
            shape = (shape[0] + 2 * given[0], shape[1] + 2 * given[0], shape[2])
        elif name in ("Conv2D", "MaxPooling2D", "AveragePooling2D"):
            window = given[-1]
            stride = said.get("strides", 1 if name == "Conv2D" else window)
            sides = [len(range(0, side - window + 1, stride)) for side in shape[:2]]  # padding is "valid" unless said
            if name == "Conv2D":
                found += [(window, window, shape[2], given[0]), (given[0],)]
            shape = (*sides, given[0] if name == "Conv2D" else shape[2])
        elif name == "Flatten":
            shape = (math.prod(shape),)
        elif name == "GlobalAveragePooling2D":
            shape = shape[-1:]
        elif name == "BatchNormalization":
            assert said == {"momentum": 0.9, "epsilon": 1e-5}
            found += [shape[-1:]] * 2
        elif name == "Dense":
            found += [(shape[0], given[0]), (given[0],)]
            shape = (given[0],)
        else:
            assert name in ("ReLU", "Activation", "Dropout") or name.startswith("Random")
    return found


@pytest.mark.parametrize("data_set", ["digits", "shapes"])
@pytest.mark.parametrize("network", ROWS)
def test_the_script_for_keras_builds_the_same_network(network: str, data_set: str) -> None:
    own = module_of(network, in_shape(network, data_set), len(find(data_set).categories))
    axes = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}  # Keras has what goes out last
    expected = [tuple(p.shape[axis] for axis in axes[p.ndim]) for p in own.parameters()]
    found = keras_weights(in_keras(Plan(network, data_set)))
    if network == "lenet5":  # whose c5 is the same convolution
        assert found[4] == (5, 5, 16, 120)
    assert found == expected


def test_what_keras_is_given_is_what_pytorch_is_given() -> None:
    for key, shape, how in (
        ("parts", (3, 64, 64), PhotoPreparation(64, 64)),
        ("parts", (1, 32, 32), DigitPreparation()),
    ):
        network = "basic_cnn" if shape[0] == 3 else "lenet5"
        node = next(one for one in ast.parse(in_keras(Plan(network, key))).body if isinstance(one, ast.FunctionDef))
        names = run(f"import numpy as np\n{ast.unparse(node)}")
        pictures = load(key, shape).test
        expected = how.scaled(torch.from_numpy(pictures).float() / 255).permute(0, 2, 3, 1).numpy()
        assert np.allclose(names["scaled"](pictures), expected, atol=1e-6)
        assert names["scaled"](pictures).dtype == np.float32


def test_keras_augments_as_is_done_here_and_leaves_out_as_it_is_set() -> None:
    how = Settings(augment=True, dropout=0.1, weight_decay=1e-3)
    of_digits = keras_layers(in_keras(Plan("lenet5", settings=how)))[1:4]
    assert of_digits == [
        ("RandomTranslation", [1 / 16, 1 / 16], {"fill_mode": "nearest"}),
        ("RandomRotation", [pytest.approx(10 / 360, abs=1e-5)], {"fill_mode": "nearest"}),
        ("RandomZoom", [0.1], {"fill_mode": "nearest"}),
    ]
    of_pictures = keras_layers(in_keras(Plan(LINE, "shapes", settings=how)))
    assert [name for name, *_ in of_pictures[1:3]] == ["RandomTranslation", "RandomFlip"]
    assert [given for name, given, _ in of_pictures if name == "Dropout"] == [[0.1]]
    assert "keras.optimizers.SGD(0.05, momentum=0.9, weight_decay=0.001)" in in_keras(Plan("lenet5", settings=how))
    assert "Keras takes the decay beside the momentum" in in_keras(Plan("lenet5", settings=how))


def test_blocks_that_do_not_work_have_no_script() -> None:
    for write in (in_pytorch, in_keras):
        with pytest.raises(BadData, match=r"^Block 1, 'dense', reads numbers"):
            write(Plan("dense", "shapes"))
        with pytest.raises(BadData, match="is no kind of block"):
            write(Plan("lenet", "shapes"))
