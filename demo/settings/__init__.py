"""Settings of the demo host: what is common in ``base``, one module per process beside it."""
