"""The ``learning_sequences`` service of the platform, see ``service``."""
