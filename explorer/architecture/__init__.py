"""What a network is made of: its stages, their cost, and what its units can see."""

from .field import effective_field
from .hierarchy import Box, hierarchy, links, stage_costs

__all__ = ["Box", "effective_field", "hierarchy", "links", "stage_costs"]
