"""SQLite as the demo needs it: see ``base``."""
