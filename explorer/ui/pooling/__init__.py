"""The parts of the page on pooling."""
