"""Answers that a model words, and the checking of what it wrote."""
