"""Which trained weights are here, and how others are fetched."""
