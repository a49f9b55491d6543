"""Folders that are watched: what comes into them, changes in them or goes out of them does so in the index."""
