"""A small host platform that runs the whole package on SQLite (Spec: host-platform.md 13).

Not shipped in the wheel. ``python -m demo`` starts it.
"""
