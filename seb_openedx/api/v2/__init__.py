"""Version 2: for course staff too, with exact paths, problem details and paged lists.

================= ====================================================
``base``          what all resources share: who may ask, what is read
``problems``      refusals
``paging``        lists
``configuration`` the configuration of a course
================= ====================================================
"""
