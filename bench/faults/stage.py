"""What a run needs in the database: learners who are signed in, staff, the provider's user, exams."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections

from edx_proctoring import api

COURSE = "course-v1:Fault+RUN+2026"


@dataclass(frozen=True, slots=True)
class Stage:
    """Who is there. ``learners``: user id and session key."""

    learners: list[tuple[int, str]]
    provider_session: str
    staff_session: str


@contextmanager
def database() -> Iterator[str]:
    """Create the run's migrated database, yield its name and version, drop it afterwards."""
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        connection.ensure_connection()
        version = ".".join(str(part) for part in connection.get_database_version())
        yield f"{connection.display_name} {version}"
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(str(connection.settings_dict["NAME"]), verbosity=0)


def fill(learners: int) -> Stage:
    """Create the people and sign them in."""
    users = get_user_model().objects
    # The address is how the provider of the run tells learners apart; it has the id, which is known only afterwards.
    people = [users.create(username=f"learner{number}", password="!") for number in range(learners)]
    for user in people:
        user.email = f"user{user.pk}@example.com"
    users.bulk_update(people, ["email"], batch_size=100)
    provider = users.create(username="provider", password="!")
    provider.groups.add(Group.objects.create(name="mock_provider_review"))
    staff = users.create(username="staff", password="!", is_staff=True)
    return Stage([(user.pk, _sign_in(user)) for user in people], _sign_in(provider), _sign_in(staff))


def _sign_in(user: Any) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def create_exam(name: str) -> tuple[int, str]:
    """Create a proctored exam, also at the provider; return its id and content id."""
    content_id = f"block-v1:Fault+RUN+2026+type@sequential+block@{name.replace(' ', '_').strip('[]')}"
    exam_id = api.create_exam(COURSE, content_id, name, 90, is_proctored=True, backend="mock_provider")
    return exam_id, content_id
