"""The ``grades`` service of the platform, see ``service``."""
