"""How much the app costs: queries, time and bytes of every endpoint, growth with the course, load over HTTP.

- ``python -m bench``: the table (``make bench``). One worker process per database size.
- ``python -m bench.plans``: how the database carries out the queries of the paged lists.
- ``python -m bench.load``: requests to a running host, from a process of its own.

What the numbers mean, and what they do not: ``docs/performance.rst``.
"""
