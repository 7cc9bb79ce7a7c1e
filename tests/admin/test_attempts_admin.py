"""Attempts in Django admin."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import simple_history
from django.urls import reverse
from freezegun import freeze_time
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import NOON, make_attempt, make_exam

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempts(pages):
    return pages(ProctoredExamStudentAttempt)


@pytest.mark.contract("admin#attempt-save")
class TestChangingTheStatus:
    def test_goes_through_the_state_machine(self, attempts, credit):
        attempt = make_attempt(status=S.submitted)
        attempts.post(attempt, status=S.verified)
        attempt.refresh_from_db()
        assert attempt.status == S.verified
        assert [kwargs["status"] for _, kwargs in credit.called("set_credit_requirement_status")] == ["satisfied"]

    def test_saving_an_unchanged_status_causes_no_effects(self, attempts, credit, mailoutbox):
        attempt = make_attempt(status=S.verified)
        attempts.post(attempt)
        assert credit.calls == []
        assert mailoutbox == []

    def test_a_forbidden_change_is_explained_without_a_success_message(self, attempts):
        attempt = make_attempt(status=S.verified)
        [message] = attempts.post(attempt, status=S.started)
        assert f"exam_id={attempt.proctored_exam_id}" in message
        attempt.refresh_from_db()
        assert attempt.status == S.verified

    def test_a_change_of_an_attempt_that_was_just_removed_is_explained(self, attempts, monkeypatch):
        attempt = make_attempt(status=S.submitted)
        form = attempts.form(attempt)
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).delete()
        response = attempts.client.post(
            f"/admin/edx_proctoring/proctoredexamstudentattempt/{attempt.pk}/change/", {**form, "status": S.verified}
        )
        assert response.status_code == 302
        assert "exist. Perhaps it was deleted" in attempts.messages(response)[0]

    @pytest.mark.contract("effects#provider-gone")
    @pytest.mark.parametrize("is_gone", [False, True], ids=["control-configured", "gone"])
    def test_says_that_a_provider_which_is_gone_is_told_later(self, attempts, backends_registry, is_gone):
        attempt = make_attempt(make_exam(backend="test"), status=S.started, external_id="ext-1")
        if is_gone:
            del backends_registry["test"]

        shown = attempts.post(attempt, status=S.submitted)

        attempt.refresh_from_db()
        assert attempt.status == S.submitted
        assert any("could not be notified of this change. It will be retried." in text for text in shown) is is_gone
        assert AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE).exists() is is_gone

    def test_other_fields_cannot_be_changed(self, attempts):
        attempt = make_attempt(status=S.error)
        attempts.post(attempt, is_resumable="on", ready_to_resume="on", resumed="on", attempt_code="forged")
        attempt.refresh_from_db()
        assert (attempt.is_resumable, attempt.ready_to_resume, attempt.resumed) == (False, False, False)
        assert attempt.attempt_code != "forged"


@pytest.mark.contract("admin#attempt-error")
class TestAnAttemptThatBrokeOff:
    @pytest.fixture
    def started(self):
        with freeze_time(NOON):
            return make_attempt(status=S.started, started_at=NOON, allowed_time_limit_mins=90)

    def shown(self, attempts, attempt):
        page = attempts.client.get(f"/admin/edx_proctoring/proctoredexamstudentattempt/{attempt.pk}/change/")
        values = re.findall(
            r'field-(error_reported_at|time_left_at_error).*?<div class="readonly">(.*?)</div>',
            page.content.decode(),
            re.S,
        )
        return dict(values)

    def test_shows_when_a_learner_reported_the_error_and_what_was_left(self, attempts, started):
        with freeze_time(NOON + timedelta(minutes=20)):
            client = APIClient()
            client.force_login(started.user)
            url = reverse("edx_proctoring:proctored_exam.attempt", args=[started.pk])
            assert client.put(url, {"action": "error"}, format="json").status_code == 200
        with freeze_time(NOON + timedelta(minutes=50)):
            api.mark_exam_attempt_as_ready_to_resume(started.pk)

        assert self.shown(attempts, started) == {
            "error_reported_at": "March 2, 2026, 12:20 p.m.",
            "time_left_at_error": "1 hour and 10 minutes",
        }

    def test_shows_what_the_clock_said_when_the_provider_reported_it(self, attempts, started):
        with freeze_time(NOON + timedelta(minutes=60)):
            api.update_attempt_status(started.pk, S.error)

        assert self.shown(attempts, started)["time_left_at_error"] == "30 minutes"

    def test_shows_nothing_of_an_attempt_without_an_error(self, attempts, started):
        assert self.shown(attempts, started) == {"error_reported_at": "-", "time_left_at_error": "-"}


@pytest.mark.contract("admin#attempt-statuses")
class TestOfferedStatuses:
    def offered(self, attempts, attempt):
        return [name for name, _ in attempts.get(attempt).context["adminform"].form.fields["status"].choices]

    PUBLISHED = [
        "created",
        "download_software_clicked",
        "ready_to_start",
        "started",
        "ready_to_submit",
        "declined",
        "timed_out",
        "submitted",
        "second_review_required",
        "verified",
        "rejected",
        "error",
    ]

    def test_are_the_published_ones_in_order(self, attempts):
        assert self.offered(attempts, make_attempt()) == self.PUBLISHED

    def test_include_the_onboarding_errors_in_debug_mode(self, attempts, settings):
        settings.DEBUG = True
        assert self.offered(attempts, make_attempt())[12:] == [
            "onboarding_missing",
            "onboarding_failed",
            "onboarding_pending",
            "onboarding_expired",
        ]

    @pytest.mark.parametrize("status", [S.onboarding_reset, S.onboarding_missing])
    def test_always_include_the_current_status(self, attempts, status):
        attempt = make_attempt(status=status)
        assert self.offered(attempts, attempt) == [*self.PUBLISHED, status]
        attempts.post(attempt)
        attempt.refresh_from_db()
        assert attempt.status == status


@pytest.mark.contract("admin#attempt-list")
class TestList:
    @pytest.mark.parametrize("size", [2, 12])
    def test_takes_a_constant_number_of_queries(self, attempts, size, django_assert_max_num_queries):
        for _ in range(size):
            make_attempt()
        with django_assert_max_num_queries(8):
            response = attempts.open_list()
        assert response.content.count(b"CODE-") >= size

    def test_can_be_filtered_by_course(self, attempts):
        attempt = make_attempt(make_exam(course_id="course-v1:Other+1+1"))
        make_attempt()
        assert attempts.rows(proctored_exam__course_id="course-v1:Other+1+1") == [attempt]
        assert b"Other 1 1" in attempts.open_list().content

    def test_can_be_searched_by_learner_and_code(self, attempts):
        attempt = make_attempt()
        make_attempt()
        assert attempts.rows(q=attempt.user.username) == [attempt]
        assert attempts.rows(q=attempt.attempt_code) == [attempt]


@pytest.mark.contract("admin#attempt-permissions")
def test_attempts_cannot_be_added_or_deleted(attempts):
    attempt = make_attempt()
    assert attempts.add().status_code == 403
    url = f"/admin/edx_proctoring/proctoredexamstudentattempt/{attempt.pk}/delete/"
    assert attempts.client.post(url, {"post": "yes"}).status_code == 403
    assert ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).exists()


@pytest.mark.contract("admin#attempt-list")
def test_the_history_shows_the_statuses(attempts, settings):
    """The templates belong to simple_history, an app that hosts install and the test project does not."""
    folder = Path(simple_history.__file__).parent
    libraries = {
        module.stem: f"simple_history.templatetags.{module.stem}"
        for module in (folder / "templatetags").glob("[!_]*.py")
    }
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [
        {**engine, "DIRS": [str(folder / "templates")], "OPTIONS": {**engine["OPTIONS"], "libraries": libraries}}
    ]
    attempt = make_attempt(status=S.started)
    attempt.status = S.submitted
    attempt.save()
    response = attempts.client.get(f"/admin/edx_proctoring/proctoredexamstudentattempt/{attempt.pk}/history/")
    assert response.status_code == 200
    text = response.content.decode()
    assert S.started in text
    assert S.submitted in text
