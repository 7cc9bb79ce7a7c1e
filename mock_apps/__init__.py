"""Stand-ins for host apps that the tests need. Spec: data-model.md 14.1."""
