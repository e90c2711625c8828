"""What was seen of a picture in a network, to take along: one file that needs no server, no network and no Python."""

from .writing import export, exported

__all__ = ["export", "exported"]
