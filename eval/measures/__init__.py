"""How good answers and rankings are: pure functions, no file and no model; one kind of measure a file."""
