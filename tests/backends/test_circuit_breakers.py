"""A provider that does not answer is not asked by pages, and safe requests are repeated at once."""

import logging
from typing import Any

import pytest
import requests
import responses
import urllib3
from django.core.cache import cache

from edx_proctoring import api
from edx_proctoring.backends import call_options, circuit_breakers, inline_retries
from edx_proctoring.backends.circuit_breakers import Breaker, BreakerOpen
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import AttemptEffect
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam

from .conftest import BASE_URL, TOKEN_URL, make_rest_provider

ATTEMPT_URL = f"{BASE_URL}/api/v1/exam/ext-exam/attempt/ext-att/"
CONFIG_URL = f"{BASE_URL}/api/v1/config/"


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(lambda: "acme", clock)


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which the test does not wait for."""
    pauses: list[float] = []
    monkeypatch.setattr(inline_retries.time, "sleep", pauses.append)
    return pauses


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.note_failure("ReadTimeout")


def is_open(breaker: Breaker) -> bool:
    try:
        breaker.require_closed(may_be_refused=True)
    except BreakerOpen:
        return True
    return False


@pytest.mark.contract("provider-wire#circuit-breaker")
class TestOpening:
    def test_five_failures_in_a_row_open_it(self, breaker: Breaker) -> None:
        fail(breaker, 4)
        assert not is_open(breaker)
        fail(breaker)
        assert is_open(breaker)

    def test_a_success_in_between_starts_the_count_again(self, breaker: Breaker) -> None:
        fail(breaker, 4)
        breaker.note_success()
        fail(breaker, 4)
        assert not is_open(breaker)

    def test_failures_over_more_than_a_minute_do_not_open_it(self, breaker: Breaker, clock: Clock) -> None:
        for _ in range(5):
            fail(breaker)
            clock.now += 16
        assert not is_open(breaker)

    def test_a_call_that_may_not_be_refused_is_sent(self, breaker: Breaker) -> None:
        fail(breaker, 5)
        breaker.require_closed(may_be_refused=False)

    def test_the_error_says_when_to_come_back(self, breaker: Breaker, clock: Clock) -> None:
        fail(breaker, 5)
        clock.now += 10
        with pytest.raises(BreakerOpen) as caught:
            breaker.require_closed(may_be_refused=True)
        assert caught.value.retry_after == pytest.approx(20)


@pytest.mark.contract("provider-wire#circuit-breaker")
class TestProbe:
    def test_after_the_opening_exactly_one_call_is_sent(self, breaker: Breaker, clock: Clock) -> None:
        fail(breaker, 5)
        clock.now += 30
        assert [is_open(breaker) for _ in range(3)] == [False, True, True]

    def test_its_success_closes_the_breaker(self, breaker: Breaker, clock: Clock) -> None:
        fail(breaker, 5)
        clock.now += 30
        assert not is_open(breaker)
        breaker.note_success()
        assert not is_open(breaker)
        assert not is_open(breaker)

    def test_each_failed_probe_doubles_the_opening_up_to_five_minutes(self, breaker: Breaker, clock: Clock) -> None:
        fail(breaker, 5)
        openings = []
        for _ in range(6):
            with pytest.raises(BreakerOpen) as caught:
                breaker.require_closed(may_be_refused=True)
            openings.append(caught.value.retry_after)
            clock.now += caught.value.retry_after
            assert not is_open(breaker)
            fail(breaker)
        assert openings == pytest.approx([30, 60, 120, 240, 300, 300])

    def test_a_probe_that_does_not_end_counts_as_failed(self, breaker: Breaker, clock: Clock) -> None:
        fail(breaker, 5)
        clock.now += 30
        assert not is_open(breaker)
        clock.now += 10
        with pytest.raises(BreakerOpen) as caught:
            breaker.require_closed(may_be_refused=True)
        assert caught.value.retry_after == pytest.approx(60)


@pytest.mark.contract("provider-wire#circuit-breaker")
class TestSeen:
    def test_others_see_its_state(self, breaker: Breaker) -> None:
        assert circuit_breakers.seen("acme") is None
        fail(breaker, 5)
        seen = circuit_breakers.seen("acme")
        assert seen is not None
        assert (seen["state"], seen["failures"], seen["last_error"]) == ("open", 5, "ReadTimeout")
        breaker.note_success()
        seen = circuit_breakers.seen("acme")
        assert seen is not None
        assert (seen["state"], seen["until"]) == ("closed", None)

    def test_the_state_of_another_process_does_not_open_it(self, breaker: Breaker) -> None:
        cache.set("edx_proctoring.breaker.acme", {"state": "open"})
        assert not is_open(breaker)

    def test_a_cache_that_is_down_does_not_matter(self, breaker: Breaker, monkeypatch: pytest.MonkeyPatch) -> None:
        def down(*args: Any) -> None:
            raise ConnectionError

        monkeypatch.setattr(cache, "set", down)
        fail(breaker, 5)
        assert is_open(breaker)

    def test_it_is_logged_at_opening_and_at_closing(self, breaker: Breaker, caplog: Any) -> None:
        caplog.set_level(logging.INFO, logger=circuit_breakers.__name__)
        fail(breaker, 5)
        breaker.note_success()
        opened, closed = [record for record in caplog.records if record.name == circuit_breakers.__name__]
        assert (opened.levelname, closed.levelname) == ("WARNING", "INFO")
        assert "backend=acme failures=5 last_error=ReadTimeout" in opened.getMessage()


@pytest.fixture
def hanging(http: responses.RequestsMock) -> responses.RequestsMock:
    """A network in which the provider never answers, except for tokens."""
    for method in ("GET", "PATCH", "DELETE", "POST"):
        http.add(method, ATTEMPT_URL, body=requests.ReadTimeout("slow"))
    http.get(CONFIG_URL, body=requests.ReadTimeout("slow"))
    http.post(f"{BASE_URL}/api/v1/exam/ext-exam/attempt/", body=requests.ReadTimeout("slow"))
    return http


ATTEMPT: Any = {"external_id": "ext-att", "proctored_exam": {"external_id": "ext-exam"}}


def opened(**options: Any) -> Any:
    """A provider whose breaker is open."""
    provider = make_rest_provider(**options)
    for _ in range(5):
        with pytest.raises(requests.ReadTimeout):
            provider.get_attempt(ATTEMPT)
    return provider


@pytest.mark.contract("provider-wire#circuit-breaker")
class TestCalls:
    def test_pages_do_not_ask_from_the_sixth_call_on(self, hanging: Any, sent: Any) -> None:
        provider = opened()
        before = len(hanging.calls)
        for call in (lambda: provider.get_attempt(ATTEMPT), provider.get_proctoring_config):
            with pytest.raises(BreakerOpen):
                call()
        assert len(hanging.calls) == before, "not even for a token"

    def test_a_fresh_object_asks(self, hanging: Any) -> None:
        opened()
        with pytest.raises(requests.ReadTimeout):
            make_rest_provider().get_attempt(ATTEMPT)

    def test_tokens_that_are_given_do_not_reset_the_count(self, hanging: Any) -> None:
        hanging.replace(responses.POST, TOKEN_URL, json={"access_token": "token", "expires_in": 1})
        with pytest.raises(BreakerOpen):
            opened().get_attempt(ATTEMPT)

    @pytest.mark.parametrize("options", [{}, {"breaker": "page"}, {"breaker": "nonsense"}])
    def test_the_deliverer_and_registrations_ask(self, hanging: Any, options: Any) -> None:
        provider = opened(**options)
        with call_options.use(raises_on_error=True), pytest.raises(requests.ReadTimeout):
            provider.stop_exam_attempt("ext-exam", "ext-att")
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            provider.register_exam_attempt({"id": 1, "external_id": "ext-exam"}, {"attempt_code": "CODE"})
        assert hanging.calls[-1].request.url.endswith("/attempt/")

    def test_what_a_page_waits_for_is_refused(self, hanging: Any) -> None:
        provider = opened()
        with call_options.use(is_page_waiting=True), pytest.raises(BreakerOpen):
            provider.stop_exam_attempt("ext-exam", "ext-att")

    @pytest.mark.contract("provider-wire#circuit-breaker")
    def test_in_mode_all_nothing_is_sent_but_what_must_be(self, hanging: Any) -> None:
        provider = opened(breaker="all")
        before = len(hanging.calls)
        with pytest.raises(BreakerOpen):
            provider.stop_exam_attempt("ext-exam", "ext-att")
        with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
            provider.register_exam_attempt({"id": 1, "external_id": "ext-exam"}, {"attempt_code": "CODE"})
        assert caught.value.http_status == 503
        assert len(hanging.calls) == before
        hanging.delete(f"{BASE_URL}/api/v1/user/7/", json=True)
        assert provider.retire_user("7") is True

    def test_in_mode_off_everything_is_sent_and_nothing_is_said(self, hanging: Any, caplog: Any) -> None:
        with pytest.raises(requests.ReadTimeout):
            opened(breaker="off").get_attempt(ATTEMPT)
        assert "pages do not ask it" not in caplog.text

    def test_server_errors_open_it_and_refusals_do_not(self, http: responses.RequestsMock) -> None:
        provider = make_rest_provider()
        http.get(ATTEMPT_URL, status=404, json={})
        for _ in range(6):
            provider.get_attempt(ATTEMPT)
        http.replace(responses.GET, ATTEMPT_URL, status=500, json={})
        for _ in range(5):
            provider.get_attempt(ATTEMPT)
        with pytest.raises(BreakerOpen):
            provider.get_attempt(ATTEMPT)


@pytest.mark.django_db
def test_an_effect_that_was_not_sent_stays_due_without_a_try(hanging: Any, backends_registry: dict[str, Any]) -> None:
    exam = make_exam(backend="test", external_id="ext-exam")
    attempt = make_attempt(exam, status=S.started, external_id="ext-att")
    backends_registry["test"] = opened()

    api.update_attempt_status(attempt.pk, S.submitted)

    [row] = AttemptEffect.objects.all()
    assert (row.state, row.tries) == (AttemptEffect.STATE_DUE, 0)
    assert "BreakerOpen" in row.last_error


def refused() -> requests.ConnectionError:
    """The error of ``requests`` if nothing listens at the provider's address."""
    reason = urllib3.exceptions.NewConnectionError(None, "refused")  # type: ignore[arg-type]
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


class TestInlineRetries:
    @pytest.mark.contract("provider-wire#inline-retries")
    def test_a_request_that_was_not_sent_is_repeated_twice(self, http: Any, no_pauses: list[float]) -> None:
        url = f"{BASE_URL}/api/v1/exam/ext-exam/attempt/"
        http.post(url, body=refused())
        http.post(url, body=refused())
        http.post(url, json={"id": "ext-1"})
        external_id = make_rest_provider().register_exam_attempt(
            {"id": 1, "external_id": "ext-exam"}, {"attempt_code": "CODE"}
        )
        assert external_id == "ext-1"
        assert [0.1 <= no_pauses[0] <= 0.3, 0.2 <= no_pauses[1] <= 0.6] == [True, True]

    def test_with_the_option_zero_it_is_not(self, http: Any, no_pauses: list[float]) -> None:
        http.get(ATTEMPT_URL, body=refused())
        with pytest.raises(requests.ConnectionError):
            make_rest_provider(inline_retries=0).get_attempt(ATTEMPT)
        assert no_pauses == []

    @pytest.mark.contract("provider-wire#inline-retries")
    @pytest.mark.parametrize(
        ("status", "header", "repeated"),
        [
            (503, "1", True),
            (429, "0", True),
            (503, "3", False),
            (503, None, False),
            (500, "1", False),
            (503, "x", False),
        ],
    )
    def test_a_provider_may_ask_to_come_back_soon(
        self, http: Any, no_pauses: list[float], status: int, header: str | None, repeated: bool
    ) -> None:
        http.patch(ATTEMPT_URL, status=status, json={}, headers={"Retry-After": header} if header else {})
        told = http.patch(ATTEMPT_URL, json={"status": "submitted"})
        make_rest_provider().stop_exam_attempt("ext-exam", "ext-att")
        assert told.call_count == int(repeated)
        assert len(no_pauses) == int(repeated)

    @pytest.mark.parametrize("error", [requests.ReadTimeout("slow"), requests.ConnectionError("reset")])
    def test_a_request_that_may_have_arrived_is_not_repeated(
        self, http: Any, no_pauses: list[float], error: Exception
    ) -> None:
        http.patch(ATTEMPT_URL, body=error)
        with pytest.raises(requests.RequestException):
            make_rest_provider().stop_exam_attempt("ext-exam", "ext-att")
        assert no_pauses == []

    @pytest.mark.contract("provider-wire#inline-retries")
    def test_no_retry_begins_that_would_exceed_the_limit_of_the_call(self, http: Any, no_pauses: list[float]) -> None:
        http.patch(ATTEMPT_URL, status=503, json={}, headers={"Retry-After": "2"})
        make_rest_provider(timeout=1).stop_exam_attempt("ext-exam", "ext-att")
        assert no_pauses == []

    @pytest.mark.contract("provider-wire#inline-retries")
    def test_a_registration_names_its_attempt_so_that_the_provider_can_tell_a_repetition(self, http: Any) -> None:
        url = f"{BASE_URL}/api/v1/exam/ext-exam/attempt/"
        http.post(url, json={"id": "ext-1"})
        make_rest_provider().register_exam_attempt({"id": 1, "external_id": "ext-exam"}, {"attempt_code": "CODE"})
        assert http.calls[-1].request.headers["Idempotency-Key"] == "CODE"
