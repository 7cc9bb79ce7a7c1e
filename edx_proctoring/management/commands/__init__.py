"""One module per command. Spec: data-model.md 9."""
