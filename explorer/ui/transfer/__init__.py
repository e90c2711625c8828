"""Parts of the page Transfer."""
