"""The page Compare, without a browser: its panes, what links them, and what it says where one has nothing to show."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

import explorer
from explorer.compare import matching_regions
from explorer.loading.catalog import CATALOG
from explorer.loading.published import weight_sets
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.ui.compare import choices
from explorer.ui.frame import session

from .apps import PAGES, check, open_app, run_button, texts


def open_compare(network: str = "pocket_resnet", sample: str = "chelsea", **query: str) -> AppTest:
    app = open_app(network=network, sample=sample, **query)
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(str(PAGES["compare"])).run()
    check(app)
    return app


def test_unasked_it_compares_the_network_with_itself_before_it_was_trained() -> None:
    app = open_compare()
    said = texts(app)
    assert "1. Pocket ResNet, pretrained: chelsea" in said
    assert "2. Pocket ResNet, untrained: chelsea" in said
    assert "as in pane 1." in said
    assert "The evidence of pane 2 correlates with the first one’s by" in said
    table = app.dataframe[0].value
    one = app.session_state["selection"].network
    for row in table.to_dict("records"):
        assert row["Parameters"] == sum(p.numel() for p in one.graph.recorder.parameters())
        assert row["Multiply-adds"] == sum(layer.n_multiply_adds for layer in one.layers.values())
    assert table["Evidence"][0] == pytest.approx(1)
    assert -1 <= table["Evidence"][1] < 0.9


def test_a_linked_pane_follows_by_stage_and_says_where_it_has_no_such_thing() -> None:
    app = open_compare("lenet5", "digit", network2="mlp", weights2="Trained")
    assert "MLP has no stage that ends in maps, so nothing in it is what tanh3 is in LeNet-5." in texts(app)
    check(app.selectbox(key="layer").set_value("tanh6").run())
    said = texts(app)
    assert "tanh6 is a row of 84 numbers without places; number 0 is " in said
    assert "relu2 is a row of 100 numbers without places; number 0 is " in said  # as deep, and of its own
    check(app.selectbox(key="layer").set_value("tanh3").run())  # nothing was lost
    assert "Channel 0 of tanh3." in texts(app)


def test_a_channel_that_only_one_pane_has_is_said_to_be_missing() -> None:
    app = open_compare(network2="lenet5", weights2="Trained", channel="40", layer="layer4")
    app.session_state["channel"] = 40
    check(app.run())
    assert "s4 of LeNet-5 has 16 channels, 0 to 15, so none with the number 40." in texts(app)
    assert "Channel 40 of layer4." in texts(app)


def test_a_pane_that_is_not_linked_has_a_layer_of_its_own() -> None:
    app = open_compare(own2="true")
    check(app.selectbox(key="layer2").set_value("layer2.0.conv1").run())
    check(app.number_input(key="channel2").set_value(9).run())
    said = texts(app)
    assert "Channel 9 of layer2.0.conv1." in said
    assert "Channel 0 of layer4." in said


def test_classes_of_another_list_are_matched_by_name() -> None:
    app = open_compare("basic_cnn", network2="pocket_resnet", weights2="Trained")
    check(app.selectbox(key="class").set_value("cat").run())
    assert "Evidence for “cat”, 91.0 %, as in pane 1." in texts(app).replace("\u00a0", " ")
    check(app.selectbox(key="class2").set_value("dog").run())
    assert "; in pane 1 it is for “cat”." in texts(app)


def test_four_panes_and_weights_that_are_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "pretrained_is_here", lambda name, weights="pretrained": name != "basic_cnn")
    said = texts(open_compare(panes="4"))
    assert "3. Pocket ResNet, pretrained: chelsea" in said
    assert "Pane 4: The trained weights of Basic CNN are not on this machine." in said


@pytest.mark.parametrize("same", [True, False])
def test_a_difference_is_there_where_the_maps_are_of_one_size(same: bool) -> None:
    app = open_compare(network2="pocket_resnet" if same else "basic_cnn", compare_view="Difference")
    said = texts(app)
    assert ("Pane 2 less pane 1: red where layer4 is higher in pane 2." in said) == same
    assert ("No other pane has a map as large as that of pane 1" in said) == (not same)
    check(app.selectbox(key="less-of").set_value("The evidence").run())
    said = texts(app)
    assert ("Pane 2 less pane 1: red where pane 2 has more evidence for “cat”." in said) == same
    assert ("Choose networks whose last maps are as large, or panes of one network." in said) == (not same)


def test_why_two_pictures_are_similar_needs_two() -> None:
    view = "Why are two pictures similar?"
    assert "All panes show one picture." in texts(open_compare(compare_view=view))
    app = open_compare(sample="raccoon", picture2="photographer", weights2="Trained", compare_view=view)
    said, network = texts(app), app.session_state["selection"].network
    traces = [explorer.run(network, load_sample(name)) for name in ("raccoon", "photographer")]
    for (y, x), (v, u), cosine in matching_regions(*traces).pairs[:8]:
        assert f"| {y}, {x} | {v}, {u} | {cosine:.3f} |" in said
    assert "By their channels’ means the two are most alike at " in said
    assert "are each other’s best match" in said


def test_a_preset_sets_the_sidebar_and_the_panes() -> None:
    app = open_compare()
    app.session_state["presets"] = True
    check(app.run())
    run_button(app, "A digit that moves")
    check(app)
    said = texts(app)
    assert "1. LeNet-5, pretrained: digit" in said
    assert "2. MLP, pretrained: digit" in said
    assert app.slider(key="moved").value == 12
    assert not [button for button in app.button if button.label.startswith("A digit that moves")]  # the list is closed


def test_a_network_that_came_with_its_weights_has_no_untrained_twin(tiny: Network) -> None:
    session.offer(tiny)
    try:
        app = open_compare("tiny")
        assert "2. Pocket ResNet, pretrained: chelsea" in texts(app)
        check(app.selectbox(key="network2").set_value("As in the sidebar").run())
        assert "2. Tiny, untrained: chelsea" in texts(app)  # as its own file calls them
        check(app.selectbox(key="weights2").set_value("Untrained").run())
        assert "Pane 2: Tiny came with its weights, and nobody here can draw others for it." in texts(app)
    finally:
        session._offered.clear()


def test_all_pictures_can_be_moved_after_they_were_prepared() -> None:
    app = open_compare("lenet5", "digit", network2="mlp", weights2="Trained")
    assert [answer[0] for answer in app.dataframe[0].value["Likeliest"]] == ["3", "3"]
    check(app.slider(key="moved").set_value(12).run())
    assert [answer[0] for answer in app.dataframe[0].value["Likeliest"]] == ["3", "2"]
    assert app.dataframe[0].value["Likeliest"][0].startswith("3, 80.3")


@pytest.mark.parametrize(
    "page",
    [name for name in PAGES if name not in ("atlas", "compare", "lessons", "scratch", "server", "transfer", "weights")],
)
def test_every_page_on_the_picture_leads_here_once(page: str) -> None:
    app = open_app(network="pocket_resnet").run()
    if page != "overview":
        app.switch_page(str(PAGES[page])).run()
    links = [link.proto for link in app.get("page_link") if link.proto.label == "Compare with …"]
    assert [link.page for link in links] == ["compare"]
    assert "beside it the same network before it was trained" in links[0].help


def test_an_untrained_network_is_compared_with_itself_trained() -> None:
    said = texts(open_compare(weights="Untrained"))
    assert "1. Pocket ResNet, untrained: chelsea" in said
    assert "2. Pocket ResNet, pretrained: chelsea" in said


def test_every_published_set_can_stand_in_a_pane(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_compare(network2="resnet50", weights2="Trained", set2="IMAGENET1K_V1")
    assert app.selectbox(key="set2").options == [one.name for one in weight_sets(CATALOG["resnet50"])]
    assert "Pane 2: The weights IMAGENET1K_V1 of ResNet-50 are not on this machine." in texts(app)
    loaded = list[tuple[str, str]]()

    def load(name: str, weights: str) -> Network:
        loaded.append((name, weights))
        return explorer.load_network("resnet50", "random")

    monkeypatch.setattr(choices, "pretrained_is_here", lambda name, weights="pretrained": True)
    monkeypatch.setattr(choices, "network", load)
    check(app.selectbox(key="set2").set_value("IMAGENET1K_V2").run())
    assert loaded == [("resnet50", "IMAGENET1K_V2")]


def test_a_visitor_s_own_network_stands_in_a_pane(tmp_path: Path) -> None:
    app = open_compare(weights2="Own")
    assert "Pane 2: Choose a file of weights, or of a whole network" in texts(app)
    path = tmp_path / "mine.pth"
    torch.save(explorer.load_network("basic_cnn", "random").graph.recorder.state_dict(), path)
    check(app.file_uploader(key="checkpoint2").set_value(("mine.pth", path.read_bytes(), "")).run())
    assert "2. Basic CNN, mine.pth: chelsea" in texts(app)
    app.file_uploader(key="checkpoint2").set_value(("broken.pth", b"nonsense", "")).run()
    assert "Pane 2: " in texts(app)
    assert "1. Pocket ResNet, pretrained: chelsea" in texts(app)
