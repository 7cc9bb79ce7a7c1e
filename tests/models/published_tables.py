"""The published tables, written by hand after contract/tables#columns, and functions that read a database's real
schema.

Not derived from the models: a mistake made in both a model and its migration would go unnoticed.
"""

import re
from collections.abc import Mapping
from typing import Any

HEAD = ["id:id", "created:datetime", "modified:datetime"]
EXAM_COLUMNS = [
    "course_id:varchar(255)",
    "content_id:varchar(255)",
    "external_id:varchar(255)?",
    "exam_name:text",
    "time_limit_mins:int",
    "due_date:datetime?",
    "is_proctored:bool",
    "is_practice_exam:bool",
    "is_active:bool",
    "hide_after_due:bool",
    "backend:varchar(255)?",
]
HISTORY_COLUMNS = [
    "history_id:id",
    "history_date:datetime",
    "history_change_reason:varchar(100)?",
    "history_type:varchar(1)",
    "history_user_id:int?",
]
REVIEW_COLUMNS = [
    *HEAD,
    "attempt_code:varchar(255)",
    "review_status:varchar(255)",
    "raw_data:text",
    "exam_id:int?",
    "reviewed_by_id:int?",
    "student_id:int?",
    "is_attempt_active:bool",
    "encrypted_video_url:blob?",
]

# column:type, with ? where NULL is allowed
TABLES = {
    "proctoring_proctoredexam": [*HEAD, *EXAM_COLUMNS],
    "proctoring_proctoredexamhistory": ["id:int", *HEAD[1:], *EXAM_COLUMNS, *HISTORY_COLUMNS],
    "proctoring_proctoredexamreviewpolicy": [
        *HEAD,
        "review_policy:text",
        "proctored_exam_id:int",
        "set_by_user_id:int",
    ],
    "proctoring_proctoredexamreviewpolicyhistory": [
        *HEAD,
        "original_id:int",
        "review_policy:text",
        "proctored_exam_id:int",
        "set_by_user_id:int",
    ],
    "proctoring_proctoredexamstudentattempt": [
        *HEAD,
        "started_at:datetime?",
        "completed_at:datetime?",
        "attempt_code:varchar(255)?",
        "external_id:varchar(255)?",
        "allowed_time_limit_mins:int?",
        "status:varchar(64)",
        "taking_as_proctored:bool",
        "is_sample_attempt:bool",
        "review_policy_id:int?",
        "proctored_exam_id:int",
        "user_id:int",
        "is_status_acknowledged:bool",
        "time_remaining_seconds:int?",
        "is_resumable:bool",
        "ready_to_resume:bool",
        "resumed:bool",
    ],
    "proctoring_proctoredexamstudentattempt_history": [
        "id:int",
        *HEAD[1:],
        "started_at:datetime?",
        "completed_at:datetime?",
        "attempt_code:varchar(255)?",
        "external_id:varchar(255)?",
        "allowed_time_limit_mins:int?",
        "status:varchar(64)",
        "taking_as_proctored:bool",
        "is_sample_attempt:bool",
        "review_policy_id:int?",
        "is_status_acknowledged:bool",
        "time_remaining_seconds:int?",
        "is_resumable:bool",
        *HISTORY_COLUMNS,
        "proctored_exam_id:int?",
        "user_id:int?",
        "ready_to_resume:bool",
        "resumed:bool",
    ],
    "proctoring_proctoredexamstudentallowance": [
        *HEAD,
        "key:varchar(255)",
        "value:varchar(255)",
        "proctored_exam_id:int",
        "user_id:int",
    ],
    "proctoring_proctoredexamstudentallowancehistory": [
        *HEAD,
        "allowance_id:int",
        "key:varchar(255)",
        "value:varchar(255)",
        "proctored_exam_id:int",
        "user_id:int",
        # Beyond 6.1.4: migration 0032.
    ],
    "proctoring_proctoredexamsoftwaresecurereview": REVIEW_COLUMNS,
    "proctoring_proctoredexamsoftwaresecurereviewhistory": REVIEW_COLUMNS,
    "proctoring_proctoredexamstudentattemptcomment": [
        *HEAD,
        "start_time:int",
        "stop_time:int",
        "duration:int",
        "comment:text",
        "status:varchar(255)",
        "review_id:int",
    ],
}

# New in 7.0.
ADDED_TABLES = {
    "proctoring_effect": [
        *HEAD,
        "attempt_id:int",
        "attempt_code:varchar(255)",
        "exam_id:int",
        "kind:varchar(16)",
        "call_name:varchar(64)",
        "arguments:text",
        "from_status:varchar(64)",
        "to_status:varchar(64)",
        "tries:smallint",
        "next_try_at:datetime",
        "last_error:varchar(255)",
        "state:varchar(16)",
    ],
    "proctoring_reviewinbox": [
        *HEAD,
        "attempt_code:varchar(255)",
        "external_id:varchar(255)",
        "backend:varchar(255)",
        "body:text",
        "outcome:varchar(255)",
        "actor_id:int?",
        "message_key:varchar(64)",
    ],
    "proctoring_reviewdecision": [
        *HEAD,
        "review_status:varchar(255)",
        "comment:text",
        "actor_id:int?",
        "stands:bool",
        "review_id:int",
    ],
    "proctoring_retiredlearner": [*HEAD, "user_id:int"],
    "proctoring_providerretirement": [*HEAD, "user_id:int", "backend:varchar(255)", "is_done:bool"],
    "proctoring_usednonce": [*HEAD, "message_key:varchar(64)"],
    "proctoring_removedallowance": [*HEAD, "given:datetime", "last_state_id:int"],
    "proctoring_openattempt": ["id:id", "exam_id:int", "user_id:int", "attempt_id:int"],
    "proctoring_staffjob": [
        *HEAD,
        "code:varchar(32)",
        "kind:varchar(32)",
        "course_id:varchar(255)",
        "exam_id:int?",
        "created_by:int?",
        "reason:varchar(500)",
        "parameters:text",
        "state:varchar(16)",
        "total:int",
        "done:int",
        "skipped:int",
        "failed:int",
        "lease_until:datetime?",
        "finished_at:datetime?",
    ],
    "proctoring_staffjobrow": [
        *HEAD,
        "position:int",
        "exam_id:int?",
        "user_id:int?",
        "attempt_id:int?",
        "state:varchar(16)",
        "error_code:varchar(64)",
        "message:varchar(255)",
        "result:text",
        "job_id:int",
    ],
    "proctoring_incident": [
        *HEAD,
        "kind:varchar(16)",
        "exam_id:int",
        "user_id:int",
        "attempt_id:int?",
        "attempt_code:varchar(255)",
        "source:varchar(16)",
        "opened_at:datetime",
        "opened_by:int?",
        "closed_at:datetime?",
        "closed_by:int?",
        "outcome:varchar(32)",
        "category:varchar(32)",
        "text:text",
        "reply:text",
        "details:text",
        "open_slot:varchar(96)?",
    ],
    "proctoring_exammeasure": [
        *HEAD,
        "kind:varchar(16)",
        "exam_id:int",
        "user_id:int?",
        "text:text",
        "reason:text",
        "starts_at:datetime",
        "ends_at:datetime?",
        "opened_by:int?",
        "closed_by:int?",
        "open_slot:varchar(96)?",
    ],
}

# SQLite rebuilt this table when a default was given to one of its columns.
SQLITE_TABLES = {
    "proctoring_proctoredexamreviewpolicy": [
        *HEAD,
        "proctored_exam_id:int",
        "set_by_user_id:int",
        "review_policy:text",
    ],
}

TYPES: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "id": "integer",
        "int": "integer",
        "smallint": "smallint unsigned",
        "bool": "bool",
        "text": "text",
        "datetime": "datetime",
        "blob": "blob",
    },
    "mysql": {
        "id": "int",
        "int": "int",
        "smallint": "smallint unsigned",
        "bool": "tinyint(1)",
        "text": "longtext",
        "datetime": "datetime(6)",
        "blob": "longblob",
    },
    "postgresql": {
        "id": "integer",
        "int": "integer",
        "smallint": "smallint",
        "bool": "boolean",
        "text": "text",
        "datetime": "timestamp with time zone",
        "blob": "bytea",
    },
}

UNIQUE = {
    "proctoring_proctoredexam": {("course_id", "content_id")},
    "proctoring_proctoredexamstudentallowance": {("user_id", "proctored_exam_id", "key")},
    "proctoring_proctoredexamsoftwaresecurereview": {("attempt_code",)},
    "proctoring_openattempt": {("exam_id", "user_id")},
    "proctoring_retiredlearner": {("user_id",)},
    "proctoring_providerretirement": {("user_id", "backend")},
    "proctoring_usednonce": {("message_key",)},
    "proctoring_removedallowance": {("last_state_id",)},
    "proctoring_staffjob": {("code",)},
    "proctoring_staffjobrow": {("job_id", "position")},
    "proctoring_incident": {("open_slot",)},
    "proctoring_exammeasure": {("open_slot",)},
}

FOREIGN_KEYS = {
    "proctoring_proctoredexamhistory": {"history_user_id": "auth_user"},
    "proctoring_proctoredexamreviewpolicy": {
        "proctored_exam_id": "proctoring_proctoredexam",
        "set_by_user_id": "auth_user",
    },
    "proctoring_proctoredexamreviewpolicyhistory": {
        "proctored_exam_id": "proctoring_proctoredexam",
        "set_by_user_id": "auth_user",
    },
    "proctoring_proctoredexamstudentattempt": {
        "proctored_exam_id": "proctoring_proctoredexam",
        "user_id": "auth_user",
    },
    # Without constraints on exam and learner, because the archive outlives both.
    "proctoring_proctoredexamstudentattempt_history": {"history_user_id": "auth_user"},
    "proctoring_proctoredexamstudentallowance": {
        "proctored_exam_id": "proctoring_proctoredexam",
        "user_id": "auth_user",
    },
    "proctoring_proctoredexamstudentallowancehistory": {
        "proctored_exam_id": "proctoring_proctoredexam",
        "user_id": "auth_user",
    },
    "proctoring_proctoredexamsoftwaresecurereview": {
        "exam_id": "proctoring_proctoredexam",
        "reviewed_by_id": "auth_user",
        "student_id": "auth_user",
    },
    "proctoring_proctoredexamsoftwaresecurereviewhistory": {
        "exam_id": "proctoring_proctoredexam",
        "reviewed_by_id": "auth_user",
        "student_id": "auth_user",
    },
    "proctoring_proctoredexamstudentattemptcomment": {"review_id": "proctoring_proctoredexamsoftwaresecurereview"},
    "proctoring_staffjobrow": {"job_id": "proctoring_staffjob"},
}

# The first column of each index. Index names are not contract and differ between old and new databases.
INDEXED = {
    "proctoring_proctoredexam": {"content_id", "course_id", "external_id"},
    "proctoring_proctoredexamhistory": {"content_id", "course_id", "external_id", "history_user_id", "id"},
    "proctoring_proctoredexamreviewpolicy": {"proctored_exam_id", "set_by_user_id"},
    "proctoring_proctoredexamreviewpolicyhistory": {"original_id", "proctored_exam_id", "set_by_user_id"},
    "proctoring_proctoredexamstudentattempt": {"attempt_code", "external_id", "proctored_exam_id", "user_id"},
    "proctoring_proctoredexamstudentattempt_history": {
        "attempt_code",
        "external_id",
        "history_user_id",
        "id",
        "proctored_exam_id",
        "user_id",
    },
    "proctoring_proctoredexamstudentallowance": {"proctored_exam_id", "user_id"},
    "proctoring_proctoredexamstudentallowancehistory": {"proctored_exam_id", "user_id"},
    "proctoring_proctoredexamsoftwaresecurereview": {
        "attempt_code",
        "exam_id",
        "reviewed_by_id",
        "student_id",
    },
    "proctoring_proctoredexamsoftwaresecurereviewhistory": {
        "attempt_code",
        "exam_id",
        "reviewed_by_id",
        "student_id",
    },
    "proctoring_proctoredexamstudentattemptcomment": {"review_id"},
    "proctoring_effect": {"attempt_id", "exam_id", "state"},
    "proctoring_reviewinbox": {"attempt_code", "external_id", "message_key"},
    "proctoring_openattempt": {"exam_id", "attempt_id"},
    "proctoring_reviewdecision": {"review_id"},
    "proctoring_retiredlearner": {"user_id"},
    "proctoring_providerretirement": {"user_id"},
    "proctoring_usednonce": {"created", "message_key"},
    "proctoring_removedallowance": {"last_state_id"},
    "proctoring_staffjob": {"code", "course_id", "state"},
    "proctoring_staffjobrow": {"job_id", "user_id"},
    "proctoring_incident": {"attempt_id", "exam_id", "user_id", "open_slot"},
    "proctoring_exammeasure": {"exam_id", "kind", "open_slot"},
}

# Indexes added by us since migration 0029.
ADDED_INDEXES = {
    "proctoring_proctoredexamsoftwaresecurereview": {("modified",)},
    "proctoring_proctoredexamstudentattempt": {
        ("proctored_exam_id", "user_id", "created"),
        ("proctored_exam_id", "created"),
        ("proctored_exam_id", "status", "created"),
        ("proctored_exam_id", "modified"),
        ("user_id", "status"),
    },
    "proctoring_proctoredexamstudentattempt_history": {("attempt_code", "modified")},
    "proctoring_effect": {("state", "next_try_at")},
    "proctoring_staffjob": {("course_id", "created"), ("state", "lease_until")},
    "proctoring_staffjobrow": {("job_id", "state"), ("user_id", "exam_id")},
    "proctoring_incident": {("attempt_id", "kind", "closed_at"), ("exam_id", "kind", "closed_at")},
    "proctoring_exammeasure": {("exam_id", "kind", "ends_at"), ("kind", "ends_at")},
}


# Columns with a second index for LIKE on PostgreSQL.
LIKE_TWINS = {
    "proctoring_proctoredexam": {"content_id", "course_id", "external_id"},
    "proctoring_proctoredexamhistory": {"content_id", "course_id", "external_id"},
    "proctoring_proctoredexamstudentattempt": {"attempt_code", "external_id"},
    "proctoring_proctoredexamstudentattempt_history": {"attempt_code", "external_id"},
    "proctoring_proctoredexamsoftwaresecurereview": {"attempt_code"},
    "proctoring_proctoredexamsoftwaresecurereviewhistory": {"attempt_code"},
    "proctoring_reviewinbox": {"attempt_code", "external_id", "message_key"},
    "proctoring_usednonce": {"message_key"},
    "proctoring_staffjob": {"code"},
    "proctoring_incident": {"open_slot"},
    "proctoring_exammeasure": {"open_slot"},
}

Column = tuple[str, str, bool]


def expected_columns(connection: Any, table: str) -> list[Column]:
    """Return (name, type in this database, nullable) in physical order."""
    lines = {**TABLES, **ADDED_TABLES}[table]
    if connection.vendor == "sqlite":
        lines = SQLITE_TABLES.get(table, lines)
    types = TYPES[connection.vendor]
    columns = []
    for line in lines:
        name, _, kind = line.partition(":")
        nullable = kind.endswith("?")
        kind = kind.rstrip("?")
        columns.append((name, types.get(kind, kind), nullable))
    return columns


def expected_key(table: str) -> str:
    """Return the primary key column, which is not the first one in history tables."""
    return next(line.partition(":")[0] for line in {**TABLES, **ADDED_TABLES}[table] if line.endswith(":id"))


def actual_columns(connection: Any, table: str) -> list[Column]:
    """Return (name, type, nullable) in physical order, read from the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA table_info({table})")
            return [(name, kind.lower(), not notnull) for _, name, kind, notnull, _, _ in cursor.fetchall()]
        if connection.vendor == "mysql":
            cursor.execute(
                "SELECT column_name, column_type, is_nullable FROM information_schema.columns"
                " WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position",
                [table],
            )
            # MariaDB and older MySQL report a display width without meaning; tinyint(1) is Django's boolean.
            return [
                (name, re.sub(r"^(int|smallint)\(\d+\)", r"\1", kind), nullable == "YES")
                for name, kind, nullable in cursor.fetchall()
            ]
        cursor.execute(
            "SELECT column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
            [table],
        )
        return [
            (name, f"varchar({length})" if kind == "character varying" else kind, nullable == "YES")
            for name, kind, length, nullable in cursor.fetchall()
        ]


def constraints(connection: Any, table: str) -> list[dict[str, Any]]:
    """Return keys and indexes as Django's introspection describes them."""
    with connection.cursor() as cursor:
        return list(connection.introspection.get_constraints(cursor, table).values())


def unique_keys(connection: Any, table: str) -> set[tuple[str, ...]]:
    """Return the columns of each unique key except the primary key."""
    return {tuple(c["columns"]) for c in constraints(connection, table) if c["unique"] and not c["primary_key"]}


def foreign_keys(connection: Any, table: str) -> dict[str, str]:
    """Return column -> table for each foreign key."""
    return {c["columns"][0]: c["foreign_key"][0] for c in constraints(connection, table) if c["foreign_key"]}


def leading_columns(connection: Any, table: str) -> set[str]:
    """Return the first column of each index."""
    return {c["columns"][0] for c in constraints(connection, table) if c["columns"] and (c["index"] or c["unique"])}
