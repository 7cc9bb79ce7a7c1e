"""Many learners start at once: threads of one process that register with the same REST provider."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from edx_django_utils.cache import TieredCache

from bench.faults.provider import Provider
from edx_proctoring.backends import call_options, reply_errors
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt

pytestmark = pytest.mark.concurrency

LEARNERS = 12


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider on a socket, which answers when the test says so."""
    TieredCache.dangerous_clear_all_tiers()
    with Provider(seed=1, share=0).serving() as provider:
        yield provider


def client_of(provider: Provider, **options: Any) -> BaseRestProctoringProvider:
    return BaseRestProctoringProvider(base_url=provider.url, client_id="id", client_secret="secret" * 6, **options)


def register(client: BaseRestProctoringProvider, number: int) -> Any:
    context = {"attempt_code": f"CODE-{number}", "email": f"user{number}@example.com"}
    return client.register_exam_attempt({"id": 1, "external_id": "exam"}, context=context)


def wait_until(is_true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < ends, "it did not happen within 30 s"
        time.sleep(0.01)


@pytest.mark.contract("provider-wire#token")
def test_threads_that_need_a_token_share_one_request_and_then_their_connections(provider: Provider) -> None:
    client = client_of(provider)
    provider.latency_seconds = 0.3
    with ThreadPoolExecutor(LEARNERS) as threads:
        ids = list(threads.map(lambda number: register(client, number), range(LEARNERS)))
    assert len(set(ids)) == LEARNERS
    assert provider.calls == LEARNERS + 1

    # Connections are kept and used again.
    connections = provider.connections
    for number in range(LEARNERS, LEARNERS + 5):
        register(client, number)
    assert provider.connections == connections <= LEARNERS + 1


@pytest.mark.contract("provider-wire#token")
def test_a_token_that_is_refused_is_refused_to_all_who_wait_and_asked_for_again_later(provider: Provider) -> None:
    client = client_of(provider)
    provider.latency_seconds = 0.3
    provider.is_down = True
    with ThreadPoolExecutor(LEARNERS) as threads:
        futures = [threads.submit(register, client, number) for number in range(LEARNERS)]
    errors = [future.exception() for future in futures]
    assert all(isinstance(error, BackendProviderCannotRegisterAttempt) for error in errors)
    assert all(isinstance(error.__cause__, requests.ConnectionError) for error in errors if error)
    assert provider.calls < LEARNERS

    provider.is_down = False
    assert register(client, 99)


@pytest.mark.contract("provider-wire#registrations-at-once")
def test_who_finds_no_slot_is_refused_at_once_and_nothing_is_sent(provider: Provider) -> None:
    client = client_of(provider, registrations_at_once=2)
    register(client, 0)
    calls = provider.calls
    answering = threading.Event()
    provider.on_call = lambda: bool(answering.wait(30)) or None
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(register, client, number) for number in (1, 2)]
        wait_until(lambda: provider.calls == calls + 2)

        with pytest.raises(BackendProviderCannotRegisterAttempt, match="Many learners") as caught:
            register(client, 3)
        assert caught.value.http_status == 503
        assert not reply_errors.may_be_registered(caught.value)
        assert provider.calls == calls + 2

        answering.set()
        assert all(future.result() for future in waiting)
    assert register(client, 3)


@pytest.mark.contract("provider-wire#registrations-at-once")
def test_a_registration_in_the_background_takes_no_slot(provider: Provider) -> None:
    client = client_of(provider, registrations_at_once=0)
    with pytest.raises(BackendProviderCannotRegisterAttempt, match="Many learners"):
        register(client, 1)
    with call_options.use(is_in_background=True):
        assert register(client, 1)


@pytest.mark.contract("provider-wire#registrations-at-once")
@pytest.mark.parametrize("value", [True, False, -1, "3"])
def test_what_is_not_a_number_is_no_limit(provider: Provider, value: Any) -> None:
    assert register(client_of(provider, registrations_at_once=value), 1)


@pytest.mark.contract("provider-wire#registrations-at-once")
def test_a_registration_that_fails_frees_its_slot(provider: Provider) -> None:
    client = client_of(provider, registrations_at_once=1, inline_retries=0)
    provider.is_down = True
    for _ in range(3):
        with pytest.raises(BackendProviderCannotRegisterAttempt, match="does not answer"):
            register(client, 1)
    provider.is_down = False
    assert register(client, 1)
