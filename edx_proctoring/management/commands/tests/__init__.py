"""Empty. Outside code imports it (contract/test-support#modules)."""
