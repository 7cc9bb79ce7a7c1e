"""The side of a spike that is inside one version of the app: makes its database, counts in it, checks it.

``python -P -m bench.spike.app_side``, in the folder of the version. Commands are those of ``AppSide``.
"""

import importlib.util
import secrets
import sys
from collections import Counter
from datetime import timedelta
from typing import Any, Final

from bench.compare import worker

COURSE: Final = "course-v1:Spike+RUN+2026"
LIMIT_MINUTES: Final = 90
_BATCH: Final = 500


class AppSide:
    """The commands."""

    def create(self) -> str:
        """Create the migrated database; return its name and version."""
        from django.db import connection

        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        version = ".".join(str(part) for part in connection.get_database_version())
        return f"{connection.display_name} {version}"

    def drop(self) -> None:
        """Remove the database."""
        from django.db import connection

        connection.creation.destroy_test_db(str(connection.settings_dict["NAME"]), verbosity=0)

    def fill(self, learners: int) -> dict[str, Any]:
        """Create the people and sign them in; return ids and session keys."""
        from django.contrib.auth import get_user_model
        from django.contrib.auth.models import Group

        users = get_user_model().objects
        provider = users.create(username="provider", password="!")
        provider.groups.add(Group.objects.create(name="mock_provider_review"))
        staff = users.create(username="staff", password="!", is_staff=True)
        new = [users.model(username=f"learner{number}", password="!") for number in range(learners)]
        users.bulk_create(new, batch_size=_BATCH)
        people = list(users.filter(username__startswith="learner").order_by("pk"))
        for user in people:
            # How the provider of the run tells learners apart.
            user.email = f"user{user.pk}@example.com"
        users.bulk_update(people, ["email"], batch_size=_BATCH)
        provider_session, staff_session, *sessions = _sign_in([provider, staff, *people])
        return {
            "learners": list(zip([user.pk for user in people], sessions, strict=True)),
            "provider_session": provider_session,
            "staff_session": staff_session,
        }

    def new_exam(self, name: str) -> dict[str, Any]:
        """Create an exam, also at the provider; return its ids."""
        from edx_proctoring import api
        from edx_proctoring.models import ProctoredExam

        content_id = f"block-v1:Spike+RUN+2026+type@sequential+block@{name}"
        exam_id = api.create_exam(COURSE, content_id, name, LIMIT_MINUTES, is_proctored=True, backend="mock_provider")
        external_id = ProctoredExam.objects.get(pk=exam_id).external_id
        return {"course_id": COURSE, "content_id": content_id, "exam_id": exam_id, "exam_external_id": external_id}

    def extends(self) -> bool:
        """Return whether this version can extend a running attempt over REST."""
        return importlib.util.find_spec("edx_proctoring.views.v2") is not None

    def count(self, exam_id: int) -> dict[str, int]:
        """Return how far it is: effects that wait, and attempts by status."""
        from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt

        statuses = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=exam_id).values_list(
            "status", flat=True
        )
        due = AttemptEffect.objects.filter(exam_id=exam_id, state=AttemptEffect.STATE_DUE)
        return {**Counter(statuses.order_by()), "due": due.count()}

    def attempts(self, exam_id: int) -> list[dict[str, Any]]:
        """Return the attempts at an exam, for the check at the end."""
        from edx_proctoring.models import ProctoredExamStudentAttempt

        names = ("user_id", "status", "external_id", "allowed_time_limit_mins", "started_at", "completed_at")
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=exam_id).order_by("pk").values(*names)
        return [
            {**row, "started_at": bool(row["started_at"]), "completed_at": bool(row["completed_at"])}
            for row in attempts
        ]


def _sign_in(users: list[Any]) -> list[str]:
    """Return a session key for each user."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    store, expires = SessionStore(), timezone.now() + timedelta(days=1)
    sessions = [
        Session(
            session_key=secrets.token_hex(16),
            session_data=store.encode(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                }
            ),
            expire_date=expires,
        )
        for user in users
    ]
    Session.objects.bulk_create(sessions, batch_size=_BATCH)
    return [str(session.session_key) for session in sessions]


def main() -> int:
    """Serve until the parent is done. Returns the exit code."""
    answers = worker.start()
    worker.serve(AppSide(), answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
