"""The whole way from pixels to probabilities at a glance."""
