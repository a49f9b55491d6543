"""What changed between two editions of one paper: pairing, aligning, differences, ranking, telling, in this order."""
