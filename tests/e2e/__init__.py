"""The real app in a real browser: links, cold starts, clicks, and what is sent where."""
