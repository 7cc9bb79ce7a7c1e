"""What provider packages in the field rely on, shown with look-alikes. Spec: backends.md 16, 17."""
