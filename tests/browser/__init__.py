"""Journeys in real Chromium against ``python -m demo``: host platform and mock provider as two processes.

A test reads as people do: it finds things by role and name, and each person has a browser of their own.
``SCREENSHOTS=1`` keeps a picture of every step in ``screenshots/``.
"""
