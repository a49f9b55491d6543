"""How likely a candidate is right, what forbids to say it, and what becomes of it."""
