"""The measures, each against values worked out by hand."""
