"""SQLite with a write-ahead log and transactions that take the write lock at once.

Without both, two callbacks that arrive together fail with "database is locked": a deferred transaction that has read
cannot wait for the write lock. Django has ``transaction_mode`` only from 5.1 on; this works with every supported
version.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite wrapper plus WAL and ``BEGIN IMMEDIATE``."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        self.cursor().execute("BEGIN IMMEDIATE")
