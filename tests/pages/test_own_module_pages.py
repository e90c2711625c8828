"""Every page with networks of no catalogue: as the server was started with, of one to four channels, and uploaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn
from torch.nn import functional as F

import explorer
from explorer.scratch.export import weights_file
from explorer.scratch.presets import in_shape, module_of
from explorer.ui.frame import session
from tests.keras_files import course
from tests.onnx_files import convolutional

from .apps import PAGES, check, open_app, texts


class Own(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        torch.manual_seed(n)
        self.conv1 = nn.Conv2d(n, 8, 5, padding=2)
        self.norm = nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(8, 12, 3, padding=1)
        self.fc = nn.Linear(12, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(F.relu(self.norm(self.conv1(x))))
        return self.fc(F.relu(self.conv2(x)).mean((2, 3)))


@pytest.fixture
def own(request: pytest.FixtureRequest) -> Iterator[explorer.Network]:
    size = (request.param, 32, 32)
    network = explorer.network_of(Own(request.param), input_size=size, categories=["ant", "bee", "cow"], name="mine")
    session.offer(network)
    yield network
    session._offered.clear()


def walk(app: AppTest, layer: str) -> None:
    """Every page, and where layers are chosen, that one."""
    for page in ("feature_maps", "architecture", "filters", "switchboard", "convolution"):
        check(app.switch_page(str(PAGES[page])).run())
        check(app.selectbox(key="layer").set_value(layer).run())
    for page in ("saliency", "pooling", "classifier", "weights"):
        check(app.switch_page(str(PAGES[page])).run())
    assert "✗" not in texts(app)


@pytest.mark.parametrize("own", [1, 2, 3, 4], indirect=True)
def test_every_page_opens(own: explorer.Network) -> None:
    app = open_app()
    check(app.run())
    assert app.selectbox(key="network").value == "mine"
    assert app.title[0].value.startswith("mine has no word")
    assert ("What each input is" in [tab.label for tab in app.tabs]) == (own.preprocessing.n_channels in (2, 4))
    assert ("gives nothing" in texts(app) or "tells nothing" in texts(app)) == (own.preprocessing.n_channels == 4)
    walk(app, "conv1")
    check(app.selectbox(key="network").set_value("lenet5").run())  # the catalogue is there as well
    assert app.session_state["selection"].network.name == "lenet5"


@pytest.mark.parametrize(("name", "make"), [("mine.onnx", convolutional), ("mine.keras", course)])
def test_every_page_opens_with_an_uploaded_file_of_a_whole_network(name: str, make: Callable[[], bytes]) -> None:
    app = open_app(weights="Own")
    check(app.run())
    upload = name, make(), "application/octet-stream"
    check(app.file_uploader(key="checkpoint").set_value(upload).run())
    assert app.title[0].value.startswith("mine has no word")
    assert f"{name} holds a whole network, whichever is chosen above." in texts(app)
    walk(app, "conv")
    check(app.switch_page(str(PAGES["overview"])).run())
    check(app.selectbox(key="preparation").set_value("half").run())
    assert "Pictures are prepared as you said, “half”." in texts(app)


@pytest.mark.parametrize(("line", "data", "n_classes", "layer"), [
    ("conv 6 5, norm, relu, max 2, dropout 0.5, conv 8 3, tanh, flatten, dense 12, norm, sigmoid, dense", "digits", 10,
     "conv1"),
    ("conv 6 5 stride 2 padding 1, relu, global average, norm, dense", "parts", 2, "conv1"),
    ("sigmoid, max 2, flatten, dense", "parts", 2, "pool1"),  # which has maps, and no kernel
])  # fmt: skip
def test_every_page_opens_with_a_row_of_blocks_that_was_trained(
    line: str, data: str, n_classes: int, layer: str
) -> None:
    torch.manual_seed(0)
    module = module_of(line, in_shape(line, data), n_classes).eval()
    app = open_app(weights="Own")
    check(app.run())
    upload = "mine.safetensors", weights_file(module, line, data), "application/octet-stream"
    check(app.file_uploader(key="checkpoint").set_value(upload).run())
    assert app.selectbox(key="network").value == "efficientnet_lite0"
    assert "mine.safetensors holds a whole network, whichever is chosen above." in texts(app)
    assert "Pictures are prepared as the file says." in texts(app)
    assert len(app.session_state["selection"].network.categories) == n_classes
    if layer == "conv1":
        walk(app, layer)
        return
    assert "It adds up the dots of the picture, each with a weight of its own, and says" in texts(app)
    for page in PAGES.values():
        assert not app.switch_page(str(page)).run().exception
        assert "Something went wrong" not in texts(app)


@pytest.mark.parametrize("own", [2], indirect=True)
def test_which_channel_feeds_which_input_is_chosen(own: explorer.Network) -> None:
    app = open_app()
    check(app.run())
    before = app.session_state["selection"].trace
    check(app.selectbox(key="input_1").set_value("blue").run())
    selection = app.session_state["selection"]
    assert selection.network.preprocessing.inputs == ("blue", "channel 2")
    assert selection.network.prepared == "as you said"
    assert "which is assumed" not in texts(app)
    pixels = selection.trace.prepared.tensor[0]
    assert torch.equal(pixels[1], before.prepared.tensor[0, 1])  # green, as before
    assert not torch.equal(pixels[0], before.prepared.tensor[0, 0])
    assert selection.network.key != before.network.key
    assert own.preprocessing.inputs == ("channel 1", "channel 2")  # that of all others stays


@pytest.mark.parametrize("own", [3], indirect=True)
def test_the_code_to_take_away_names_what_made_it(own: explorer.Network) -> None:
    assert own.made_by == "explorer.network_of(your_module, input_size=(3, 32, 32), name='mine')"
    from explorer.ui.frame.takeaway import setting

    app = open_app()
    check(app.run())
    code = setting(app.session_state["selection"]).load()
    assert f"network = {own.made_by}\n" in code
