"""What may be the answer, a file a kind: figures, names, dates, hours, lists, sentences."""
