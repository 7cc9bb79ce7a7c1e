"""Settings that this app gives to its host through the plugin mechanism. Spec: data-model.md 13.1."""
