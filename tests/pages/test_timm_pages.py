"""Networks of timm on the pages: one that is chosen by a link, one without a classifier, one that cannot be opened."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import safetensors.torch
import torch

from explorer.loading.catalog import FIRST_NETWORK
from explorer.loading.published import VARIABLE
from explorer.loading.sources import timm as source
from explorer.networks import vision  # noqa: F401  # before timm imports torchvision

from .apps import PAGES, check, leave_to_a_button, open_app, texts
from .test_every_network import open_every_page

pytestmark = pytest.mark.slow


def test_every_page_opens_with_a_network_of_timm(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    open_every_page("timm/test_byobnet", "Untrained")


def test_a_network_without_a_classifier_shows_all_but_predictions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import timm

    monkeypatch.setenv(VARIABLE, str(tmp_path))
    safetensors.torch.save_file(
        timm.create_model("convnextv2_atto", num_classes=0).state_dict(), tmp_path / "convnextv2_atto.fcmae.safetensors"
    )
    app = open_app(network="timm/convnextv2_atto", weights="Trained", set="fcmae")
    check(app.run())
    assert app.title[0].value == "timm/convnextv2\\_atto describes the picture in 320 numbers"
    for page in ("feature_maps", "architecture", "filters", "convolution"):
        check(app.switch_page(str(PAGES[page])).run())
        check(app.selectbox(key="layer").set_value(app.selectbox(key="layer").options[0]).run())
        assert "has no classifier" not in texts(app)
    assert "A tick: worked out in double precision" in texts(app)
    for page in ("overview", "pooling", "switchboard", "classifier", "saliency"):
        check(app.switch_page(str(PAGES[page])).run())
        said = texts(app)
        assert "timm/convnextv2_atto has no classifier: it ends in 320 numbers that describe the picture" in said
        assert "class 0" not in said
        assert "likeliest" not in said
        assert "Evidence for" not in said


def test_weights_that_are_not_here_are_offered_with_their_licence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    app = open_app(network="timm/resnet50d", weights="Trained")
    check(app.run())
    said = texts(app)
    assert (
        "The trained weights of timm/resnet50d are not on this machine yet. Fetch them (this asks huggingface.co; "
        in said
    )
    assert "licence: Apache-2.0), put the file resnet50d.ra2_in1k.safetensors into " in said
    assert any(button.label.startswith("Fetch timm/resnet50d (102 MB)") for button in app.button)


def test_where_timm_is_not_installed_the_page_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(source, "version", missing)
    app = open_app(network="timm/resnet50d", weights="Untrained")
    app.run()
    assert "pip install timm==1.0.31" in texts(app)
    assert not app.exception


def test_a_link_to_a_transformer_says_why_it_is_not_opened() -> None:
    app = open_app(network="timm/test_vit", weights="Untrained")
    app.run()
    assert app.selectbox(key="network").value == FIRST_NETWORK
    said = texts(app)
    assert "The link asks for network=timm/test_vit. 'timm/test_vit' cannot be opened. Transformers (ViT, " in said


def test_a_checkpoint_of_ones_own_is_that_of_the_network_of_timm_that_was_chosen() -> None:
    """Its names are those of torchvision's networks, too."""
    import timm

    app = open_app(network="timm/resnet18", weights="Own")
    check(app.run())
    content = safetensors.torch.save(timm.create_model("resnet18", num_classes=3).state_dict())
    app.file_uploader(key="checkpoint").set_value(("mine.safetensors", content, "application/octet-stream"))
    check(app.run())
    assert app.selectbox(key="network").value == "timm/resnet18"
    assert app.selectbox(key="class").options == ["class 0", "class 1", "class 2"]


def test_weights_of_timm_that_are_here_are_listed_with_their_licence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import timm

    monkeypatch.setenv(VARIABLE, str(tmp_path))
    file = tmp_path / "timm" / "test_resnet.r160_in1k.safetensors"
    file.parent.mkdir()
    safetensors.torch.save_file(timm.create_model("test_resnet").state_dict(), file)
    app = open_app(network="timm/test_resnet")
    check(app.run())
    assert not app.title[0].value.startswith("timm/test\\_resnet, untrained")
    check(app.switch_page(str(PAGES["weights"])).run())
    table = app.dataframe[0].value
    row = table[table["Network"] == "timm/test_resnet"].iloc[0]
    assert (row["Set"], row["Licence"], row["Where"]) == ("r160_in1k", "Apache-2.0", f"in {VARIABLE}")
