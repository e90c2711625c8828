"""How work is run: one at a time, within memory, remembered, and so that it can be followed and stopped."""
