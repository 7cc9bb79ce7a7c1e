"""Kept importable for outside code (spec: data-model.md 14). There is nothing in it."""
