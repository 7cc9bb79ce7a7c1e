"""A small host platform that runs the whole package on SQLite. ``python -m demo`` starts it.

Not part of the wheel.
"""
