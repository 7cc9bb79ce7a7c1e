"""Settings that this app adds to its host's through the plugin mechanism. Spec: data-model.md 13.1."""
