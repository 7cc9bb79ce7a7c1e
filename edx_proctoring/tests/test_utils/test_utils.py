"""Kept importable for outside code (contract/test-support#modules). There is nothing in it."""
