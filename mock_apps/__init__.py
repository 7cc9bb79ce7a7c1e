"""Stand-ins for host apps that the tests need. Contract: contract/test-support#settings."""
