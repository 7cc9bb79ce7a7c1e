"""The provider's database: exams, attempts and verdicts in one SQLite file (tables: ``schema.sql``).

Every method is one short transaction on one connection behind a lock, so request threads and timers may call it
freely. Rows come out as plain dicts.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from typing import Any

Row = dict[str, Any]

# SQLite holds integers of 64 bits.
MAX_MINUTES = 10**9


def new_id() -> str:
    """A new id of 32 hexadecimal digits, which fits into the LMS's URLs."""
    return secrets.token_hex(16)


def now() -> str:
    """The current time in UTC, as ISO 8601 text."""
    return datetime.now(tz=UTC).isoformat(timespec="seconds")


class Store:
    """The provider's database. ``path`` is a file name, or ``:memory:`` to keep nothing on disk."""

    def __init__(self, path: str = ":memory:") -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=20, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        with self._lock:
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(resources.files(__package__).joinpath("schema.sql").read_text("utf-8"))

    def close(self) -> None:
        """Close the database; later calls raise ``sqlite3.ProgrammingError``."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _rows(self, sql: str, *values: Any) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, values)]

    def _row(self, sql: str, *values: Any) -> Row | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None

    def _write(self, sql: str, *values: Any) -> int:
        with self._transaction() as connection:
            return connection.execute(sql, values).rowcount

    # Settings of the process

    def signing_key(self) -> str:
        """The key of our access tokens; stored, because the tokens that the LMS caches must survive a restart."""
        with self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('signing_key', ?)", (secrets.token_hex(32),))
            return str(connection.execute("SELECT value FROM meta WHERE name = 'signing_key'").fetchone()[0])

    def clear(self) -> None:
        """Delete every exam, attempt and verdict; the signing key stays."""
        with self._transaction() as connection:
            for table in ("verdicts", "attempts", "exams"):
                connection.execute(f"DELETE FROM {table}")

    # Exams

    def save_exam(self, exam_id: str, document: Mapping[str, Any]) -> None:
        """Insert or replace one exam as the LMS describes it."""
        rules = document.get("rules")
        self._write(
            """INSERT INTO exams (id, course_id, exam_name, is_practice, is_active, rules, document, updated_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET course_id = excluded.course_id, exam_name = excluded.exam_name,
                   is_practice = excluded.is_practice, is_active = excluded.is_active, rules = excluded.rules,
                   document = excluded.document, updated_at = excluded.updated_at""",
            exam_id,
            str(document.get("course_id") or ""),
            str(document.get("exam_name") or ""),
            int(bool(document.get("is_practice_exam"))),
            int(bool(document.get("is_active", True))),
            json.dumps(rules if isinstance(rules, dict) else {}),
            json.dumps(dict(document)),
            now(),
        )

    def exam(self, exam_id: str) -> Row | None:
        """One exam with ``rules`` as a dict, or None."""
        row = self._row("SELECT * FROM exams WHERE id = ?", exam_id)
        return None if row is None else {**row, "rules": json.loads(row["rules"])}

    def exams_of_course(self, course_id: str) -> list[Row]:
        """The exams of a course in order of name, each with the number of its attempts under ``attempts``."""
        return self._rows(
            """SELECT exams.*, (SELECT COUNT(*) FROM attempts WHERE attempts.exam_id = exams.id) AS attempts
               FROM exams WHERE course_id = ? ORDER BY exam_name, id""",
            course_id,
        )

    def counts(self) -> dict[str, int]:
        """How many ``exams`` and ``attempts`` there are, and how many attempts are ``waiting`` for a verdict."""
        row = self._row(
            """SELECT (SELECT COUNT(*) FROM exams) AS exams, (SELECT COUNT(*) FROM attempts) AS attempts,
                      (SELECT COUNT(*) FROM attempts WHERE status = 'submitted' AND id NOT IN
                          (SELECT attempt_id FROM verdicts WHERE lms_status BETWEEN 200 AND 299)) AS waiting"""
        )
        assert row is not None
        return row

    # Attempts

    def add_attempt(self, exam_id: str, fields: Mapping[str, Any], attempt_id: str | None = None) -> str:
        """Register an attempt; returns its id, which is a new one unless given.

        ``fields`` is the body of the LMS's registration.
        """
        attempt_id = attempt_id or new_id()
        self._write(
            """INSERT INTO attempts (id, exam_id, user_id, full_name, email, lms_host, status, time_limit_mins,
                                     review_policy, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            attempt_id,
            exam_id,
            str(fields["user_id"]),
            str(fields.get("full_name") or ""),
            fields.get("email"),
            str(fields["lms_host"]),
            str(fields["status"]),
            _limit(fields.get("time_limit_mins")),
            str(fields.get("review_policy") or ""),
            now(),
        )
        return attempt_id

    def add_attempt_once(self, exam_id: str, fields: Mapping[str, Any], key: str) -> str:
        """As ``add_attempt``, but the second request with a key of the exam gets the attempt of the first."""
        with self._lock:
            known = self._row(
                "SELECT attempt_id FROM idempotency_keys WHERE exam_id = ? AND key = ? AND key <> ''", exam_id, key
            )
            if known is not None:
                return str(known["attempt_id"])
            attempt_id = self.add_attempt(exam_id, fields)
            if key:
                self._write(
                    "INSERT INTO idempotency_keys (exam_id, key, attempt_id) VALUES (?, ?, ?)", exam_id, key, attempt_id
                )
            return attempt_id

    def attempt(self, attempt_id: str) -> Row | None:
        """One attempt with its exam's ``exam_name``, ``course_id``, ``is_practice``, or None."""
        return self._row(f"{ATTEMPTS} WHERE attempts.id = ?", attempt_id)

    def attempts(self, *, exam_id: str | None = None, waiting: bool = False, limit: int = 200) -> list[Row]:
        """Attempts in one exam or in all, newest first.

        ``waiting`` keeps those that are submitted and have no verdict that the LMS accepted.
        """
        return self._rows(
            f"""{ATTEMPTS} WHERE (? IS NULL OR attempts.exam_id = ?)
                AND (NOT ? OR (attempts.status = 'submitted' AND accepted IS NULL))
                ORDER BY COALESCE(attempts.submitted_at, attempts.created_at) DESC, attempts.rowid DESC LIMIT ?""",
            exam_id,
            exam_id,
            waiting,
            limit,
        )

    def add_registration(self, attempt_id: str, exam_code: str, document: Mapping[str, Any], base_url: str) -> None:
        """Store what an attempt of RPNow mode was registered with."""
        self._write(
            "INSERT INTO registrations (attempt_id, exam_code, document, base_url) VALUES (?, ?, ?, ?)",
            attempt_id,
            exam_code,
            json.dumps(dict(document)),
            base_url,
        )

    def registration(self, attempt_id: str) -> Row | None:
        """What an attempt was registered with in RPNow mode, ``document`` as a dict; None for other attempts."""
        return _with_document(self._row("SELECT * FROM registrations WHERE attempt_id = ?", attempt_id))

    def registration_by_code(self, exam_code: str) -> Row | None:
        """The newest registration with an exam code, in any letter case, or None."""
        sql = "SELECT * FROM registrations WHERE exam_code = ? ORDER BY rowid DESC LIMIT 1"
        return _with_document(self._row(sql, exam_code))

    # Sessions of Constructor Proctor

    def save_constructor_session(
        self, attempt_id: str, integration: str, claims: Mapping[str, Any], base_url: str
    ) -> None:
        """Store the start token of a session, and our own address. One that is known keeps its status."""
        self._write(
            """INSERT INTO constructor_sessions (attempt_id, integration, claims, status, base_url, created_at)
               VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (attempt_id) DO UPDATE SET claims = excluded.claims""",
            attempt_id,
            integration,
            json.dumps(dict(claims)),
            "not_scheduled" if claims.get("schedule") else "ready_to_start",
            base_url,
            now(),
        )

    def constructor_session(self, attempt_id: str) -> Row | None:
        """A session with ``claims`` as a dict, or None."""
        row = self._row("SELECT * FROM constructor_sessions WHERE attempt_id = ?", attempt_id)
        return None if row is None else {**row, "claims": json.loads(row["claims"])}

    def set_constructor_status(self, attempt_id: str, status: str) -> None:
        """Store how far a session is, and when it was started first."""
        started = now() if status == "started" else None
        self._write(
            "UPDATE constructor_sessions SET status = ?, started_at = COALESCE(started_at, ?) WHERE attempt_id = ?",
            status,
            started,
            attempt_id,
        )
        if started:
            self.set_status(attempt_id, "started")

    def end_constructor_session(self, attempt_id: str, finish_url: str) -> bool:
        """End a session once; returns whether it had not ended. ``finish_url``: where its page leads then."""
        is_ended = self._write(
            """UPDATE constructor_sessions SET status = 'finished', ended_at = ?, finish_url = ?
               WHERE attempt_id = ? AND status <> 'finished'""",
            now(),
            finish_url,
            attempt_id,
        )
        if is_ended:
            self.set_status(attempt_id, "submitted")
        return bool(is_ended)

    def set_status(self, attempt_id: str, status: str) -> str | None:
        """Store the LMS's status of an attempt; returns the previous status, or None for an unknown attempt."""
        with self._transaction() as connection:
            found = connection.execute("SELECT status FROM attempts WHERE id = ?", (attempt_id,)).fetchone()
            if found is None:
                return None
            connection.execute("UPDATE attempts SET status = ? WHERE id = ?", (status, attempt_id))
            if status == "submitted":
                connection.execute(
                    "UPDATE attempts SET submitted_at = COALESCE(submitted_at, ?) WHERE id = ?", (now(), attempt_id)
                )
            return str(found["status"])

    def set_limit(self, attempt_id: str, minutes: int) -> None:
        """Store the LMS's new limit of an attempt."""
        self._write("UPDATE attempts SET time_limit_mins = ? WHERE id = ?", _limit(minutes), attempt_id)

    def set_desktop(self, attempt_id: str, desktop: str | None) -> bool:
        """Store the state of the learner's software; False for an unknown attempt."""
        return bool(self._write("UPDATE attempts SET desktop = ? WHERE id = ?", desktop, attempt_id))

    def mark_ready(self, attempt_id: str) -> None:
        """Store that the LMS accepted the learner as ready."""
        self._write("UPDATE attempts SET ready_at = ? WHERE id = ?", now(), attempt_id)

    def remove_attempt(self, attempt_id: str) -> bool:
        """Delete an attempt with its verdicts; False when there is none."""
        return bool(self._write("DELETE FROM attempts WHERE id = ?", attempt_id))

    def remove_user(self, user_id: str) -> bool:
        """Delete everything about a user; False when there is nothing."""
        return bool(self._write("DELETE FROM attempts WHERE user_id = ?", user_id))

    def practice_attempts(self, course_id: str) -> list[Row]:
        """Each user's newest practice attempt in a course."""
        rows = self._rows(
            f"{ATTEMPTS} WHERE exams.course_id = ? AND exams.is_practice ORDER BY attempts.rowid", course_id
        )
        return list({row["user_id"]: row for row in rows}.values())

    # Verdicts

    def add_verdict(self, attempt_id: str, status: str, comment: str, lms_status: int | None, lms_answer: str) -> None:
        """Store a verdict that was sent, with the LMS's answer; does nothing when the attempt was removed."""
        self._write(
            """INSERT INTO verdicts (attempt_id, status, comment, sent_at, lms_status, lms_answer)
               SELECT id, ?, ?, ?, ?, ? FROM attempts WHERE id = ?""",
            status,
            comment,
            now(),
            lms_status,
            lms_answer[:2000],
            attempt_id,
        )

    def verdicts(self, attempt_id: str) -> list[Row]:
        """The verdicts sent for an attempt, newest first."""
        return self._rows("SELECT * FROM verdicts WHERE attempt_id = ? ORDER BY number DESC", attempt_id)


def _limit(minutes: object) -> int | None:
    return minutes if isinstance(minutes, int) and 0 <= minutes <= MAX_MINUTES else None


def _with_document(row: Row | None) -> Row | None:
    return None if row is None else {**row, "document": json.loads(row["document"])}


# `accepted` and `verdict`: number and status of the latest verdict that the LMS accepted.
ATTEMPTS = """
SELECT attempts.*, COALESCE(exams.exam_name, '') AS exam_name, COALESCE(exams.course_id, '') AS course_id,
       COALESCE(exams.is_practice, 0) AS is_practice, last.accepted AS accepted, verdicts.status AS verdict
FROM attempts
LEFT JOIN exams ON exams.id = attempts.exam_id
LEFT JOIN (SELECT attempt_id, MAX(number) AS accepted FROM verdicts WHERE lms_status BETWEEN 200 AND 299
           GROUP BY attempt_id) AS last ON last.attempt_id = attempts.id
LEFT JOIN verdicts ON verdicts.number = last.accepted
"""
