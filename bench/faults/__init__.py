"""The fault run: attempts over HTTP while provider, mail server, processes and database fail.

``python -m bench.faults`` (``make fault-run``) starts the product's web server and deliverer as processes of their own,
lets learners take exams, and counts what was lost or done twice. docs/reference/development.rst says what it shows.
"""
