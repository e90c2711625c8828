"""Whether what is given for a network is one, said before anything is asked of it."""

from __future__ import annotations

from ..errors import BadArgument
from ..wording import described


def check_network(network: object) -> None:
    """Raises BadArgument for what is no network. By what it can do: after a reload of the program's own code, what was
    loaded before is of a class that nobody has any more."""
    if hasattr(network, "prepare") and hasattr(network, "preprocessing"):
        return
    order = " The network comes first, then the picture." if hasattr(network, "pixels") else ""
    raise BadArgument(
        f"A network is needed, not {described(network)}.{order} explorer.load_network makes one of a name, "
        "explorer.network_of of a torch.nn.Module."
    )
