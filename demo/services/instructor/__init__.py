"""The ``instructor`` service of the platform, see ``service``."""
