"""Settings of the demo host: ``base``, and one module per kind of process."""
