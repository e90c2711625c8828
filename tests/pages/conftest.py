"""What every page test begins with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explorer.loading import load as loading
from explorer.networks.network import Network


@pytest.fixture(autouse=True)
def _no_weights_but_the_project_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("EXPLORER_WEIGHTS_DIR", raising=False)


@pytest.fixture(autouse=True)
def _the_program_stays_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is run as `__main__`, which a process that a later test starts would import."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def _untrained_networks_are_shared(random_network: Callable[[str], Network], monkeypatch: pytest.MonkeyPatch) -> None:
    """The app draws the untrained networks from those that all tests share."""
    load = loading.load_network

    def shared(name: str, weights: str = "pretrained", *rest: Any, **others: Any) -> Network:
        plain = weights == "random" and not rest and not others
        return random_network(name) if plain else load(name, weights, *rest, **others)

    monkeypatch.setattr(loading, "load_network", shared)
