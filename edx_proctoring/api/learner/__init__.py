"""What a learner sees: pages, timer, course outline, learning micro-frontend."""
