"""Which course a request concerns, and whether the caller is staff of it."""
