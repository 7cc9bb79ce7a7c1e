"""The database of a fault run, which the run may restart without disturbing anybody else.

MySQL: a MariaDB server of the run's own, with its data in the run's folder, if ``mariadbd`` is installed. Otherwise,
and for PostgreSQL, the server that EDX_PROCTORING_DB_* names; there a restart means that all connections to the run's
database are closed. SQLite is a file, and nothing can be restarted.
"""

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.ports import free_port, is_served

PATIENCE_SECONDS = 60


class Database:
    """A database server, or a file. ``environment``: what ``test_settings`` reads."""

    can_restart = True
    # What a restart does, for the report.
    restart_means = ""

    def __init__(self, kind: str, name: str, environment: dict[str, str]) -> None:
        self.kind = kind
        self.name = name
        self.environment = {"EDX_PROCTORING_DB": kind, "FAULT_RUN_DATABASE": name, **environment}

    def restart(self, *, kill: bool) -> None:
        """Restart. ``kill``: without letting it finish anything."""
        raise NotImplementedError

    def stop(self) -> None:
        """End what the run started."""


class OwnMariaDB(Database):
    """A MariaDB server that belongs to the run."""

    restart_means = "own MariaDB server killed or stopped, and started again"

    def __init__(self, name: str, folder: Path) -> None:
        self._folder = folder / "mariadb"
        self._socket = folder / "db.sock"
        self._port = free_port()
        self._log = folder / "mariadb.log"
        super().__init__(
            "mysql",
            name,
            {
                "EDX_PROCTORING_DB_HOST": "127.0.0.1",
                "EDX_PROCTORING_DB_PORT": str(self._port),
                "EDX_PROCTORING_DB_USER": "root",
                "EDX_PROCTORING_DB_PASSWORD": "",
            },
        )
        user = getpass.getuser()
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={self._folder}", f"--user={user}"]
        subprocess.run(
            [*install, "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, capture_output=True
        )
        self._command = [
            _mariadbd(),
            "--no-defaults",
            f"--datadir={self._folder}",
            f"--socket={self._socket}",
            f"--port={self._port}",
            f"--user={user}",
            f"--pid-file={folder / 'mariadb.pid'}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=32M",
        ]
        self._start()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        if not is_served(self._port, self._process, seconds=PATIENCE_SECONDS):
            raise RuntimeError(f"MariaDB did not start:\n{self._log.read_text(errors='replace')[-2000:]}")

    def restart(self, *, kill: bool) -> None:
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)
        # Long enough to be noticed by a loop that looks once a second.
        time.sleep(1.5)
        self._start()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE_SECONDS)


class SharedServer(Database):
    """A database on a server that others use too."""

    restart_means = "all connections to the run's database closed (this server is not the run's own)"

    def restart(self, *, kill: bool) -> None:
        from django.db import connections

        connections.close_all()
        from django.db import connection

        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = %s AND pid <> pg_backend_pid()",
                    [self.name],
                )
                return
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE db = %s AND id <> CONNECTION_ID()", [self.name]
            )
            for (number,) in cursor.fetchall():
                _kill_connection(cursor, number)


def _kill_connection(cursor: Any, number: int) -> None:
    from django.db import OperationalError

    # One that has ended by itself is an error.
    with suppress(OperationalError):
        cursor.execute(f"KILL {int(number)}")


class File(Database):
    """SQLite."""

    can_restart = False
    restart_means = "SQLite cannot be restarted"

    def restart(self, *, kill: bool) -> None:
        """Do nothing."""


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Database]:
    """Yield a database server for the run. ``kind``: mysql, postgres, sqlite."""
    name = f"fault_run_{os.getpid()}"
    if kind == "sqlite":
        yield File(kind, str(folder / f"{name}.sqlite3"), {})
    elif kind == "mysql" and _mariadbd() and shutil.which("mariadb-install-db"):
        database = OwnMariaDB(name, folder)
        try:
            yield database
        finally:
            database.stop()
    else:
        yield SharedServer(kind, name, {})


def _mariadbd() -> str:
    return shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/usr/libexec") or ""
