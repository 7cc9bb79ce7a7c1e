"""Pages of the course team: who is banned, who was refused and why, who has proved the browser.

============ ==========================================================
``access``   who may see a page, and what all pages share
``filters``  what lists are filtered by
``lists``    lists by pages
``views``    bans
``refusals`` the refusals of the audit log
``sessions`` sessions, their end, and the release of learners
``texts``    words for proofs and for ends of sessions
============ ==========================================================
"""
