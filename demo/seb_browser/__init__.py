"""Plays Safe Exam Browser for the demo: a Chromium behind a proxy that adds the headers of that browser.

It is not Safe Exam Browser and protects nothing. Anyone who knows a Config Key can do the same, which is why the
documentation says what a Config Key proves and what not.
"""
