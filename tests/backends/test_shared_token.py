"""Threads of a process share the token request of one of them."""

import threading
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone
from edx_django_utils.cache import TieredCache

from edx_proctoring.backends import oauth_session, reply_errors
from edx_proctoring.backends.circuit_breakers import Breaker
from edx_proctoring.backends.http_limits import Guard
from edx_proctoring.backends.oauth_session import ProviderSession
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt

from .conftest import BASE_URL, TOKEN_URL

pytestmark = pytest.mark.contract("provider-wire#token")


@pytest.fixture
def session() -> ProviderSession:
    """A session whose token request is under way in another thread."""
    TieredCache.dangerous_clear_all_tiers()
    session = ProviderSession(BASE_URL, "id", "secret", Guard(Breaker(lambda: "test"), lambda: "page", lambda: 0))
    session._token_request = Future()
    return session


@pytest.fixture
def counted(session: ProviderSession, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is noted at the breaker."""
    failures: list[str] = []
    monkeypatch.setattr(session._guard.breaker, "note_failure", failures.append)
    return failures


def token_of(session: ProviderSession) -> str:
    return session._shared_token(TOKEN_URL, "key")


def answered(status: int) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError("no token", response=response)


@pytest.mark.contract("provider-wire#circuit-breaker")
@pytest.mark.parametrize(
    ("error", "failures"),
    [
        pytest.param(requests.ReadTimeout(), ["ReadTimeout"], id="no-reply"),
        pytest.param(answered(503), ["503"], id="server-error"),
        pytest.param(answered(401), [], id="refused"),
        pytest.param(ValueError(), [], id="of-the-cache"),
    ],
)
def test_a_failed_request_counts_for_each_thread_that_waits(
    session: ProviderSession, counted: list[str], error: Exception, failures: list[str]
) -> None:
    session._token_request.set_exception(error)

    with pytest.raises(type(error)) as caught:
        token_of(session)

    assert caught.value is error
    assert counted == failures


def test_a_request_that_does_not_end_is_given_up(
    session: ProviderSession, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth_session, "LONGEST_WAIT_SECONDS", 0.01)
    stuck = session._token_request
    # Otherwise the old code would wait here without end.
    release = threading.Timer(10, stuck.set_result, ["too late"])
    release.start()

    with pytest.raises(requests.ConnectTimeout) as caught:
        token_of(session)
    release.cancel()

    assert counted == ["ConnectTimeout"]
    assert is_known_as_not_sent(caught.value)
    # The next thread sends a request of its own, which the end of the stuck one does not disturb.
    monkeypatch.setattr(session, "_fetch_token", lambda url: ("token", in_an_hour()))
    assert token_of(session) == "token"
    session._token_request = newer = Future()
    session._drop_token_request(stuck)
    assert session._token_request is newer


def test_what_ends_the_thread_that_sends_the_request_does_not_end_the_others(
    session: ProviderSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited_for: list[Any] = []

    def end(url: str) -> Any:
        waited_for.append(session._token_request)
        raise SystemExit

    session._token_request = None
    monkeypatch.setattr(session, "_fetch_token", end)

    with pytest.raises(SystemExit):
        token_of(session)

    error = waited_for[0].exception()
    assert type(error) is requests.ConnectionError
    assert is_known_as_not_sent(error)
    assert session._token_request is None


def is_known_as_not_sent(error: BaseException) -> bool:
    failed = BackendProviderCannotRegisterAttempt("", 503)
    failed.__cause__ = error
    return not reply_errors.may_be_registered(failed)


def in_an_hour() -> Any:
    return timezone.now().replace(tzinfo=None) + timedelta(hours=1)
