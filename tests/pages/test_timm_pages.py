"""Networks of timm on the pages: one that is chosen by a link, one without a classifier, one that cannot be opened."""

from __future__ import annotations

import pytest

from explorer.loading.catalog import FIRST_NETWORK

from .apps import check, leave_to_a_button, open_app, texts
from .test_every_network import open_every_page

pytestmark = pytest.mark.slow


def test_every_page_opens_with_a_network_of_timm(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_to_a_button(monkeypatch)
    open_every_page("timm/test_byobnet", "Untrained")


def test_a_network_without_a_classifier_shows_all_but_predictions() -> None:
    app = open_app(network="timm/test_convnext_no_head", weights="Untrained")
    check(app.run())


def test_a_link_to_a_transformer_says_why_it_is_not_opened() -> None:
    app = open_app(network="timm/test_vit", weights="Untrained")
    app.run()
    assert app.selectbox(key="network").value == FIRST_NETWORK
    said = texts(app)
    assert "The link asks for network=timm/test_vit. 'timm/test_vit' cannot be opened. Transformers (ViT, " in said
