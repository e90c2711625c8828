"""What each builder of sentences is checked by: its numbers and names, worked out again from a pass's raw arrays."""
