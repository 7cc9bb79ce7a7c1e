"""The ``certificates`` service of the platform, see ``service``."""
