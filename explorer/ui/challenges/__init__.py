"""Parts of the page on challenges."""
