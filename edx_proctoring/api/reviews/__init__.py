"""A provider's verdict on an attempt: received, checked, applied."""
