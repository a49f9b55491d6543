"""Who asks, and what they may see and do: local without accounts, or shared with people, groups, keys and a record."""
