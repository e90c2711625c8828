"""What a concept that a person shows in pictures has to do with a class: testing with concept activation vectors."""

from .tcav import Tcav, tcav

__all__ = ["Tcav", "tcav"]
