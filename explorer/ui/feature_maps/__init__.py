"""The parts of the pages on feature maps and on switched channels."""
