"""Empty. Outside code imports it (spec: python-api.md 1.1)."""
