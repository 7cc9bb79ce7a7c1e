"""Version 1: the configuration of a course."""
