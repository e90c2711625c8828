"""The parts of the page on units."""
