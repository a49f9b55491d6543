"""The papers around what was found: statements with their surroundings, and how far each meets the question."""
