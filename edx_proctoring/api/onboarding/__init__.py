"""Onboarding: whether learners are verified by the provider, and where they can do it."""
