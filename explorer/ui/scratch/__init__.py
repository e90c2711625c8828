"""Parts of the page From scratch."""
