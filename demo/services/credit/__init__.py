"""The ``credit`` service of the platform, see ``service``."""
