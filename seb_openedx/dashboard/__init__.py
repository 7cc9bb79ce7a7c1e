"""The page where staff see who is banned, and let learners in again."""
