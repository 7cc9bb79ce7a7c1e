"""Database backend of the demo, see ``base``."""
