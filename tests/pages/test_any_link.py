"""Whatever a link says, the pages are there, or say in a sentence what is not: the same few links each time."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.damage import reworded

from .apps import PAGES, open_app

# what the pages read of a link, with something that is right
SAID = {
    "network": ("lenet5", "pocket_resnet"), "weights": ("Trained", "Untrained", "Own"), "set": ("IMAGENET1K_V1",),
    "picture": ("Sample", "Draw"), "sample": ("digit", "chelsea"), "class": ("3", "tabby"), "layer": ("c1", "layer1"),
    "channel": ("5", "0"), "view": ("Statistics", "Maps"), "method": ("grad_cam", "lrp"), "teacher": ("a token",),
    "preparation": ("half,crop=192",), "order": ("Mean", "Strongest"), "switched": ("2", "2,5"), "factor": ("0.5",),
    "own": ("3fa9c1d2",),
}  # fmt: skip
LINKS = st.dictionaries(st.sampled_from(sorted(SAID)), st.none(), max_size=5).flatmap(
    lambda keys: st.fixed_dictionaries(
        {key: st.one_of(st.sampled_from(SAID[key]), reworded(SAID[key])) for key in keys}
    )
)


@pytest.mark.parametrize("page", ["overview", "feature_maps", "saliency", "switchboard", "server"])
def test_a_page_opens_by_any_link(page: str) -> None:
    @settings(max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(LINKS)
    def opens(query: dict[str, str]) -> None:
        app = open_app(**{"network": "lenet5", **query})
        app.run()
        if page != "overview":
            for key, value in query.items():
                app.query_params[key] = value
            app.switch_page(str(PAGES[page])).run()
        assert not app.exception, app.exception
        assert not [error.value for error in app.error if "should not have" in error.value]

    opens()
