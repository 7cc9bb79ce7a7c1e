"""One learner's attempt at one exam, from entering to removal."""
