"""What a network is compared with where nobody has said."""

from __future__ import annotations

from collections.abc import Callable

from explorer.loading.catalog import CATALOG
from explorer.loading.load import pretrained_is_here
from explorer.loading.partner import partner
from explorer.networks.network import Network


def everywhere(name: str) -> bool:
    return name in CATALOG


def nowhere(name: str) -> bool:
    return False


def test_a_trained_network_is_compared_with_itself_before(pocket: Network) -> None:
    for is_here in (everywhere, nowhere):
        assert partner(pocket, is_here)[:2] == (None, "Untrained")


def test_an_untrained_one_with_itself_after_where_that_is_here(random_network: Callable[[str], Network]) -> None:
    network = random_network("resnet18")
    assert partner(network, everywhere)[:2] == (None, "Trained")
    family = [name for name, info in CATALOG.items() if info.family == CATALOG["resnet18"].family]
    for name in family[1:]:
        found = partner(network, lambda other, name=name: other == name)  # type: ignore[misc]
        assert found == (name, "Trained", CATALOG[name].title)
    found = partner(network, nowhere)
    assert found.network in family
    assert found.network != "resnet18"
    assert found.weights == "Untrained"
    assert abs(family.index(found.network) - family.index("resnet18")) == 1


def test_a_network_of_no_catalogue_is_compared_with_one_that_everybody_has(tiny: Network) -> None:
    found = partner(tiny, pretrained_is_here)
    assert found[:2] == ("pocket_resnet", "Trained")
