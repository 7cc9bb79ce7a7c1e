"""Empty. Outside code imports it (contract/published-names#modules)."""
