"""The sample collection: briefings that restate published facts, as PDF."""
