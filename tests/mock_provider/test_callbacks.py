"""What the provider sends to the LMS."""

from __future__ import annotations

from itertools import pairwise

import pytest
import requests

from mock_provider.callback_signature import signature
from mock_provider.lms import Lms
from mock_provider.review_retries import LONGEST_PAUSE_SECONDS

REVIEWED = "/api/edx_proctoring/v1/proctored_exam/attempt/{}/reviewed"
# Longer than all retries of a review together.
LONG = 100_000


def submit(client, attempt):
    client("PATCH", f"/api/v1/exam/exam-1/attempt/{attempt}/", json={"status": "submitted"})


@pytest.mark.contract("mock-provider#callbacks")
def test_a_submission_is_reviewed_automatically_after_the_delay(client, scenario, scheduler, lms, attempt):
    scenario(review={"delay": 10})
    submit(client, attempt)
    scheduler.advance(9)
    assert lms.callbacks == []
    scheduler.advance(1)
    [(path, body, headers, _)] = lms.callbacks
    assert path == REVIEWED.format(attempt)
    assert body == {"status": "passed", "comments": [{"comment": "Everything looks good", "status": "ok"}]}
    assert headers["Authorization"].startswith("JWT ")


@pytest.mark.contract("mock-provider#callbacks")
def test_a_submission_that_is_sent_twice_is_reviewed_once(client, scenario, scheduler, lms, attempt):
    scenario(review={"delay": 0})
    submit(client, attempt)
    submit(client, attempt)
    scheduler.advance(LONG)
    assert len(lms.callbacks) == 1


def test_a_submission_without_a_review_delay_waits_for_a_reviewer(client, scheduler, lms, attempt):
    submit(client, attempt)
    scheduler.advance(LONG)
    assert lms.callbacks == []


def test_the_clock_factor_shortens_the_delay(client, scenario, scheduler, lms, attempt):
    scenario(review={"delay": 1000}, clock_factor=0.001)
    submit(client, attempt)
    scheduler.advance(1)
    assert len(lms.callbacks) == 1


@pytest.mark.contract("mock-provider#scenario")
def test_a_repeated_review_arrives_as_often_as_configured(client, scenario, scheduler, lms, provider, attempt):
    scenario(review={"delay": 0, "repeat": 2, "status": "violation", "comments": [], "reviewed_by": "r@example.com"})
    submit(client, attempt)
    scheduler.advance(0)
    assert [body for _, body, _, _ in lms.callbacks] == [
        {"status": "violation", "comments": [], "reviewed_by": "r@example.com"}
    ] * 2
    assert len(provider.store.verdicts(attempt)) == 2


@pytest.mark.contract("mock-provider#callbacks")
def test_a_removed_attempt_is_not_reviewed(client, scenario, scheduler, lms, attempt):
    scenario(review={"delay": 0.3})
    submit(client, attempt)
    client("DELETE", f"/api/v1/exam/exam-1/attempt/{attempt}/")
    scheduler.advance(LONG)
    assert lms.callbacks == []


class TestRetries:
    """A review that the LMS does not answer with 2xx is sent again."""

    @pytest.fixture
    def refused(self, client, scenario, scheduler, lms, attempt):
        """A submitted attempt whose first review is refused; its first retry is due in 5 seconds."""
        lms.status = 503
        scenario(review={"delay": 0})
        submit(client, attempt)
        scheduler.advance(0)
        assert len(lms.callbacks) == 1
        return attempt

    def verdicts_of(self, lms):
        return [callback.json["status"] for callback in lms.callbacks]

    def test_a_refused_review_is_sent_again_until_it_is_accepted(self, provider, scheduler, lms, refused):
        scheduler.advance(4.9)
        assert len(lms.callbacks) == 1
        lms.status = 200
        scheduler.advance(0.1)
        assert len(lms.callbacks) == 2
        assert lms.callbacks[0].body == lms.callbacks[1].body
        assert [verdict["lms_status"] for verdict in provider.store.verdicts(refused)] == [200, 503]
        scheduler.advance(LONG)
        assert len(lms.callbacks) == 2

    @pytest.mark.parametrize("status", [301, 400, 403, 404, 500])
    def test_every_answer_but_2xx_is_a_refusal(self, scheduler, lms, refused, status):
        lms.status = status
        scheduler.advance(5)
        lms.status = 200
        scheduler.advance(10)
        assert len(lms.callbacks) == 3
        scheduler.advance(LONG)
        assert len(lms.callbacks) == 3

    def test_an_unreachable_lms_gets_the_review_when_it_is_back(self, provider, client, scenario, scheduler, lms):
        client.exam()
        attempt = client.attempt("http://127.0.0.1:9")
        scenario(review={"delay": 0})
        submit(client, attempt)
        scheduler.advance(5)
        assert [verdict["lms_status"] for verdict in provider.store.verdicts(attempt)] == [None, None]

    def test_the_pauses_grow_up_to_a_limit(self, scheduler, lms, refused):
        times = [scheduler.now]
        while scheduler.now < 2_000:
            before = len(lms.callbacks)
            scheduler.advance(1)
            if len(lms.callbacks) > before:
                times.append(scheduler.now)
        assert [after - before for before, after in pairwise(times)] == [5, 10, 20, 40, 80, 160, 300, 300]
        assert LONGEST_PAUSE_SECONDS == 300

    def test_the_retries_end(self, scheduler, lms, refused):
        scheduler.advance(LONG)
        assert len(lms.callbacks) == 1 + 8

    def test_the_scenario_limits_the_retries(self, client, scenario, scheduler, lms, attempt):
        lms.status = 503
        scenario(review={"delay": 0, "retries": 2})
        submit(client, attempt)
        scheduler.advance(LONG)
        assert len(lms.callbacks) == 1 + 2

    def test_the_clock_factor_shortens_the_pauses(self, scenario, scheduler, lms, refused):
        scheduler.advance(5)
        scenario(clock_factor=0.1)
        scheduler.advance(10)
        assert len(lms.callbacks) == 3
        scheduler.advance(2)
        assert len(lms.callbacks) == 4

    def test_a_removed_attempt_ends_the_retries(self, client, scheduler, lms, refused):
        client("DELETE", f"/api/v1/exam/exam-1/attempt/{refused}/")
        scheduler.advance(LONG)
        assert len(lms.callbacks) == 1

    def test_a_newer_verdict_replaces_one_that_waits_for_its_retry(self, provider, scheduler, lms, refused):
        lms.status = 200
        requests.post(f"{provider.url}/reviewer/{refused}/", data={"verdict": "suspicious"}, timeout=5)
        scheduler.advance(LONG)
        assert self.verdicts_of(lms) == ["passed", "suspicious"]

    def test_a_refused_verdict_of_a_reviewer_is_sent_again_too(self, provider, client, scheduler, lms, attempt):
        submit(client, attempt)
        lms.status = 500
        reply = requests.post(f"{provider.url}/reviewer/{attempt}/", data={"verdict": "violation"}, timeout=5)
        assert reply.status_code == 502
        assert "We send it again automatically." in reply.text
        lms.status = 200
        scheduler.advance(5)
        assert self.verdicts_of(lms) == ["violation", "violation"]
        assert attempt not in requests.get(f"{provider.url}/reviewer/", timeout=5).text

    def test_each_retry_of_a_signed_review_has_a_signature_of_its_own(self, client, scenario, scheduler, lms, attempt):
        lms.status = 503
        scenario(review={"delay": 0, "signed": "hook-secret"})
        submit(client, attempt)
        scheduler.advance(5)
        nonces = {callback.headers["X-Proctoring-Nonce"] for callback in lms.callbacks}
        assert len(nonces) == len(lms.callbacks) == 2


def test_a_token_that_the_lms_rejects_is_replaced_once(provider, lms, attempt):
    row = provider.store.attempt(attempt)
    assert provider.callbacks.report_ready(row).accepted
    lms.tokens_refused = 1
    assert provider.callbacks.report_ready(row).accepted
    assert lms.tokens_given == 2


def test_one_token_serves_many_callbacks(provider, lms, attempt):
    row = provider.store.attempt(attempt)
    for _ in range(3):
        assert provider.callbacks.report_ready(row).accepted
    assert lms.tokens_given == 1


@pytest.mark.contract("mock-provider#callbacks")
@pytest.mark.parametrize("status", [400, 403, 404, 412, 500])
def test_a_refusal_of_the_lms_is_returned_to_the_caller(provider, lms, attempt, status):
    lms.status = status
    outcome = provider.callbacks.report_ready(provider.store.attempt(attempt))
    assert (outcome.accepted, outcome.status) == (False, status)
    assert provider.store.attempt(attempt)["ready_at"] is None


def test_wrong_credentials_count_as_a_refusal(lms, provider, attempt):
    outcome = Lms(lms.url, "lms-id", "wrong").post(provider.store.attempt(attempt), "ready", {})
    assert (outcome.accepted, outcome.status) == (False, 401)


def test_an_lms_that_is_down_counts_as_no_answer(provider, attempt):
    row = provider.store.attempt(attempt) | {"lms_host": "http://127.0.0.1:9"}
    outcome = provider.callbacks.report_ready(row)
    assert (outcome.accepted, outcome.status) == (False, None)
    assert "cannot be reached" in outcome.advice


def test_the_signature_equals_the_example_of_the_contract():
    assert (
        signature(
            "hook-secret-0123456789abcdef0123",
            "1893553445",
            "n-0001",
            "POST",
            "/api/edx_proctoring/v1/proctored_exam/attempt/ext-att/reviewed",
            b'{"status":"passed","comments":[]}',
        )
        == "v1=f86c330539fa00aad222f9e044750b29b60e19bffe7ce3dc8290cdb6e4a77900"
    )


@pytest.mark.contract("mock-provider#scenario")
def test_a_signed_review_carries_a_signature_of_its_body(client, scenario, scheduler, lms, attempt):
    scenario(review={"delay": 0, "signed": "hook-secret"})
    submit(client, attempt)
    scheduler.advance(0)
    path, _, headers, body = lms.callbacks[0]
    assert headers["X-Proctoring-Signature"] == signature(
        "hook-secret", headers["X-Proctoring-Timestamp"], headers["X-Proctoring-Nonce"], "POST", path, body
    )
