"""The parts of the page of lessons."""
