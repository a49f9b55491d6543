"""Documents become chunks, tables and facts that remember where they came from."""
