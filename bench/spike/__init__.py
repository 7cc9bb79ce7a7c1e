"""Everybody starts in the same minute: learners of a load tool against gunicorn, of two versions in turn.

Each version runs in a folder of its own under the same number of workers and threads, with a database of its own and
the same provider, which answers after a given time. ``python -m bench.spike --help``
"""
