"""Version 2: for course staff too, with exact paths, problem details and paged lists.

================= ====================================================
``base``          what all resources share: who may ask, what is read
``problems``      refusals
``paging``        lists
``filters``       what lists are filtered by
``configuration`` the configuration of a course
``keys``          whether hashes are right
``access_log``    the audit log
``sessions``      sessions, and the release of learners
``bans``          bans
================= ====================================================
"""
