"""The kernel lab as a section of a page: without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from explorer.convolution.kernels import as_text, named_kernel
from explorer.convolution.recipes import RECIPES
from explorer.ui.frame.boundary import plain

pytestmark = pytest.mark.slow  # a page


def _section(name: str, picture: str) -> None:
    from explorer.pictures.samples import load_sample
    from explorer.ui.convolution.lab import kernel_lab
    from explorer.ui.frame.session import Selection, network

    kernel_lab(Selection(load_sample(picture), network(name, "project"), None))


def section(network: str = "pocket_resnet", picture: str = "chelsea", **settings: str) -> AppTest:
    """The section as a page of its own, opened with a link."""
    app = AppTest.from_function(_section, default_timeout=60, args=(network, picture))
    for key, value in settings.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    """All that is written there, as a reader sees it."""
    return " ".join(element.value for element in [*app.markdown, *app.caption]).replace("\\", "")


def test_every_kernel_can_be_chosen() -> None:
    app = section()
    names = [*RECIPES, "typed", "filter of the first layer"]
    assert app.selectbox(key="lab_kernel").options == names
    for name in names:
        app.selectbox(key="lab_kernel").set_value(name).run()
        assert not app.exception
        assert not app.error
        assert "✓" in said(app)
        assert "✗" not in said(app)
        assert app.radio[0].options == list(dict.fromkeys(app.radio[0].options))


def test_what_is_typed_wrong_can_be_corrected() -> None:
    app = section(lab_kernel="typed", lab_typed="1 x")
    assert [error.value for error in app.error] == [
        plain(
            "'x' in row 1 is not a number. Type numbers such as 2, -0.5 or 1/9, with spaces between them and a ; after "
            "each row."
        )
    ]
    app.text_area(key="lab_typed").set_value("0 0; 0 0").run()
    assert not app.error
    assert "All values are 0." in said(app)
    app.text_area(key="lab_typed").set_value("").run()  # the example stands there in its stead
    assert "16 weights" not in said(app)
    assert "9 weights, which add up to 16" in said(app)


def test_a_recipe_can_be_changed_by_hand() -> None:
    app = section(lab_kernel="Gaussian", lab_size="5")
    app.button(key="lab-edit").click().run()
    assert app.selectbox(key="lab_kernel").value == "typed"
    assert app.text_area(key="lab_typed").value == as_text(named_kernel("Gaussian", 5).weights[0])
    assert "Typed, 5 × 5, laid over luminance: 156 × 156 values" in said(app)


def test_a_window_that_does_not_fit_is_told_and_can_be_corrected() -> None:
    app = section("lenet5", "digit", lab_kernel="box", lab_size="15", lab_dilation="3")
    assert [error.value for error in app.error] == [
        plain(
            "This kernel with dilation 3 spans 43 × 43 pixels, and the picture with its padding has 32 × 32: the "
            "result would have no value. Choose a smaller kernel, less dilation or more padding."
        )
    ]
    app.number_input(key="lab_padding").set_value(6).run()
    assert not app.error
    assert "2 × 2 values" in said(app)


@pytest.mark.parametrize(
    ("network", "picture"), [("pocket_resnet", "chelsea"), ("lenet5", "digit"), ("basic_cnn", "chelsea")]
)
def test_the_network_s_own_filters_tick_unless_it_does_otherwise(network: str, picture: str) -> None:
    app = section(network, picture, lab_kernel="filter of the first layer", lab_filter="3")
    assert "values are what the network recorded as channel 3 of" in said(app)
    app.toggle(key="lab_other").set_value(True).run()
    app.number_input(key="lab_stride").set_value(3).run()
    assert not app.error
    assert "it recorded nothing to compare with" in said(app)


def test_a_network_of_dense_layers_has_the_lab_without_filters() -> None:
    app = section("mlp", "digit", lab_kernel="filter of the first layer")
    assert not app.error
    assert "filter of the first layer" not in app.selectbox(key="lab_kernel").options
    assert app.selectbox(key="lab_source").options == ["brightness"]
