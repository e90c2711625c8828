"""Parts of the page This server."""
