"""Plays Safe Exam Browser for the demo: a Chromium behind a proxy that adds the headers of that browser.

It is not Safe Exam Browser and protects nothing. Whoever knows a Config Key can do what it does, which is why the
documentation says what a Config Key proves and what not.
"""
