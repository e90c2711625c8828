"""The page on applications: what it shows, and what it says where there is nothing to show."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer.pictures.made_sounds import KINDS
from tests.clips import animation
from tests.sounds import FLOAT, tone, wav

from .apps import PAGES, check, leave_to_a_button, open_app, run_button, texts


def open_view(view: str, network: str = "pocket_resnet", sample: str = "chelsea") -> AppTest:
    app = open_app(network=network, sample=sample)
    app.run()
    app.query_params["application"] = view
    return app.switch_page(str(PAGES["applications"])).run()


def test_a_box_follows_the_threshold() -> None:
    app = open_view("Localisation")
    check(app)
    assert "The box is" in texts(app)
    before = texts(app)
    check(app.slider(key="application-threshold").set_value(0.8).run())
    assert texts(app) != before


@pytest.mark.parametrize("view", ["Localisation", "Segmentation"])
def test_a_network_without_maps_says_so_and_the_page_stays(view: str) -> None:
    app = open_view(view, "mlp", "digit")
    check(app)
    assert "has no feature maps" in texts(app)


def test_a_mask_is_offered_and_shares_that_cross_are_said() -> None:
    app = open_view("Segmentation", sample="coffee")
    check(app)
    assert "GrabCut moved" in texts(app)
    check(app.slider(key="mask-threshold").set_value(0.8).run())
    assert "What is sure begins below what is likely" in texts(app)


def test_the_nearest_are_found_at_the_chosen_layer() -> None:
    app = open_view("Image search")
    check(app)
    assert re.search(r"The nearest of \d+ pictures by the means of 256 channels of layer4 is “", texts(app))
    check(app.selectbox(key="layer").set_value("layer1").run())
    assert re.search(r"by the means of \d+ channels of layer1 is “", texts(app))
    check(app.selectbox(key="search-in").set_value("your own pictures").run())
    assert "There is no other picture to search in." in texts(app)


def test_a_layer_without_maps_is_searched_by_as_well() -> None:
    app = open_view("Image search", "mlp", "digit")
    check(app)
    assert "The nearest of" in texts(app)


def test_a_number_is_read_and_other_networks_offer_the_one_that_reads() -> None:
    app = open_view("Reading a number", sample="digit")
    check(app)
    assert "does not read digits" in texts(app)
    next(button for button in app.button if button.key == "reader").click()
    check(app.run())
    assert app.selectbox(key="network").value == "lenet5"
    assert "It reads 3. That is one digit, “3”, with" in texts(app)
    check(app.selectbox(key="sample").set_value("chelsea").run())
    assert "No digit found: nothing in the picture stands out" in texts(app)


def test_the_programs_own_clip_is_seen_without_a_click_and_one_class_can_be_followed() -> None:
    app = open_view("Video")
    check(app)
    assert "A walk past Chelsea the cat, Espresso, Raccoon, made by this program, 288 × 288 pixels: 40 frames" in texts(
        app
    )
    assert re.search(r"The answer (is “|changes \d+ time)", texts(app))
    shown = clip_data(app)
    assert len(shown["seconds"]) == len(shown["phrases"]) == 40
    assert all("; “" not in phrase for phrase in shown["phrases"])
    picker = app.selectbox(key="clip-evidence")
    check(picker.set_value(picker.options[1]).run())
    name = picker.options[1].strip("“”")
    assert any(f"; “{name}” has" in phrase for phrase in clip_data(app)["phrases"])
    check(app.slider(key="clip-frames").set_value(10).run())
    assert "40 frames; 10 of them, evenly." in texts(app)
    assert len(clip_data(app)["seconds"]) == 10


def test_what_takes_longer_waits_for_a_button_and_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    app = open_view("Video")
    check(app)
    assert not clips(app)
    run_button(app, "Look at 40 frames")
    check(app)
    first = clip_data(app)
    check(app.run())
    assert not [button for button in app.button if button.label.startswith("Look at")]
    assert clip_data(app)["phrases"] == first["phrases"]


def test_ones_own_clip_is_taken_and_one_that_cannot_be_read_says_why() -> None:
    app = open_view("Video")
    app.slider(key="clip-frames").set_value(50)
    check(app.file_uploader(key="clip").set_value(("moves.gif", animation("GIF", [40] * 90), "image/gif")).run())
    assert "moves.gif, 128 × 96 pixels: 90 frames; 50 of them, evenly." in texts(app)
    app.file_uploader(key="clip").set_value(("still.gif", animation("GIF", [40]), "image/gif")).run()
    assert [error.value for error in app.error] == [
        "'still.gif' has a single frame, so it is a picture. Choose it under “Picture”."
    ]
    assert not clips(app)


def test_a_network_without_maps_shows_the_clip_and_says_so() -> None:
    app = open_view("Video", "mlp", "digit")
    check(app)
    assert "has no feature maps" in texts(app)
    assert clip_data(app)["maps"] is None


def clips(app: AppTest) -> list[dict[str, Any]]:
    found = [json.loads(element.proto.json)[0] for element in app.get("bidi_component")]
    return [data for data in found if "phrases" in data]


def clip_data(app: AppTest) -> dict[str, Any]:
    (data,) = clips(app)
    return data


def test_a_made_sound_is_heard_at_once_whatever_network_is_chosen() -> None:
    app = open_view("A sound")
    check(app)
    assert "Sound CNN takes it for “pure tone”, " in texts(app)
    assert "Sound CNN has heard sounds made by code alone, of 9 kinds," in texts(app)
    assert len(app.get("audio")) == 1
    for kind in ("clicks", "falling chirp"):
        check(app.selectbox(key="sound").set_value(kind).run())
        assert f"Sound CNN takes it for “{kind}”, " in texts(app)
        assert re.search(r"is strongest around [012]\.\d\d s and [\d.]+ Hz", texts(app))
    for look in app.selectbox(key="sound-look").options:
        check(app.selectbox(key="sound-look").set_value(look).run())
    check(app.selectbox(key="sound-look").set_value("channel alone").run())
    check(app.selectbox(key="sound-layer").set_value("relu2").run())
    check(app.number_input(key="sound-channel").set_value(3).run())
    assert chart_title(app) == "Channel 3 of relu2"
    assert app.selectbox(key="network").value == "pocket_resnet"


def chart_title(app: AppTest) -> str:
    (drawn,) = app.get("plotly_chart")
    title: str = json.loads(drawn.proto.spec)["layout"]["title"]["text"]
    return title


def test_the_network_of_sounds_uses_what_the_bar_says() -> None:
    app = open_view("A sound", "sound_cnn", "digit")
    check(app)
    check(app.selectbox(key="sound-look").set_value("channel over it").run())
    check(app.selectbox(key="layer").set_value("conv3").run())
    assert chart_title(app) == "Channel 0 of conv3"
    check(app.selectbox(key="class").set_value("vibrato").run())
    assert "“vibrato”" in texts(app)
    assert not [box for box in app.selectbox if box.key == "sound-layer"]


def test_another_network_of_one_channel_hears_it_and_that_is_said() -> None:
    app = open_view("A sound", "lenet5", "digit")
    check(app)
    assert "LeNet-5 takes it for “" in texts(app)
    assert "nobody has trained it on sounds. Choose Sound CNN" in texts(app)
    app = open_view("A sound", "mlp", "digit")
    check(app)
    assert "has no feature maps" in texts(app)


def test_a_sound_of_ones_own_is_heard_and_what_is_none_gets_a_sentence() -> None:
    app = open_view("A sound")
    check(app.selectbox(key="sound").set_value("your own").run())
    assert "A sound of your own is not part of the link. Choose a WAV file or record one" in texts(app)
    for name, content in (
        ("long.wav", wav(tone(1000, 44_100, 4), 44_100)),
        ("nan.wav", wav(np.full(9, np.nan), code=FLOAT, bits=32)),
    ):
        app.file_uploader(key="sound-file").set_value((name, content, "audio/wav")).run()
        if name == "long.wav":
            check(app)
            assert "Sound CNN takes it for “pure tone”, " in texts(app)
            slider = next(one for one in app.slider if one.key.startswith("sound-start-"))
            check(slider.set_value(1.6).run())
            assert "From second 1.6 to 3.648 of 4: " in texts(app)
            assert "44,100 samples a second were brought to 8,000." in texts(app)
            check(app.switch_page(str(PAGES["saliency"])).run())
            check(app.switch_page(str(PAGES["applications"])).run())
            assert "of 4: " in texts(app)  # it is still there
    assert [error.value.replace("\\", "") for error in app.error] == [
        "'nan.wav' has 9 samples of 9 that are no finite numbers. Choose another file."
    ]


def test_other_pages_open_with_the_sound_and_the_network_that_reads_it() -> None:
    app = open_view("A sound")
    check(app.selectbox(key="sound").set_value("vibrato").run())
    next(button for button in app.button if button.key == "sound-to-feature_maps").click()
    check(app.run())
    assert app.title[0].value == "Feature maps"
    assert app.selectbox(key="network").value == "sound_cnn"
    assert app.radio(key="picture").value == "Upload"
    for page in ("saliency", "convolution", "overview"):
        check(app.switch_page(str(PAGES[page])).run())
    assert "Sound CNN hears: vibrato, " in texts(app)


def test_every_kind_is_offered() -> None:
    app = open_view("A sound")
    assert app.selectbox(key="sound").options == [*KINDS, "your own"]


def test_a_network_of_sounds_that_is_shown_something_else_offers_a_sound() -> None:
    app = open_app(network="sound_cnn", sample="chelsea")
    check(app.run())
    assert "There is no sound to hear: Sound CNN must choose among 9 kinds all the same, and says " in texts(app)
    assert "The network reads spectrograms of sounds, and this picture is none" in texts(app)
    next(button for button in app.button if button.label == "Give it a sound").click()
    check(app.run())
    assert "Sound CNN takes it for “pure tone”, " in texts(app)
