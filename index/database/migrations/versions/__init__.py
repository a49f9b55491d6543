"""One script a revision, each named by its number; the newest is ``schema.REVISION``."""
