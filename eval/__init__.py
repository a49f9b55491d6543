"""How good the answers are, and on which questions they are not."""
