"""A saved review moves its attempt."""

import logging

import pytest
from django.core.exceptions import ImproperlyConfigured

from edx_proctoring import backends, constants
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.api.reviews import applying
from edx_proctoring.models import ProctoredExamSoftwareSecureReview
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus as Verdict
from tests.factories import make_attempt, make_exam, make_review, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def services(all_services):
    """A host with all services."""


@pytest.fixture
def second_reviews(monkeypatch):
    """Set whether a person looks at failing reviews."""

    def set_required(required: bool) -> None:
        monkeypatch.setattr(constants, "REQUIRE_FAILURE_SECOND_REVIEWS", required, raising=False)

    return set_required


@pytest.fixture
def calls(monkeypatch):
    """Status changes so far, each as (attempt id, status, options)."""
    recorded = []
    original = status_change.write_change

    def write_change(attempt, others, to_status, **options):
        recorded.append((attempt.pk, to_status, options))
        return original(attempt, others, to_status, **options)

    monkeypatch.setattr(status_change, "write_change", write_change)
    return recorded


def status_after(attempt, verdict, **fields):
    make_review(attempt, verdict, **fields)
    attempt.refresh_from_db()
    return attempt.status


def submitted(backend="test", kind="proctored"):
    return make_attempt(make_exam(kind, backend=backend), status=S.submitted)


# Rows: verdict. Columns: a provider that passes clean reviews only, RPNow, one without a list of its own.
TABLE = {
    Verdict.clean: (S.verified, S.verified, S.verified),
    Verdict.violation: (S.second_review_required, S.verified, S.verified),
    Verdict.suspicious: (S.second_review_required,) * 3,
    Verdict.not_reviewed: (S.error,) * 3,
}


@pytest.mark.contract("reviews#passing", "reviews#outcome")
@pytest.mark.parametrize(("column", "backend"), list(enumerate(["rest", "rpnow", "test"])))
@pytest.mark.parametrize("verdict", TABLE)
def test_a_verdict_leads_to_the_status_of_its_provider(verdict, column, backend):
    assert status_after(submitted(backend), verdict) == TABLE[verdict][column]


@pytest.mark.contract("reviews#outcome")
@pytest.mark.parametrize("backend", ["rest", "rpnow", "test"])
@pytest.mark.parametrize("verdict", [Verdict.suspicious, Verdict.not_reviewed])
def test_without_second_reviews_a_failing_verdict_rejects(second_reviews, backend, verdict):
    second_reviews(False)
    expected = S.error if verdict == Verdict.not_reviewed else S.rejected
    assert status_after(submitted(backend), verdict) == expected


@pytest.mark.contract("reviews#outcome")
@pytest.mark.parametrize(
    ("own", "expected"), [(False, S.rejected), ("false", S.rejected), ("<bool>", S.second_review_required)]
)
def test_a_providers_own_setting_decides_about_second_reviews(settings, own, expected):
    settings.PROCTORING_BACKENDS = {"DEFAULT": "test", "rest": {"settings": {"REQUIRE_FAILURE_SECOND_REVIEWS": own}}}
    assert status_after(submitted("rest"), Verdict.violation) == expected


@pytest.mark.contract("reviews#outcome")
@pytest.mark.parametrize("verdict", [Verdict.suspicious, Verdict.violation])
def test_a_failing_verdict_of_a_person_rejects(verdict):
    assert status_after(submitted("rest"), verdict, reviewed_by=make_staff()) == S.rejected


@pytest.mark.contract("reviews#outcome")
def test_a_passing_verdict_of_a_person_verifies():
    assert status_after(submitted("rest"), Verdict.clean, reviewed_by=make_staff()) == S.verified


@pytest.mark.contract("reviews#outcome")
def test_not_reviewed_is_an_error_also_from_a_person():
    assert status_after(submitted("rest"), Verdict.not_reviewed, reviewed_by=make_staff()) == S.error


@pytest.mark.contract("reviews#failing-onboarding", "reviews#outcome")
@pytest.mark.parametrize(
    ("kind", "backend", "expected"),
    [
        pytest.param("onboarding", "test", S.rejected, id="onboarding"),
        pytest.param("practice", "rpnow", S.second_review_required, id="practice-without-onboarding"),
    ],
)
def test_a_failing_verdict_rejects_an_onboarding_attempt_at_once(kind, backend, expected):
    assert status_after(submitted(backend, kind), Verdict.suspicious) == expected


@pytest.mark.contract("reviews#never-submitted", "reviews#outcome", "signals#review-saved")
class TestNeverSubmittedAttempts:
    STATUSES = [S.created, S.download_software_clicked, S.ready_to_start, S.started, S.ready_to_submit]

    @pytest.mark.contract("events-and-logs#texts", "transitions#matrix")
    @pytest.mark.parametrize("status", STATUSES)
    def test_a_passing_review_leads_to_an_error_with_one_warning(self, status, caplog):
        attempt = make_attempt(make_exam(backend="rest"), status=status)
        with caplog.at_level(logging.WARNING, logger="edx_proctoring.handlers"):
            assert status_after(attempt, Verdict.clean) == S.error
        assert attempt.completed_at is None
        (record,) = [record for record in caplog.records if record.name == "edx_proctoring.handlers"]
        assert "never-submitted" in record.msg
        assert record.args["status"] == status
        assert set(record.args) == {"review_status", "attempt_id", "status"}
        assert ProctoredExamSoftwareSecureReview.objects.get().review_status == Verdict.clean

    @pytest.mark.contract("published-names#never-submitted-log")
    def test_the_warning_goes_to_the_published_logger(self, monkeypatch):
        from edx_proctoring import handlers

        seen = []
        monkeypatch.setattr(handlers.log, "warning", lambda *args: seen.append(args))
        status_after(make_attempt(status=S.started), Verdict.clean)
        assert len(seen) == 1

    def test_a_failing_review_leads_to_second_review(self):
        attempt = make_attempt(make_exam(backend="rest"), status=S.started)
        assert status_after(attempt, Verdict.suspicious) == S.second_review_required

    def test_a_passing_review_verifies_an_attempt_that_failed_after_its_submission(self):
        attempt = submitted("rest")
        status_change.update_attempt_status(attempt.pk, S.error)
        assert status_after(attempt, Verdict.clean) == S.verified

    def test_a_passing_review_verifies_an_attempt_that_timed_out(self, settings):
        settings.PROCTORING_SETTINGS = {"ALLOW_TIMED_OUT_STATE": True}
        attempt = make_attempt(make_exam(backend="rest"), status=S.started)
        status_change.update_attempt_status(attempt.pk, S.timed_out)
        attempt.refresh_from_db()
        assert attempt.completed_at is None
        status_change.update_attempt_status(attempt.pk, S.second_review_required)
        assert status_after(attempt, Verdict.clean) == S.verified


@pytest.mark.contract(
    "reviews#unchanged-attempts",
    "signals#review-of-unknown-attempt",
    "reviews#outcome",
    "signals#review-saved",
    "tables#attempt-archive",
)
class TestAttemptsThatReviewsDoNotMove:
    def test_an_attempt_replaced_by_a_newer_onboarding_attempt_stays_reset(self, calls, events):
        attempt = make_attempt(make_exam("onboarding"), status=S.onboarding_reset)
        assert status_after(attempt, Verdict.clean) == S.onboarding_reset
        assert calls == []
        assert [name for name, _ in events] == ["edx.special_exam.practice.attempt.review_received"]

    def test_an_archived_attempt_stays_while_the_review_is_kept(self, calls, events):
        attempt = submitted("rest")
        code, exam, user = attempt.attempt_code, attempt.proctored_exam, attempt.user
        attempt.delete()
        events.clear()
        review = make_review(None, Verdict.clean, attempt_code=code, exam=exam, student=user)
        assert calls == []
        assert [name for name, _ in events] == ["edx.special_exam.proctored.attempt.review_received"]
        assert ProctoredExamSoftwareSecureReview.objects.filter(pk=review.pk).exists()

    def test_a_review_of_an_unknown_attempt_is_kept_and_logged(self, calls, events, caplog):
        review = make_review(None, Verdict.clean, attempt_code="NO-SUCH-CODE", exam=None, student=None)
        # The factory's own attempt is not the one that the review names.
        assert calls == []
        assert events == []
        assert "NO-SUCH-CODE" in caplog.text
        assert ProctoredExamSoftwareSecureReview.objects.filter(pk=review.pk).exists()


@pytest.mark.contract("reviews#removed-provider")
class TestProviderNoLongerConfigured:
    def test_without_the_provider_the_review_is_stored_and_the_attempt_stays(self, backends_registry, caplog):
        attempt = submitted("rest")
        del backends_registry["rest"]
        assert status_after(attempt, Verdict.clean) == S.submitted
        assert "not configured" in caplog.text

    def test_with_the_provider_back_saving_the_review_again_moves_the_attempt(self, backends_registry):
        attempt = submitted("rest")
        provider = backends_registry.pop("rest")
        make_review(attempt, Verdict.clean)
        backends_registry["rest"] = provider
        ProctoredExamSoftwareSecureReview.objects.get().save()
        attempt.refresh_from_db()
        assert attempt.status == S.verified

    def test_without_a_default_provider_there_is_no_onboarding_support(self, monkeypatch):
        def missing(*args, **kwargs):
            raise ImproperlyConfigured

        attempt = submitted("test", "onboarding")
        monkeypatch.setattr(backends, "get_backend_provider", missing)
        assert applying._supports_onboarding(None) is False
        assert attempt.status == S.submitted


@pytest.mark.contract("signals#review-saved")
class TestHowTheStatusIsChanged:
    def test_the_change_is_attributed_to_the_reviewer(self, calls):
        attempt, staff = submitted("rest"), make_staff()
        make_review(attempt, Verdict.violation, reviewed_by=staff)
        assert calls == [
            (attempt.pk, S.rejected, {"has_leftovers": False, "actor": staff, "sends_mail": True}),
        ]

    def test_a_review_of_the_provider_is_attributed_to_none(self, calls):
        make_review(submitted("rest"), Verdict.clean)
        assert calls[0][2]["actor"] is None

    def test_a_review_saved_again_unchanged_changes_the_status_again(self, calls):
        make_review(submitted("rest"), Verdict.clean).save()
        assert len(calls) == 2

    def test_a_corrected_review_moves_the_attempt_again(self):
        attempt = submitted("rest")
        review = make_review(attempt, Verdict.suspicious)
        review.review_status = Verdict.clean
        review.save()
        attempt.refresh_from_db()
        assert attempt.status == S.verified


@pytest.mark.contract("reviews#event")
def test_the_event_describes_the_attempt_as_it_was_before(events):
    attempt = submitted("rest")
    events.clear()
    make_review(attempt, Verdict.clean)
    (data,) = [data for name, data in events if name == "edx.special_exam.proctored.attempt.review_received"]
    assert data["attempt_status"] == S.submitted
    assert data["review_attempt_code"] == attempt.attempt_code
    assert data["review_status"] == Verdict.clean
    assert events[-1][0].endswith("review_received")


@pytest.mark.contract("reviews#unchanged-attempts", "signals#attempt-removed")
class TestReviewsOfRemovedAttempts:
    @pytest.mark.contract("signals#attempt-removed")
    def test_a_removed_attempt_deactivates_its_review_without_a_status_change(self, calls):
        attempt = submitted("rest")
        review = make_review(attempt, Verdict.clean)
        calls.clear()
        attempt.refresh_from_db()
        attempt.delete()
        review.refresh_from_db()
        assert review.is_attempt_active is False
        assert calls == []

    def test_deactivating_without_a_review_does_nothing(self):
        applying.deactivate_review_of("NO-SUCH-CODE")
        assert not ProctoredExamSoftwareSecureReview.objects.exists()
