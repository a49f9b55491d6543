"""Chunks become ranked hits; documents, vectors and words live in snapshots that appear in one step."""
