"""The mock provider's server over HTTP, against a small stand-in for the LMS."""
