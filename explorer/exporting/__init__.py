"""Analyses to take along: files that need no server."""
