"""The host platform itself: people, courses, pages and demo tools."""
