"""Empty. Outside code imports it (spec: data-model.md 14)."""
