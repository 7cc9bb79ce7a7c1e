"""The variables that the templates get."""

import logging
from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from edx_proctoring.api.learner import page_context
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_allowance, make_attempt, make_exam, make_user
from tests.learner_view.conftest import tomorrow

pytestmark = pytest.mark.django_db

TIMED_KEYS = {
    "exam_id",
    "exam_name",
    "course_id",
    "total_time",
    "hide_extra_time_footer",
    "will_be_revealed",
    "has_time_expired",
    "does_time_remain",
    "enter_exam_endpoint",
    "change_state_url",
    "progress_page_url",
}
PROCTORED_KEYS = {
    "platform_name",
    "total_time",
    "exam_id",
    "exam_display_name",
    "progress_page_url",
    "is_sample_attempt",
    "has_due_date",
    "has_due_date_passed",
    "able_to_reenter_exam",
    "enter_exam_endpoint",
    "exam_started_poll_url",
    "change_state_url",
    "update_is_status_acknowledge_url",
    "link_urls",
    "tech_support_email",
    "proctoring_escalation_email",
    "exam_review_policy",
    "backend_js_bundle",
    "provider_name",
    "provider_tech_support_email",
    "provider_tech_support_phone",
    "learner_notification_from_email",
    "integration_specific_email",
    "ping_interval",
    "reset_link",
    "can_view_content_past_due",
}
SET_UP_KEYS = {"backend_instructions", "software_download_url"}


@pytest.mark.contract("page-context#timed")
def test_a_timed_page_gets_all_variables_of_the_contract(look):
    assert look(make_exam("timed"), make_user()).context.keys() >= TIMED_KEYS


@pytest.mark.contract("page-context#proctored")
@pytest.mark.parametrize("kind", ["practice", "onboarding", "proctored"])
def test_a_proctored_page_gets_all_variables_of_the_contract(look, kind):
    context = look(make_exam(kind), make_user()).context
    assert context.keys() >= PROCTORED_KEYS
    assert "exam_code" not in context


def test_without_an_attempt_its_urls_are_empty(look):
    context = look(make_exam(), make_user()).context
    names = ("exam_started_poll_url", "change_state_url", "update_is_status_acknowledge_url")
    assert [context[name] for name in names] == ["", "", ""]


@pytest.mark.contract("page-context#proctored")
def test_with_an_attempt_its_urls_are_set(look):
    exam, user = make_exam(), make_user()
    attempt = make_attempt(exam, user, S.submitted)
    context = look(exam, user).context
    assert context["change_state_url"].endswith(f"/proctored_exam/attempt/{attempt.id}")
    assert context["update_is_status_acknowledge_url"].endswith(f"/attempt/{attempt.id}/review_status")
    assert context["exam_code"] == attempt.attempt_code


@pytest.mark.contract("page-context#reset-link")
@pytest.mark.parametrize("name", ["progress_page_url", "reset_link"])
def test_the_url_of_a_page_that_the_host_lacks_is_empty(look, caplog, name):
    with caplog.at_level(logging.ERROR):
        assert look(make_exam(), make_user()).context[name] == ""
    assert any("host page not found" in record.getMessage() for record in caplog.records)


@pytest.mark.contract("page-context#reset-link")
@pytest.mark.parametrize(("https", "scheme"), [("on", "https"), ("off", "http")])
def test_the_password_reset_link_is_an_absolute_url(look, settings, https, scheme):
    settings.HTTPS = https
    settings.ROOT_URLCONF = "tests.learner_view.host_urls"
    link = look(make_exam(), make_user(is_active=False)).context["reset_link"]
    assert link == f"{scheme}://{settings.SITE_NAME}/password_assistance"


@pytest.mark.contract("page-context#set-up")
@pytest.mark.parametrize("status", [S.created, S.download_software_clicked])
def test_during_set_up_the_provider_is_asked_for_instructions(look, status):
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, status)
    assert look(exam, user).context.keys() >= SET_UP_KEYS


@pytest.mark.contract("page-context#set-up")
@pytest.mark.parametrize("status", [S.ready_to_start, S.ready_to_submit, S.submitted, S.verified, S.error])
def test_after_set_up_the_provider_is_not_asked(look, test_backend, monkeypatch, status):
    def refuse(attempt):
        raise AssertionError("asked")

    monkeypatch.setattr(test_backend, "get_attempt", refuse)
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, status)
    assert not look(exam, user).context.keys() & SET_UP_KEYS


@pytest.mark.contract("learner-pages#provider-outage")
def test_when_the_provider_is_down_the_page_is_shown_without_the_download_link(look, test_backend, monkeypatch, caplog):
    def fail(attempt):
        raise ConnectionError("secret-token")

    monkeypatch.setattr(test_backend, "get_attempt", fail)
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.created)
    with caplog.at_level(logging.WARNING):
        seen = look(exam, user)
    assert "does not answer at the moment" in seen.html
    assert "Try again" in seen.html
    assert 'id="software_download_link"' not in seen.html
    assert "error=ConnectionError" in caplog.text
    assert "secret-token" not in caplog.text


@pytest.mark.contract("page-context#total-time")
class TestTotalTime:
    def test_without_an_attempt_is_what_the_learner_would_get_now(self, look):
        exam, user = make_exam(time_limit_mins=60), make_user()
        make_allowance(exam, user, value="30")
        assert look(exam, user).context["total_time"] == "1 hour and 30 minutes"

    def test_is_shortened_by_the_due_date(self, look):
        exam, user = make_exam("timed", time_limit_mins=60), make_user()
        due = tomorrow() - timedelta(hours=23, minutes=29, seconds=30)
        assert look(exam, user, due_date=due).context["total_time"] == "30 minutes"

    def test_of_a_started_attempt_is_the_limit_fixed_at_its_start(self, look):
        exam, user = make_exam(time_limit_mins=60), make_user()
        make_attempt(exam, user, S.ready_to_submit, allowed_time_limit_mins=45)
        assert look(exam, user).context["total_time"] == "45 minutes"

    def test_of_an_interrupted_attempt_is_the_time_that_was_left(self, look):
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, S.error, ready_to_resume=True, time_remaining_seconds=600, allowed_time_limit_mins=90)
        assert look(exam, user).context["total_time"] == "10 minutes"


@pytest.mark.contract("page-context#due-date-before-start")
class TestDueDateBeforeTheStart:
    @pytest.mark.parametrize(
        ("kind", "due_in_hours", "is_given", "is_cut"),
        [
            pytest.param("timed", 24, True, False, id="timed"),
            pytest.param("timed", 1, True, True, id="timed-and-cut"),
            pytest.param("proctored", 24, True, False, id="proctored"),
            pytest.param("proctored", 1, True, True, id="proctored-and-cut"),
            pytest.param("practice", 24, False, False, id="practice-goes-on-after-its-due-date"),
            pytest.param("practice", 1, True, True, id="practice-and-cut"),
        ],
    )
    def test_is_given_with_what_it_does_to_the_limit(self, look, kind, due_in_hours, is_given, is_cut):
        due = timezone.now() + timedelta(hours=due_in_hours)
        context = look(make_exam(kind, time_limit_mins=90), make_user(), due_date=due).context
        assert context["due_date_moment"] == (due if is_given else None)
        assert (context["is_time_cut_by_due_date"], context["full_time"]) == (is_cut, "1 hour and 30 minutes")

    @pytest.mark.parametrize(("due_in_hours", "extra"), [(24, "30 minutes"), (1, "")])
    def test_granted_extra_time_is_given_in_words_unless_it_is_cut(self, look, due_in_hours, extra):
        exam, user = make_exam("timed", time_limit_mins=60), make_user()
        make_allowance(exam, user, value="30")
        context = look(exam, user, due_date=timezone.now() + timedelta(hours=due_in_hours)).context
        assert (context["full_time"], context["extra_time"]) == ("1 hour and 30 minutes", extra)

    def test_is_not_given_after_the_start(self, look):
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, S.ready_to_submit)
        assert look(exam, user, due_date=tomorrow()).context["due_date_moment"] is None


@pytest.mark.contract("page-context#end-of-attempt")
@pytest.mark.parametrize("kind", ["timed", "proctored", "practice"])
@pytest.mark.parametrize(
    ("used", "by_clock"), [pytest.param(90, True, id="time-was-up"), pytest.param(89, False, id="handed-in")]
)
def test_the_end_of_an_attempt_is_given_with_its_cause(look, kind, used, by_clock):
    exam, user = make_exam(kind), make_user()
    ended = timezone.now() - timedelta(days=1)
    make_attempt(
        exam,
        user,
        S.submitted,
        started_at=ended - timedelta(minutes=used),
        completed_at=ended,
        allowed_time_limit_mins=90,
    )
    context = look(exam, user).context
    assert (context["completed_at"], context["was_ended_by_clock"]) == (ended, by_clock)


@pytest.mark.contract("page-context#re-enter")
@pytest.mark.parametrize(
    ("blocked", "able"), [pytest.param(False, True, id="open"), pytest.param(True, False, id="blocked-by-provider")]
)
def test_a_learner_may_reenter_unless_the_provider_blocks_the_content(look, test_backend, monkeypatch, blocked, able):
    monkeypatch.setattr(test_backend, "should_block_access_to_exam_material", lambda: blocked)
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.ready_to_submit)
    seen = look(exam, user)
    assert seen.context["able_to_reenter_exam"] is able
    assert ('name="goback-proctored-exam"' in seen.html) is able


@pytest.mark.contract("page-context#refusals")
class TestOnboardingError:
    def test_without_an_onboarding_exam_there_is_no_link(self, look):
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, S.onboarding_missing)
        assert look(exam, user).context["onboarding_link"] == ""

    def test_with_an_onboarding_exam_there_is_a_link_to_it(self, look):
        onboarding = make_exam("onboarding")
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, S.onboarding_failed)
        seen = look(exam, user)
        assert seen.context["onboarding_status"] == S.onboarding_failed
        assert seen.context["onboarding_link"] == f"/courses/{COURSE}/jump_to/{onboarding.content_id}"
        assert f'href="{seen.context["onboarding_link"]}"' in seen.html

    def test_a_pending_profile_gets_no_link(self, look):
        make_exam("onboarding")
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, S.onboarding_pending)
        assert "jump_to" not in look(exam, user).html


@pytest.mark.contract("host-services#reads-never-fail")
def test_when_the_provider_has_no_script_url_the_page_is_shown_without_one(look, test_backend, monkeypatch):
    def broken():
        raise FileNotFoundError("workers.json")

    monkeypatch.setattr(test_backend, "get_javascript", broken)
    assert look(make_exam(), make_user()).context["backend_js_bundle"] == ""


class TestEscalation:
    def test_an_attempt_in_error_shows_the_course_teams_address(self, look, instructor):
        instructor.service.mock_proctoring_escalation_email("team@example.com")
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, S.error)
        assert "mailto:team@example.com" in look(exam, user).html

    def test_an_unknown_course_has_no_address(self, look, instructor):
        instructor.service.mock_proctoring_escalation_email_error(ObjectDoesNotExist())
        assert look(make_exam(), make_user()).context["proctoring_escalation_email"] is None


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(None, id="no-attempt"),
        pytest.param(ProctoredExamStudentAttempt(status=S.started), id="running"),
        pytest.param(ProctoredExamStudentAttempt(status=S.submitted), id="submitted-without-times"),
    ],
)
def test_an_attempt_that_the_clock_did_not_end_is_not_reported_as_expired(attempt):
    assert page_context.has_time_expired(attempt) is False
