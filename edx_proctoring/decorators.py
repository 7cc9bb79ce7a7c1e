"""Kept importable for outside code (spec: python-api.md 1.1). There is nothing in it."""
