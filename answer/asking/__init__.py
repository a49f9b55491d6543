"""The question: what is asked for, in which words, and what it follows."""
