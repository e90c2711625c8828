"""The page on saliency with every method and every kind of network: without a browser."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from explorer.attribution import METHODS

from .apps import OWN, PAGES, check, leave_to_a_button, open_app, open_saliency, run_button, texts


def costs(app: AppTest) -> list[str]:
    """What stands under each of the maps that are drawn large."""
    return [c.value for c in app.caption if re.match(r"[\d,]+ pass(es)? of the network, [\d.]+ s\\?\.", c.value)]


def test_without_a_click_the_two_likeliest_classes_and_the_depth_are_there() -> None:
    app = open_saliency()
    check(app)
    shown = texts(app)
    assert "The top class, “cat”" in shown
    assert "The runner-up, “" in shown
    assert "layer4 is the last block that ends in maps" in shown
    assert len(costs(app)) == 2
    assert not [button for button in app.button if button.label.startswith("Run")]


def test_every_method_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    app = open_saliency()
    for method, card in METHODS.items():
        check(app.selectbox(key="method").set_value(card.title).run())
        for option, value in (("n_masks", 8), ("steps", 4), ("n_samples", 3), ("n_channels", 12)):
            if any(own.name == option for own in card.options):
                check(app.number_input(key=f"{method}_{option}").set_value(value).run())
        for _ in range(2):  # the map, and the one beside it
            if any(button.label.startswith(f"Run {card.title}") for button in app.button):
                run_button(app, f"Run {card.title}")
                check(app)
        assert not [button for button in app.button if button.label.startswith(f"Run {card.title}")], method
        assert len(costs(app)) == 2, method


@pytest.mark.parametrize("network", OWN)
@pytest.mark.parametrize("view", ["Through depth", "Methods", "Classes", "Layers in one"])
def test_many_maps_of_every_network(network: str, view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if view != "Methods":
        leave_to_a_button(monkeypatch)
    app = open_saliency(
        "digit" if network in ("lenet5", "mlp") else "chelsea", network=network, maps=view, saliency_view="Many maps"
    )
    check(app)
    if network == "mlp":
        assert "Methods that explain the pixels work all the same" in texts(app)
        assert "Grad-CAM" not in app.selectbox(key="method").options
    else:
        open_ones = {
            "Through depth": "at every stage",
            "Methods": "explained by each method",
            "Classes": "for the likeliest classes",
            "Layers in one": "brought to one range",
        }
        assert [name for name, sentence in open_ones.items() if sentence in texts(app)] == [view]


@pytest.mark.parametrize("method", ["score_cam", "grad_cam", "occlusion"])
def test_a_method_that_takes_more_than_the_pass_has_another_one_through_depth(method: str) -> None:
    card = METHODS[method]
    said = texts(open_saliency(method=card.title, saliency_view="Many maps"))
    assert "at every stage" in said
    assert ("takes more than the recorded pass" in said) == (card.signed_map is None)


def test_methods_that_do_not_suit_a_network_say_so_and_the_rest_is_drawn() -> None:
    many = open_saliency("digit", network="lenet5", maps="Methods", saliency_view="Many maps")
    assert "Guided backpropagation changes what ReLUs send back, and LeNet-5 has none" in texts(many)
    app = open_saliency("digit", network="lenet5")
    app.selectbox(key="method").set_value("Guided backpropagation").run()
    assert [error.value.replace("\\", "") for error in app.error] == [
        "Guided backpropagation changes what ReLUs send back, and LeNet-5 has none before output: it would be the "
        "plain gradient. Choose 'gradient'."
    ]
    check(app.selectbox(key="method").set_value("LayerCAM").run())


def test_what_has_no_rule_and_no_similar_class_is_said_in_a_sentence() -> None:
    app = open_app(network="mobilenet_v3_small", weights="Untrained").run()
    app.query_params["method"] = "LRP"
    app.switch_page(str(PAGES["saliency"])).run()
    assert [error.value.replace("\\", "") for error in app.error][:1] == [
        "Layer-wise relevance propagation has no rule for features.1.block.1.mul of MobileNet v3 small "
        "(multiplication). Choose a method that takes any network, such as 'integrated_gradients'."
    ]
    check(app.selectbox(key="method").set_value("FullGrad").run())
    app = open_saliency(method="Finer-CAM", explain="one class and not another")
    assert "Finer-CAM compares the logit of one class with those of others" in app.error[0].value
    check(app.selectbox(key="explain").set_value("one class").run())


@pytest.mark.parametrize("title", ["LRP", "FullGrad", "Finer-CAM"])
def test_a_new_method_explains_the_network_that_is_shown_first(title: str) -> None:
    app = open_saliency(network="efficientnet_lite0", method=title)
    check(app)
    assert len(costs(app)) == 2


@pytest.mark.parametrize("network", OWN)
@pytest.mark.parametrize("kind", ["one class and not another", "a channel", "one unit of a channel"])
def test_every_kind_of_target(network: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    app = open_saliency(network=network, explain=kind)
    check(app)
    if kind == "one class and not another":
        assert " and not “" in texts(app)
    else:
        layer = app.selectbox(key="layer").placeholder  # nobody has chosen: where the page begins
        assert f"hannel 0 of {layer}" in texts(app) or f"umber 0 of {layer}" in texts(app)


def test_for_a_layer_without_maps_the_last_one_before_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    app = open_saliency()
    assert "layer4 is the last block that ends in maps" in texts(app)
    check(app.selectbox(key="layer").set_value("fc").run())  # no error, and no map to draw
    assert "The top class, “cat”" in texts(app)
    check(app.selectbox(key="layer").set_value("layer3").run())
    assert "is the last block that ends in maps" not in texts(app)


def test_where_the_map_of_a_channel_is_drawn_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    app = open_saliency(explain="a channel", layer="layer3", channel="5")
    check(app)
    assert app.selectbox(key="map_layer").value == "layer2"
    app.selectbox(key="map_layer").set_value("fc").run()
    assert len(app.error) == 1
    assert "has no map to draw" in app.error[0].value
    check(app.selectbox(key="map_layer").set_value("layer1").run())


def test_a_stride_beyond_its_patch_is_a_sentence() -> None:
    app = open_saliency(method="Occlusion")
    app.number_input(key="occlusion_stride_160").set_value(60).run()
    assert [error.value.replace("\\", "") for error in app.error] == [
        "A stride of 60 leaves pixels between patches of 23 uncovered. Choose a stride from 1 to 23."
    ]
    check(app.number_input(key="occlusion_stride_160").set_value(23).run())
    assert len(costs(app)) == 2


def test_nothing_to_fuse_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    app = open_saliency(maps="Layers in one", saliency_view="Many maps")
    app.multiselect(key="fused_pocket_resnet").set_value([]).run()
    assert [error.value for error in app.error] == ["There is no map to fuse. Choose at least one layer."]
    check(app.selectbox(key="network").set_value("lenet5").run())


def test_signed_maps_colours_and_one_scale() -> None:
    app = open_saliency(
        signed="true", colors="textbook", map_scale="one for all", photograph="grey", blend="by strength"
    )
    check(app)
    assert "supports “cat”" in texts(app)
    check(app.toggle(key="signed").set_value(False).run())
    check(app.toggle(key="cells").set_value(True).run())
    for view in ("Methods", "Classes", "Layers in one"):
        check(open_saliency(signed="true", map_scale="one for all", maps=view, saliency_view="Many maps"))
