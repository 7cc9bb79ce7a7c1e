"""Provider packages in use, represented by look-alikes. Spec: backends.md 16, 17."""
