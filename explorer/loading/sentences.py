"""How large networks are, and which are here, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ..networks.info import NetworkInfo
from ..wording import count, megabytes
from .download import default_folder
from .inventory import Item, free_bytes


def facts(info: NetworkInfo) -> str:
    """How large a network is, before it is loaded."""
    return (
        f"{count(info.n_parameters)} weights · {count(info.n_multiply_adds)} multiply-adds · "
        f"{info.size} px · {megabytes(info.pass_bytes)} a pass"
    )


def card(info: NetworkInfo) -> str:
    """What a network is and how large, before it is loaded."""
    if info.year is None:
        return f"{info.title}, one of timm's networks in its module {info.family}. {facts(info)}."
    return f"{info.title}, {info.year}: {info.brought}. {facts(info)}."


def disk_sentence(items: Sequence[Item]) -> str:
    """How many trained networks are here, what they take, and how much room there is."""
    here = [item for item in items if item.path is not None]
    n_networks = len({item.info.name for item in here})
    folder = default_folder()
    return (
        f"{n_networks} of {len({item.info.name for item in items})} networks {'is' if n_networks == 1 else 'are'} "
        f"trained and ready on this machine, in "
        f"{megabytes(sum(item.n_bytes_here for item in here))}. What is fetched goes to {folder}, where "
        f"{megabytes(free_bytes(folder))} are free."
    )
