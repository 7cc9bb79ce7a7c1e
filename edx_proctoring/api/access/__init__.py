"""Which course a request concerns, whether the caller is staff of it, and who reviews for its provider."""
