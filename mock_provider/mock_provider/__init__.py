"""A runnable proctoring provider for development, demonstration and tests.

Two halves that never import each other:

* ``plugin``, loaded by the LMS through the ``openedx.proctoring`` entry point;
* the server (``python -m mock_provider``), a Flask application in a process of its own with its own database, which
  knows nothing of Django. ``app`` puts it together.
"""

__version__ = "1.0.0"
