"""Parts of the page on synthesis."""
