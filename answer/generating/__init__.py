"""Answers that a language model words over numbered lines of ours, each sentence checked before anybody sees it."""
