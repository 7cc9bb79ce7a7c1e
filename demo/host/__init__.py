"""The host platform's own half: people, courses, pages and tools (Spec: host-platform.md 13)."""
