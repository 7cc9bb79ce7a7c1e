"""The ``enrollments`` service of the platform, see ``service``."""
