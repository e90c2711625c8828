"""Parts of the tab of the page Saliency on a concept of one's own."""
