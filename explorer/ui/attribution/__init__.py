"""The parts of the page on evidence."""
