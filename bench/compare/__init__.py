"""The same work on two versions of the app, in turn: is the new one faster?

``python -m bench.compare REF`` (``make bench-compare REF=<commit>``) copies ``edx_proctoring`` of the commit and of
the working tree into a temporary folder each, fills a database for each, and lets one process per version do the same
work alternately. The work is in ``rows``; it is the working tree's for both versions, so it uses only what both have:
REST URLs, ``edx_proctoring.api``, models, settings.
"""
