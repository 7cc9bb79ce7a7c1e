"""Helpers about providers for the test suites of hosts and provider packages (contract/test-support#providers)."""
