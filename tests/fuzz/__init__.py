"""Generated requests with unusual values. Spec: rest-api.md 2, 9 and 10; cross-cutting.md C2, C16."""
