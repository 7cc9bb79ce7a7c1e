"""What a learner is shown, and why."""
