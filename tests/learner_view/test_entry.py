"""What is decided before the tables: role, exam, provider, creation of exams."""

import logging
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import api
from edx_proctoring.api.learner import page
from edx_proctoring.models import ProctoredExam
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam, make_user
from tests.learner_view.conftest import tomorrow, yesterday

pytestmark = pytest.mark.django_db

CONTENT_ID = "block-v1:Demo+PROC+2026+type@sequential+block@unregistered"


@pytest.mark.contract("learner-pages#role")
def test_staff_see_the_content_without_a_query(look, django_assert_num_queries):
    exam, user = make_exam(), make_user()
    with django_assert_num_queries(0):
        assert look(exam, user, role="staff").html is None


@pytest.mark.contract("learner-pages#inactive-exam")
def test_the_content_of_an_inactive_exam_is_shown(look):
    assert look(make_exam(is_active=False), make_user()).html is None


@pytest.mark.contract("learner-pages#exam-kind")
@pytest.mark.parametrize("kind", ["practice", "onboarding", "proctored"])
def test_after_the_end_of_the_course_proctored_content_is_shown(look, kind):
    exam, user = make_exam(kind), make_user()
    assert look(exam, user, credit_state={"course_end_date": yesterday()}).html is None
    assert look(exam, user, credit_state={"course_end_date": tomorrow()}).html is not None


def test_a_course_end_without_a_zone_is_read_as_utc(look):
    naive = (timezone.now() - timedelta(hours=1)).replace(tzinfo=None)
    assert look(make_exam(), make_user(), credit_state={"course_end_date": naive}).html is None


@pytest.mark.contract("learner-pages#exam-kind")
def test_the_course_end_given_by_the_host_does_not_end_a_timed_exam(look):
    assert look(make_exam("timed"), make_user(), credit_state={"course_end_date": yesterday()}).html is not None


@pytest.mark.contract("learner-pages#exam-kind")
def test_the_content_of_an_unproctored_practice_exam_is_shown(look):
    assert look(make_exam("timed", is_practice_exam=True), make_user()).html is None


@pytest.mark.contract("host-services#reads-never-fail")
@pytest.mark.parametrize("user_id", [None, 4711, "no id", 10**30], ids=["not-signed-in", "gone", "no-id", "huge"])
@pytest.mark.parametrize("kind", ["timed", "proctored", "practice", "onboarding"])
def test_an_unknown_user_gets_a_page_instead_of_content_or_an_error(kind, user_id):
    exam = make_exam(kind)
    html = api.get_student_view(user_id, COURSE, exam.content_id, {})
    assert f'data-exam-id="{exam.pk}"' in html


@pytest.mark.contract("host-services#reads-never-fail", "learner-pages#keys")
def test_an_unregistered_exam_named_in_bytes_is_created_with_text_ids():
    context = {"display_name": "Unregistered", "default_time_limit_mins": 90}
    html = api.get_student_view(make_user().id, COURSE.encode(), CONTENT_ID.encode(), context)
    exam = ProctoredExam.objects.get()
    assert (exam.course_id, exam.content_id) == (COURSE, CONTENT_ID)
    assert f'data-exam-id="{exam.pk}"' in html


@pytest.mark.contract("learner-pages#keys")
def test_ids_may_be_key_objects():
    exam, user = make_exam(content_id=CONTENT_ID), make_user()
    html = api.get_student_view(user.id, CourseKey.from_string(COURSE), UsageKey.from_string(CONTENT_ID), {})
    assert f'data-exam-id="{exam.id}"' in html


@pytest.mark.contract("learner-pages#due-date")
def test_the_hosts_due_date_replaces_the_stored_one(look):
    exam, user = make_exam("timed", due_date=yesterday()), make_user()
    assert look(exam, user).template == "timed_exam/entrance.html"
    assert look(exam, user, due_date=yesterday()).template == "timed_exam/expired.html"


@pytest.mark.contract("learner-pages#exam-creation")
class TestUnregisteredExam:
    @staticmethod
    def look(user, **context):
        return api.get_student_view(user.id, COURSE, CONTENT_ID, context)

    def test_is_created_as_a_timed_exam(self):
        html = self.look(make_user(), display_name="Midterm", default_time_limit_mins=45)
        exam = ProctoredExam.objects.get()
        assert (exam.exam_name, exam.time_limit_mins, exam.is_proctored) == ("Midterm", 45, False)
        assert "Midterm is a Timed Exam" in html

    def test_is_created_with_the_hosts_values(self):
        due = tomorrow()
        self.look(
            make_user(),
            display_name="Final",
            default_time_limit_mins=30,
            is_proctored=True,
            is_practice_exam=True,
            due_date=due,
            hide_after_due=True,
        )
        exam = ProctoredExam.objects.get()
        assert (exam.is_proctored, exam.is_practice_exam, exam.due_date, exam.hide_after_due) == (True, True, due, True)

    def test_described_as_practice_only_is_created_as_a_timed_exam(self):
        html = self.look(make_user(), display_name="Try", default_time_limit_mins=10, is_practice_exam=True)
        assert "Try is a Timed Exam" in html

    def test_without_a_name_is_named_after_its_content_id(self):
        self.look(make_user(), display_name=None, default_time_limit_mins=0)
        exam = ProctoredExam.objects.get()
        assert (exam.exam_name, exam.time_limit_mins) == (CONTENT_ID, 0)

    @pytest.mark.parametrize("context", [{"display_name": "Name"}, {"default_time_limit_mins": 10}])
    def test_without_name_or_limit_in_the_context_raises_key_error(self, context):
        with pytest.raises(KeyError):
            self.look(make_user(), **context)


@pytest.mark.contract("learner-pages#misconfigured-provider")
class TestMisconfiguredProvider:
    @pytest.fixture(autouse=True)
    def _log_again(self):
        page._report_misconfigured.cache_clear()

    def test_raises_and_is_logged_once(self, look, caplog):
        exam, user = make_exam(backend="nobody"), make_user()
        with caplog.at_level(logging.ERROR):
            for _ in range(2):
                with pytest.raises(NotImplementedError):
                    look(exam, user)
        ours = [record.getMessage() for record in caplog.records if record.name == page.__name__]
        assert ours == [f"exam's provider is not configured: exam_id={exam.id} backend=nobody"]

    def test_is_explained_where_it_is_configured_and_could_not_be_built(self, look, monkeypatch):
        config = apps.get_app_config("edx_proctoring")
        monkeypatch.setattr(config, "broken_backends", {"broken": ImportError("no such module")})
        exam, user = make_exam(backend="broken"), make_user()
        assert look(exam, user).template == "proctored_exam/misconfigured.html"

    @pytest.mark.parametrize("value", [True, "true"])
    def test_is_explained_to_the_learner_where_the_setting_is_on(self, look, settings, value):
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "EXPLAIN_MISCONFIGURED_PROVIDER": value}
        exam, user = make_exam(backend="nobody"), make_user()
        assert look(exam, user).template == "proctored_exam/misconfigured.html"

    @pytest.mark.parametrize("value", [False, "false", "{add true or false here}"])
    def test_is_raised_to_the_platform_where_it_is_off(self, look, settings, value):
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "EXPLAIN_MISCONFIGURED_PROVIDER": value}
        exam, user = make_exam(backend="nobody"), make_user()
        with pytest.raises(NotImplementedError):
            look(exam, user)


@pytest.mark.contract("learner-pages#misconfigured-provider")
@pytest.mark.parametrize("kind", ["practice", "onboarding"])
class TestPracticeOfAProviderThatIsGone:
    """Only the provider tells practice from onboarding, so these pages fit both."""

    @pytest.fixture
    def look_when_gone(self, look, backends_registry):
        def look_at(kind, status, **fields):
            exam, user = make_exam(kind, backend="test"), make_user()
            make_attempt(exam, user, status, **fields)
            del backends_registry["test"]
            return look(exam, user)

        return look_at

    @pytest.mark.parametrize(
        ("status", "fields", "heading"),
        [
            (S.submitted, {}, "You have submitted your session"),
            (S.second_review_required, {}, "You have submitted your session"),
            (S.rejected, {}, "Your session did not pass its review"),
            (S.error, {}, "Your session ended before it was complete"),
            (S.error, {"ready_to_resume": True}, "Your session ended before it was complete"),
        ],
    )
    def test_a_session_that_ended_is_explained_in_words_that_fit_both(
        self, look_when_gone, kind, status, fields, heading
    ):
        seen = look_when_gone(kind, status, **fields)
        assert seen.template == "practice_exam/without_provider.html"
        assert heading in seen.html
        assert "is not set up at the moment" in seen.html
        assert re.findall("practice|onboarding", seen.html, re.I) == []
        # Whatever a button could do here, the provider would have to do.
        assert "<button" not in seen.html

    def test_a_verified_session_needs_nothing_more(self, look_when_gone, kind):
        seen = look_when_gone(kind, S.verified)
        assert "Your session was reviewed successfully" in seen.html
        assert "not set up" not in seen.html

    def test_a_session_that_runs_goes_on_and_ends(self, look_when_gone, kind):
        assert look_when_gone(kind, S.started).html is None

    def test_the_question_before_the_end_is_asked(self, look_when_gone, kind):
        assert look_when_gone(kind, S.ready_to_submit).template == "proctored_exam/ready_to_submit.html"

    def test_another_state_opens_nothing(self, look_when_gone, kind):
        assert look_when_gone(kind, S.onboarding_reset).template == "common/unexpected_state.html"


@pytest.mark.contract("learner-pages#context", "learner-pages#grace-period")
def test_the_callers_dict_is_updated_to_the_templates_context(look):
    exam, user = make_exam("timed"), make_user()
    make_attempt(exam, user, S.submitted)
    seen = look(exam, user, due_date=yesterday(), grace_period=timedelta(days=2))
    assert seen.context["exam_id"] == exam.id
    # A caller may remove the deadline and call again.
    seen.context.pop("wait_deadline")
    seen.context["grace_period"] = timedelta(hours=1)
    assert api.get_student_view(user.id, exam.course_id, exam.content_id, seen.context) is None
    assert "wait_deadline" not in seen.context


@pytest.mark.contract("learner-pages#course-end")
@pytest.mark.parametrize(
    ("dates", "is_logged"),
    [
        pytest.param({("course", "end"): "soon"}, True, id="a-text"),
        pytest.param({("course", "end"): None}, False, id="nothing"),
        pytest.param({}, False, id="no-such-entry"),
    ],
)
def test_an_invalid_course_end_does_not_end_a_timed_exam(look, date_service, monkeypatch, caplog, dates, is_logged):
    monkeypatch.setattr(date_service, "get_dates_for_course", lambda *args, **kwargs: dates)
    exam = make_exam("timed")
    with caplog.at_level(logging.ERROR):
        assert look(exam, make_user()).template == "timed_exam/entrance.html"
    text = f"Could not retrieve course end date for course_id={exam.course_id}"
    assert any(record.getMessage().startswith(text) for record in caplog.records) is is_logged


@pytest.mark.contract("learner-pages#imported-names")
@pytest.mark.parametrize(
    "name",
    [
        "get_student_view",
        "create_proctoring_attempt_status_email",
        "get_current_exam_attempt",
        "_are_prerequirements_satisfied",
        "_get_ordered_prerequisites",
        "_calculate_allowed_mins",
        "_get_email_template_paths",
        "_get_proctoring_escalation_email",
        "get_integration_specific_email",
        "JUMPTO_SUPPORTED_NAMESPACES",
        "SHOW_EXPIRY_MESSAGE_DURATION",
    ],
)
def test_the_api_has_the_names_that_outside_code_imports(name):
    assert hasattr(api, name)
