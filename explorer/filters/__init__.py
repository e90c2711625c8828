"""What each filter of a layer has learned to look for."""
