"""Hits become a checked, cited answer, or an honest "not found"."""
