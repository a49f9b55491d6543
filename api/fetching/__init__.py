"""Published papers, fetched from where they are published."""
