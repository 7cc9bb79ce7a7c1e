"""What a learner sees: pages, timer, outline, learning micro-frontend."""
