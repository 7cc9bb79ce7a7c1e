"""The ``name_affirmation`` service of the platform, see ``service``."""
