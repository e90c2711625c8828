"""Parts of the page on applications."""
