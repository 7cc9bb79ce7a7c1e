"""Send generated requests; check the responses and the tables."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import Any, Final
from zlib import crc32

from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.fuzz.routes import Address, requests_to
from tests.fuzz.strange import Sent
from tests.fuzz.world import MOODS, SECRETS, MoodyProvider, World, install_services

# Number of different requests per route; each is sent as every role. They are the same in every run: FUZZ_SEED gives
# others, FUZZ_EXAMPLES more.
EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "50"))
SEED: Final = int(os.environ.get("FUZZ_SEED", "2026"))

# Examples per Hypothesis run. In longer runs Hypothesis mostly varies earlier examples instead of drawing new ones.
_RUN: Final = 10

# Roles that may not read the owner's personal data.
OUTSIDERS: Final = ("anonymous", "stranger", "foreign_staff")

_WRITING: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE")

Tables = dict[str, list[tuple[Any, ...]]]


class Fault(AssertionError):
    """A response or a change of the tables that is not allowed."""


def tables() -> Tables:
    """Return all rows of all our tables, archives included."""
    models = chain.from_iterable(apps.get_app_config(app).get_models() for app in ("edx_proctoring", "seb_openedx"))
    return {model.__name__: list(model._base_manager.order_by("pk").values_list()) for model in models}


@dataclass
class _Writes:
    """Records whether a statement writes. Without one, the tables need not be compared."""

    seen: bool = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.seen = self.seen or sql.lstrip().upper().startswith(_WRITING)
        return execute(sql, params, many, context)


@contextmanager
def undone() -> Iterator[None]:
    """Roll back the block's changes to the database; start with an empty cache."""
    cache.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def client_of(user: User | None) -> APIClient:
    """Return a client that is signed in by session."""
    client = APIClient()
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(client: APIClient, sent: Sent) -> Any:
    """Send a request. An exception that a view does not handle is raised here; in production it would be a 500."""
    return client.generic(
        sent.method,
        sent.path,
        sent.body,
        content_type=sent.content_type,
        **{"QUERY_STRING": sent.query, "wsgi.input": BytesIO(sent.body), **sent.headers},
    )


def fuzz(
    world: World,
    address: Address,
    roles: Sequence[str],
    provider: MoodyProvider,
    strategy: st.SearchStrategy[Sent] | None = None,
    also: Callable[[Sent, Any], None] = lambda sent, response: None,
) -> int:
    """Send ``EXAMPLES`` different requests to a route, each as every role; return the number of requests.

    ``strategy``: the requests, if not those of ``routes``. ``also``: one more check of each response. Raises ``Fault``,
    and exceptions that a view does not handle.
    """
    logins, before = {role: client_of(world.people[role]).cookies for role in roles}, tables()
    tried: set[str] = set()
    found: set[str] = set()

    @settings(
        max_examples=_RUN,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        sent=strategy if strategy is not None else requests_to(world, address),
        mood=st.sampled_from((MOODS[0], *MOODS)),
    )
    def attack(sent: Sent, mood: str) -> None:
        request = f"{mood} {sent}"
        # Hypothesis sends a request that found a fault again while it simplifies the request.
        if request in tried and request not in found:
            return
        tried.add(request)
        # Discarded below if the request finds no fault.
        found.add(request)
        provider.mood = mood
        for role in roles:
            note(f"role: {role}")
            _attack_as(role, sent)
        found.discard(request)

    def _attack_as(role: str, sent: Sent) -> None:
        # A new client each time, because the response to an odd cookie deletes the session cookie.
        client = APIClient()
        client.cookies = logins[role].copy()
        install_services(world)
        writes = _Writes()
        with undone():
            with connection.execute_wrapper(writes):
                response = send(client, sent)
            _check_answer(address, role, sent, response)
            also(sent, response)
            if response.status_code >= 400 and writes.seen:
                _check_tables(address, sent, before, tables())

    for run in range(EXAMPLES):
        seed(crc32(f"{SEED} {address} {run}".encode()))(attack)()
        if len(tried) >= EXAMPLES:
            break
    return len(tried) * len(roles)


def content_of(response: Any) -> bytes:
    """Return the body of a response, also of one that is written while it is sent."""
    if not response.streaming:
        content: bytes = response.content
        return content
    # Once: the chunks are made while they are read.
    if not hasattr(response, "read_content"):
        response.read_content = b"".join(response.streaming_content)
    read: bytes = response.read_content
    return read


def _check_answer(address: Address, role: str, sent: Sent, response: Any) -> None:
    route, status = address.route, response.status_code
    if status >= 500 and status not in route.provider_errors:
        raise Fault(f"{role} got {status} from {address}: {content_of(response)[:300]!r}\n{sent}")
    # Responses of Django itself, to unknown paths and host names, have no ``data``. DRF checks Accept before the login
    # (406).
    if role == "anonymous" and not route.is_open and status not in (403, 406) and hasattr(response, "data"):
        raise Fault(f"an anonymous request got {status} from {address}\n{sent}")
    if role in OUTSIDERS:
        content = content_of(response).decode("utf-8", "replace")
        known = f"{sent.path} {sent.query} {sent.body.decode('utf-8', 'replace')}"
        leaks = [secret for secret in SECRETS if secret in content and secret not in known]
        if leaks:
            raise Fault(f"{role} was shown {leaks} by {address}\n{sent}")


def _check_tables(address: Address, sent: Sent, before: Tables, after: Tables) -> None:
    changed = {name for name, rows in after.items() if rows != before[name]} - address.route.writes
    if changed and not (address.name == "proctored_exam.attempt" and _is_half_a_reset(changed, before, after)):
        raise Fault(f"{address} refused a request and wrote to {sorted(changed)}\n{sent}")


def _is_half_a_reset(changed: set[str], before: Tables, after: Tables) -> bool:
    """Return whether the only change is that practice attempts became reset ones.

    Contract: PUT /v1/proctored_exam/attempt/{attempt_id}, contract/attempts#reset-failure.
    """
    attempts = ProctoredExamStudentAttempt.__name__
    if changed - {attempts, f"Historical{attempts}", AttemptEffect.__name__}:
        return False
    columns = [column.attname for column in ProctoredExamStudentAttempt._meta.concrete_fields]
    status = columns.index("status")
    new = [row for row in after[attempts] if row not in before[attempts]]
    return len(after[attempts]) == len(before[attempts]) and all(row[status] == S.onboarding_reset for row in new)
