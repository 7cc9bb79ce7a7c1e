"""Onboarding with a proctoring provider: eligibility, one learner, a whole course."""
