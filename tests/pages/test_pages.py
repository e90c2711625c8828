"""What the pages show, and what they say when something is wrong: without a browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.convolution.opened import strongest
from explorer.feature_maps.channels import ORDERS, SCALES
from explorer.loading.builtin import ARCHITECTURES
from explorer.loading.catalog import CATALOG, FIRST_NETWORK
from explorer.loading.sources import project
from explorer.pictures.image import MAX_BYTES
from explorer.ui.elements import bar, channel
from explorer.ui.frame import caches

from .apps import OWN, PAGES, check, leave_to_a_button, open_app, texts


def checkpoint(network: str, **changed: torch.Tensor) -> tuple[str, bytes, str]:
    """A file of weights as somebody would upload it: random ones, some of them changed."""
    state = ARCHITECTURES[network]().state_dict()
    file = io.BytesIO()
    torch.save({**state, **changed}, file)
    return "mine.pth", file.getvalue(), "application/octet-stream"


@pytest.mark.parametrize("view", ["Statistics", "Before and after", "Several pictures", "Through depth"])
@pytest.mark.parametrize("network", ["pocket_resnet", "lenet5", "mlp", "basic_cnn"])
def test_every_view_of_every_kind_of_layer(view: str, network: str) -> None:
    app = open_app(network=network)
    app.run()
    app.query_params["view"] = view
    check(app.switch_page(str(PAGES["feature_maps"])).run())
    options = app.selectbox(key="layer").options
    for layer in (options[0], options[len(options) // 2], options[-1]):
        check(app.selectbox(key="layer").set_value(layer).run())


def test_channels_are_switched_and_the_decisive_ones_are_found() -> None:
    app = open_app(network="lenet5", sample="digit")
    app.run()
    check(app.switch_page(str(PAGES["switchboard"])).run())
    check(app.selectbox(key="layer").set_value("s4").run())
    check(app.multiselect(key="switched").set_value(["2", "5"]).run())
    assert "With 2 of 16 channels of s4 switched off" in texts(app)
    next(button for button in app.button if button.label.startswith("Which few")).click()
    check(app.run())
    assert re.search(r"With channels? [\d, ]+ of s4 alone, and the other \d+ off, “3” is", texts(app))
    next(button for button in app.button if button.label == "Keep only these").click()
    check(app.run())
    assert app.selectbox(key="scaled").value == "all the others"


def test_a_network_without_maps_has_sentences_instead() -> None:
    app = open_app(network="mlp", weights="Untrained")
    check(app.run())
    assert "cannot show where in the picture the evidence lies" in texts(app)
    check(app.switch_page(str(PAGES["feature_maps"])).run())
    assert "It has no place in the picture" in texts(app)
    for layer in app.selectbox(key="layer").options:
        check(app.selectbox(key="layer").set_value(layer).run())
        assert f"of {layer} is " in texts(app)


@pytest.mark.parametrize("category", ["cat", "dog"])
def test_a_network_with_one_logit_explains_both_of_its_classes(category: str) -> None:
    app = open_app(network="basic_cnn", weights="Untrained")
    check(app.run())
    check(app.selectbox(key="class").set_value(category).run())
    assert f"evidence for “{category}”" in texts(app)
    check(app.switch_page(str(PAGES["feature_maps"])).run())


@pytest.mark.parametrize("scale", ["layer", "channel", "network"])
def test_every_order_and_every_scale(scale: str) -> None:
    app = open_app(network="pocket_resnet")
    app.run()
    app.switch_page(str(PAGES["feature_maps"])).run()
    app.selectbox(key="layer").set_value("layer2.0.bn1")
    app.session_state["scale"] = scale
    for order in ORDERS:
        app.session_state["order"] = order
        check(app.run())


@pytest.mark.parametrize("sample", ["coffee", "bars", "rings", "gradients", "digit"])
def test_samples(sample: str) -> None:
    app = open_app(sample=sample)
    check(app.run())
    assert app.selectbox(key="sample").value == sample


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The channel that the bar says, each time it is drawn."""
    found: list[int] = []
    draw = channel.channel_number

    def record(number: int, last: int, key: str, on_choose: Callable[[int], None]) -> None:
        assert 0 <= number <= last
        found.append(number)
        draw(number, last, key, on_choose)

    monkeypatch.setattr(bar, "channel_number", record)
    return found


def test_settings_that_do_not_exist_are_said_and_the_rest_is_restored(numbers: list[int]) -> None:
    asked = {"network": "resnet19", "sample": "nobody", "weights": "Stolen", "layer": "layer9", "class": "catt"}
    app = open_app(channel="4", order="up", **asked)
    check(app.run())
    assert app.selectbox(key="network").value == FIRST_NETWORK
    said = texts(app)
    assert "The link asks for network=resnet19. There is no network 'resnet19'. Nearest: 'resnet18'." in said
    assert "The link asks for class=catt, which is not to be had here. Nearest: 'crate'." in said
    for setting in ("sample=nobody", "weights=Stolen"):
        assert f"The link asks for {setting}, which is not to be had here." in said
    check(app.selectbox(key="class").set_value("tabby").run())
    assert "class=catt" not in texts(app)
    assert "network=resnet19" in texts(app)
    check(app.switch_page(str(PAGES["feature_maps"])).run())
    assert "The link asks for layer=layer9, which is not to be had here. " in texts(app)
    assert numbers[-1] == 4
    assert "The link asks for order=up, which is not to be had here." in texts(app)
    check(app.selectbox(key="network").set_value("lenet5").run())
    assert "The link asks for layer" not in texts(app)  # that it is not there now is no link's fault


def test_the_channel_stays_possible_when_the_layer_changes(numbers: list[int]) -> None:
    app = open_app(network="pocket_resnet")
    app.run()
    app.switch_page(str(PAGES["feature_maps"])).run()
    app.selectbox(key="layer").set_value("layer4").run()
    app.session_state["channel"] = 200
    check(app.run())
    check(app.selectbox(key="layer").set_value("layer1").run())
    check(app.selectbox(key="layer").set_value("layer4").run())
    assert numbers[-3:] == [200, 31, 200]


def test_every_page_stays_usable_when_the_network_changes() -> None:
    app = open_app(network="pocket_resnet", layer="layer4", channel="200", **{"class": "dog"})
    check(app.run())
    check(app.switch_page(str(PAGES["feature_maps"])).run())
    app.selectbox(key="network").set_value("squeezenet1_1")
    app.button_group(key="weights").set_value("Untrained")
    check(app.run())
    assert app.title[0].value == "Feature maps"
    assert app.selectbox(key="layer").value != "layer4"
    assert app.selectbox(key="class").value is None  # ImageNet has many dogs, but no "dog"
    check(app.switch_page(str(PAGES["overview"])).run())
    assert "SqueezeNet" in app.title[0].value


def test_untrained_weights_are_labelled_wherever_they_answer() -> None:
    app = open_app(weights="Untrained")
    check(app.run())
    assert "untrained" in app.title[0].value
    assert any("Untrained" in warning.value for warning in app.warning)
    check(app.switch_page(str(PAGES["feature_maps"])).run())
    assert any("Untrained" in warning.value for warning in app.warning)


def test_a_class_can_be_searched_by_name() -> None:
    app = open_app()
    app.run()
    check(app.selectbox(key="class").set_value("church").run())
    assert "evidence for “church”" in texts(app)


@pytest.mark.parametrize("page", ["overview", "feature_maps"])
def test_weights_that_are_not_here_are_offered_on_every_page_that_needs_them(page: str) -> None:
    app = open_app(network="resnet50")
    check(app.run())
    check(app.switch_page(str(PAGES[page])).run())
    assert not app.title
    assert "are not on this machine yet" in texts(app)
    assert any(button.label.startswith("Fetch ResNet-50 (") for button in app.button)
    check(app.button_group(key="weights").set_value("Untrained").run())
    assert app.title


@pytest.mark.parametrize("network", ["pocket_resnet", "resnet50"])
def test_the_weights_page_opens_whether_or_not_the_chosen_network_is_here(network: str, tmp_path: Path) -> None:
    app = open_app(network=network)
    check(app.run())
    check(app.switch_page(str(PAGES["weights"])).run())
    assert [title.value for title in app.title] == ["Weights"]
    table = app.dataframe[0].value
    assert list(table["Network"].drop_duplicates()) == [info.title for info in CATALOG.values()]
    where = dict(zip(table["Network"], table["Where"], strict=True))
    assert {where[CATALOG[name].title] for name in OWN} == {"comes with the program"}
    assert where["ResNet-50"] == "to be fetched"
    assert str(tmp_path) in texts(app)


def test_missing_weights_of_the_project_are_not_offered_for_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_app().run()  # the process has started with all its weights; these were lost later
    caches.caches.clear()  # type: ignore[attr-defined]  # whatever other tests have opened
    monkeypatch.setattr(project, "assets", lambda: tmp_path)
    app = open_app(network="mlp")
    app.run()
    assert not app.exception
    assert not app.title
    assert "mlp.safetensors" in texts(app)
    assert not any(button.label.startswith("Fetch") for button in app.button)  # there is no address
    app.switch_page(str(PAGES["weights"])).run()
    assert not app.exception
    assert app.title[0].value == "Weights"


@pytest.mark.parametrize("broken", ["a score", "a kernel"])
def test_an_own_checkpoint_with_values_that_are_no_numbers_is_told_so_and_can_be_followed(broken: str) -> None:
    name, shape = ("fc.bias", (11,)) if broken == "a score" else ("conv1.weight", (32, 3, 7, 7))
    app = open_app(weights="Own")
    check(app.run())
    assert "Looking for your network in this browser" in texts(app)  # which may have one of an earlier visit
    upload = checkpoint("pocket_resnet", **{name: torch.full(shape, torch.nan)})
    check(app.file_uploader(key="checkpoint").set_value(upload).run())
    assert "Some of its scores are no finite numbers" in texts(app)
    assert "of its values are NaN" in texts(app)
    check(app.switch_page(str(PAGES["feature_maps"])).run())
    assert app.title[0].value == "Feature maps"
    for layer in ("conv1", "layer4", "fc"):
        check(app.selectbox(key="layer").set_value(layer).run())
    for key, values in (("order", ORDERS), ("scale", SCALES)):
        for value in values:
            app.session_state[key] = value
            check(app.run())
    for page in ("convolution", "pooling", "classifier"):
        check(app.switch_page(str(PAGES[page])).run())
    assert "no finite numbers" in texts(app)


def test_how_an_own_network_s_pictures_are_prepared_is_said_and_can_be_chosen() -> None:
    app = open_app(weights="Own")
    app.run()
    check(app.file_uploader(key="checkpoint").set_value(checkpoint("basic_cnn")).run())
    assert "Pictures are prepared as usual for Basic CNN, which is assumed" in texts(app)
    check(app.selectbox(key="preparation").set_value("half").run())
    assert "Pictures are prepared as you said, “half”. That is: shorter side to 64 pixels" in texts(app)
    assert "which is assumed" not in texts(app)
    check(app.selectbox(key="preparation").set_value(None).run())


def test_between_two_ways_that_nothing_decides_a_button_does() -> None:
    app = open_app(weights="Own")
    app.run()
    statistics = {"bn1.running_mean": torch.full((32,), 0.1), "bn1.running_var": torch.full((32,), 9.0)}
    check(app.file_uploader(key="checkpoint").set_value(checkpoint("pocket_resnet", **statistics)).run())
    assert "its first batch norm remembers none of the usual ways" in texts(app)
    offered = [button for button in app.button if button.label.startswith("Prepare them ")]
    assert len(offered) == 2
    check(offered[1].click().run())
    assert "Pictures are prepared as you said, “" in texts(app)
    assert not [button for button in app.button if button.label.startswith("Prepare them ")]


def test_a_place_that_is_not_there_falls_back_to_the_strongest_value() -> None:
    app = open_app(network="pocket_resnet", layer="layer1.0.conv1", unit_y="900", unit_x="-3", unit_input="4000")
    app.run()
    check(app.switch_page(str(PAGES["convolution"])).run())
    _, y, x = strongest(app.session_state["selection"].trace, "layer1.0.conv1", 0)
    assert f"at y {y}, x {x}" in texts(app)
    assert app.number_input(key="unit_input").value is None


def test_a_question_is_answered_right_and_wrong() -> None:
    app = open_app(network="pocket_resnet", layer="layer2.0.conv1", convolution_view="What to know about it")
    app.run()
    check(app.switch_page(str(PAGES["convolution"])).run())
    sizes = next(radio for radio in app.radio if "How high are the maps" in radio.label)
    assert not app.success
    check(sizes.set_value("20").run())  # floor((40 + 2 - 3) / 2) + 1
    assert any("Yes: 20" in success.value.replace("\\", "") for success in app.success)
    sizes = next(radio for radio in app.radio if "How high are the maps" in radio.label)
    check(sizes.set_value(next(answer for answer in sizes.options if answer != "20")).run())
    assert any("Look again" in warning.value for warning in app.warning)


def test_an_exchange_that_takes_long_is_made_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app()
    app.run()
    leave_to_a_button(monkeypatch)
    app.query_params["pooling_view"] = "Another kind here"
    check(app.switch_page(str(PAGES["pooling"])).run())
    assert "| Survives |" not in texts(app)
    button = next(button for button in app.button if button.label.startswith("Exchange it: "))
    check(button.click().run())
    assert "| Survives |" in texts(app)
    assert not [button for button in app.button if button.label.startswith(("Exchange it", "Cancel"))]
    check(app.run())
    assert "| Survives |" in texts(app)


def test_pictures_come_in_at_the_camera_s_size_and_of_every_kind_up_to_a_limit() -> None:
    app = open_app(picture="Camera")
    check(app.run())
    assert "Take a photograph, or choose another picture" in texts(app)
    (camera,) = app.get("camera_input")
    assert camera.proto.resolution_height == 1080  # 0 is what fits into the sidebar
    uploader = app.file_uploader(key="file").proto
    assert uploader.max_upload_size_mb == MAX_BYTES / 2**20 == 50
    assert {".heic", ".tif", ".avif"} <= {*uploader.type}


def test_a_heic_comes_through_the_uploader_so_that_its_sentence_is_seen() -> None:
    app = open_app(picture="Upload")
    check(app.run())
    broken = "phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"
    app.file_uploader(key="file").set_value(broken).run()
    assert not app.exception
    assert "'phone.heic' is a HEIC picture" in texts(app)


def test_notes_on_an_uploaded_picture_are_beside_it() -> None:
    deep = io.BytesIO()
    Image.fromarray(np.arange(0, 3000, 3, dtype=np.uint16).reshape(25, 40)).save(deep, "TIFF")
    app = open_app(picture="Upload")
    check(app.run())
    check(app.file_uploader(key="file").set_value(("cells.tif", deep.getvalue(), "image/tiff")).run())
    assert "16-bit grey stretched from 0..2,997" in texts(app)


def test_a_drawing_is_offered_a_network_that_reads_digits() -> None:
    app = open_app(picture="Draw")
    app.run()
    (button,) = [button for button in app.button if button.label == "Take LeNet-5, which reads digits"]
    button.click()
    app.run()
    assert app.selectbox(key="network").value == "lenet5"
    assert not [button for button in app.button if button.label.startswith(("Take LeNet-5", "Draw a digit"))]


def test_a_network_of_few_classes_is_offered_a_sample_that_it_knows() -> None:
    app = open_app(network="basic_cnn", sample="coffee")
    check(app.run())
    assert "Basic CNN has no word for a cup of coffee" in app.title[0].value
    app.button(key="known").click()
    check(app.run())
    assert app.selectbox(key="sample").value == "chelsea"
    assert app.title[0].value.startswith("Basic CNN sees")
    assert not [button for button in app.button if button.key == "known"]
    check(app.selectbox(key="network").set_value("lenet5").run())
    assert app.title[0].value.startswith("There is no digit to read")
    app.button(key="known").click()
    check(app.run())
    assert app.title[0].value.startswith("LeNet-5 sees")
