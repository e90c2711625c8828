"""The parts of the page on a network's architecture."""
