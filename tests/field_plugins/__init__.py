"""Provider packages in use, represented by look-alikes. Contract: contract/provider-interface#imported-names."""
