"""The operations of REST version 1, for ``docs/reference/openapi.json``: a module for each resource.

Paths come from the URLconf and who may send a request from the table of the permission tests. ``OPERATIONS`` of the
modules has the rest; a route or a method without an entry fails. ``tests/views/test_document.py`` sends every example.
"""
