"""The pages that a learner sees, and the rules that choose them."""
