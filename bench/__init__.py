"""What the app costs: statements, time and memory, per endpoint and against another commit.

- ``python -m bench`` (``make bench``): every endpoint at two sizes of the course.
- ``python -m bench.compare`` (``make bench-compare REF=<commit>``): the working tree against a commit.
- ``python -m bench.safe_exam_browser``: the middleware of Safe Exam Browser, against its targets.
- ``python -m bench.config_key``: the Config Key of a large file of Safe Exam Browser.
- ``python -m bench.query_plans``: how the database executes the queries of the paged lists.

How to read the numbers: ``docs/performance.rst``.
"""
