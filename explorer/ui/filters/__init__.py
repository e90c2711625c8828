"""The parts of the page on filters."""
