"""Networks of hundreds of shortcuts."""

from __future__ import annotations

from tests.unusual import made


def test_a_channel_is_followed_through_any_number_of_shortcuts() -> None:
    """Where every block mixes all channels, each sees what its layer does."""
    network = made("many_shortcuts")
    *_, last = (name for name in network.layers if network.layer(name).kind == "addition")
    assert network.field(last, 2) == network.layer(last).receptive_field
