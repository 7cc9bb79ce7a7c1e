"""Pages and small endpoints, one module per area."""
