"""Bringing one's own network, as people do it: a real server, a real browser."""

from __future__ import annotations

import io
import json
import re

import torch
from playwright.sync_api import Locator, Page, expect

from explorer.networks.vision import torchvision
from tests.e2e.chromium import wait_idle
from tests.e2e.visit import (
    LONG,
    OpenPage,
    expect_alert,
    expect_setting,
    expect_text,
    expect_title,
    go,
    open_card,
    open_from_menu,
)
from tests.keras_files import course
from tests.onnx_files import convolutional

CLASSES = ("a *starfish*", "Kaffee & Kuchen", "第三")


def own_weights() -> bytes:
    """SqueezeNet with three classes, as a training script might have saved it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = torchvision.models.squeezenet1_1(num_classes=3).state_dict()
    file = io.BytesIO()
    torch.save({"epoch": 7, "state_dict": {f"module.{key}": value for key, value in state.items()}}, file)
    return file.getvalue()


def saved(state: dict[str, torch.Tensor]) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def bring(page: Page, content: bytes, name: str, key: str = "checkpoint") -> None:
    page.locator(f".st-key-{key} input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    expect(page.locator(f".st-key-{key} [data-testid=stFileChipName]").last).to_be_visible(timeout=LONG)
    wait_idle(page)


def ranking(page: Page) -> Locator:
    return page.locator(".answer .name")


def test_an_own_network_is_recognised_and_has_the_names_that_one_gives(
    server: str, page: Page, open_page: OpenPage
) -> None:
    go(page, f"{server}/?weights=Own")
    expect_text(page, "Choose a file in the sidebar")
    bring(page, own_weights(), "mine.pth")
    expect_title(page, "^SqueezeNet 1.1 has no words for its classes, and says class ")
    expect_setting(page, "network=squeezenet1_1")
    assert sorted(ranking(page).all_inner_texts()) == ["class 0", "class 1", "class 2"]
    bring(page, "\n".join(CLASSES).encode(), "names.txt", "names")
    expect_title(page, "^SqueezeNet 1.1 .*(" + "|".join(map(re.escape, CLASSES)) + "), ")
    assert sorted(ranking(page).all_inner_texts()) == sorted(CLASSES)  # as they are, not as Markdown
    open_from_menu(page, "Feature maps")
    expect_title(page, "Feature maps")
    open_from_menu(page, "Overview")
    expect_title(page, "^SqueezeNet 1.1 has no words? for ")
    assert sorted(ranking(page).all_inner_texts()) == sorted(CLASSES)  # it came along

    other = open_page()
    go(other, page.url)  # who gets the link does not get the file
    expect_text(other, "Choose a file in the sidebar")
    assert other.locator("h1").count() == 0
    assert CLASSES[1] not in other.content()

    page.reload()
    wait_idle(page)
    expect_text(page, "Choose a file in the sidebar")
    assert page.locator("h1").count() == 0


def no_networks() -> list[tuple[bytes, str, str]]:
    """Files, their names, and what is said of them."""
    return [
        (b"these are no weights", "x.pth", "'x.pth' is neither of the two kinds of file that can be read"),
        (b"", "empty.pth", "'empty.pth' is empty"),
        (own_weights()[:200_000], "cut.pth", "'cut.pth' is damaged"),
        (
            saved({"class_token": torch.zeros(1, 1, 8), "encoder.layers.encoder_layer_0.ln_1.weight": torch.ones(8)}),
            "vit.pth",
            "is of a transformer, which has no feature maps",
        ),
        (saved({"a": torch.ones(2), "b": torch.ones(2)}), "*b* [x](y) $z$.pth", "are named like those of no network"),
    ]


def test_a_file_that_is_no_network_gives_a_sentence_and_the_visit_goes_on(server: str, page: Page) -> None:
    go(page, f"{server}/?weights=Own")
    for content, name, says in no_networks():
        bring(page, content, name)
        expect_alert(page, says)
        assert page.locator("h1").count() == 0
    open_card(page, "network")
    page.locator(".st-key-weights").get_by_text("Trained", exact=True).click()
    expect_title(page, "^EfficientNet-Lite0 sees: ")
    expect(page.locator(".st-key-network-card-needed")).to_have_count(0)  # there is nothing to be done in it any more
    open_card(page, "network")
    page.locator(".st-key-weights").get_by_text("Own", exact=True).click()
    wait_idle(page)
    bring(page, own_weights(), "mine.pth")
    expect_title(page, "^SqueezeNet 1.1 has no words for its classes, and says class ")


def test_pictures_are_prepared_field_by_field(server: str, page: Page) -> None:
    go(page, f"{server}/?weights=Own")
    bring(page, own_weights(), "mine.pth")
    expect_text(page, "prepared as for IMAGENET1K_V1 of SqueezeNet 1.1, which is assumed")
    page.get_by_role("button", name="Field by field").click()
    page.get_by_label("Middle, pixels").fill("300")
    page.get_by_label("Mean, of values from 0 to 1").fill("0.5")
    page.get_by_role("button", name="Prepare them so").click()
    expect_alert(page, "Crop (300) must not be larger than resize (256).")
    page.get_by_label("Middle, pixels").fill("192")
    page.get_by_role("button", name="Prepare them so").click()
    expect_text(page, "the middle 192 × 192, values from 0 to 1 less 0.5, divided by (0.229, 0.224, 0.225), RGB.")
    expect_title(page, "^SqueezeNet 1.1 has no words for its classes, and says class ")
    assert page.get_by_text("which is assumed").count() == 0


def test_a_wrong_number_of_names_gives_a_sentence_and_the_visit_goes_on(server: str, page: Page) -> None:
    go(page, f"{server}/?weights=Own")
    bring(page, own_weights(), "mine.pth")
    expect_title(page, "^SqueezeNet 1.1 has no words for its classes, and says class ")
    bring(page, b"one\ntwo\n", "names.txt", "names")
    expect_alert(page, "has 2 names; this network has 3 classes: one name for each is needed")
    expect_title(page, "^SqueezeNet 1.1 has no words for its classes, and says class ")  # what was there before
    page.locator(".st-key-names [data-testid=stFileChipDeleteBtn] button").click()
    bring(page, b'["one", "two", "three"]', "names.json", "names")
    expect_title(page, "^SqueezeNet 1.1 has no word for a cat: .* says (one|two|three), ")


def test_a_configuration_comes_beside_the_weights(server: str, page: Page) -> None:
    go(page, f"{server}/?weights=Own")
    bring(page, own_weights(), "mine.pth")
    expect_text(page, "which is assumed")
    said = {"image_mean": [0.5] * 3, "image_std": [0.25] * 3, "id2label": {"0": "one", "1": "two", "2": "three"}}
    bring(page, json.dumps(said).encode(), "preprocessor_config.json", "names")
    expect_text(page, "Pictures are prepared as preprocessor_config.json beside the file says.")
    expect_text(page, "values from 0 to 1 less 0.5, divided by 0.25, RGB.")
    expect_title(page, "^SqueezeNet 1.1 has no word for a cat: .* says (one|two|three), ")
    assert page.get_by_text("which is assumed").count() == 0


def test_another_network_than_the_file_s_is_refused_until_the_right_one_is_chosen(server: str, page: Page) -> None:
    go(page, f"{server}/?weights=Own")
    bring(page, own_weights(), "mine.pth")
    expect_title(page, "^SqueezeNet 1.1 has no words? for ")
    page.get_by_role("button", name="Browse all by family").click()
    expect(page.locator(".picker input")).to_be_focused(timeout=LONG)
    page.keyboard.type("lenet")
    page.keyboard.press("Enter")
    expect_alert(page, "The file holds the weights of SqueezeNet 1.1, not of LeNet-5.")
    expect_title(page, "^SqueezeNet 1.1 has no words? for ")  # what was there before
    page.get_by_role("button", name="Use SqueezeNet 1.1").click()
    expect_title(page, "^SqueezeNet 1.1 has no words? for ")


def test_files_of_whole_networks_open(server: str, page: Page) -> None:
    go(page, f"{server}/?weights=Own")
    bring(page, convolutional(), "whole.onnx")
    expect_title(page, "^whole has no words for its classes, and says class ")
    bring(page, course(), "course.keras")
    expect_title(page, "^course has no words for its classes, and says class ")
    open_from_menu(page, "Convolution")
    expect_title(page, "Convolution")
    expect_text(page, "✓")
    bring(page, convolutional()[:300], "cut.onnx")
    expect_alert(page, "'cut.onnx' ")
    expect_title(page, "Convolution")  # what was there before
