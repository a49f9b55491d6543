"""Answers worked out of several candidates: over time, of two things, the most of a kind."""
