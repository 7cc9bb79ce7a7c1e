"""Helpers about providers for the test suites of hosts and provider packages (spec: data-model.md 14.5)."""
