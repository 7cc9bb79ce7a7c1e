"""Template tags of the demo host."""
