"""Which page is shown in which situation. One case per row of a table."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests import mock_perm
from tests.factories import make_attempt, make_exam, make_user
from tests.learner_view.conftest import tomorrow, yesterday

pytestmark = pytest.mark.django_db

CONTENT = None
UNEXPECTED = "common/unexpected_state.html"
READY_TO_START = "proctored_exam/ready_to_start.html"
NO_TIME = "common/no_time_left.html"
SECONDS_LEFT = {"ready_to_resume": True, "time_remaining_seconds": 59}
PAST = {"due_date": yesterday}
FUTURE = {"due_date": tomorrow}
GRACE = timedelta(days=2)


def in_seconds() -> Any:
    """A due date that leaves less than a minute."""
    return timezone.now() + timedelta(seconds=50)


# What creating an attempt at a timed exam leaves, and an opt-out that failed halfway.
UNREGISTERED = {"taking_as_proctored": False, "external_id": None}


def case(name: str, status: str | None, expected: str | None, host: Any = None, **attempt: Any) -> Any:
    """Return a case: the host's context (values may be callables), the attempt's fields, the expected template."""
    return pytest.param(status, host or {}, attempt, expected, id=name.replace(" ", "-"))


def resolve(host: dict[str, Any]) -> dict[str, Any]:
    return {key: value() if callable(value) else value for key, value in host.items()}


TIMED = [
    case("no attempt and past due", None, "timed_exam/expired.html", PAST),
    case("created and past due", S.created, "timed_exam/expired.html", PAST),
    case("no attempt", None, "timed_exam/entrance.html"),
    case("no attempt and due tomorrow", None, "timed_exam/entrance.html", FUTURE),
    case("created", S.created, "timed_exam/entrance.html"),
    case("started and past due", S.started, "timed_exam/expired.html", PAST),
    case("ready to submit and past due", S.ready_to_submit, "timed_exam/expired.html", PAST),
    case("started", S.started, CONTENT),
    case("ready to submit", S.ready_to_submit, "timed_exam/ready_to_submit.html"),
    case("submitted", S.submitted, "timed_exam/submitted.html"),
    case("submitted and past due", S.submitted, CONTENT, PAST),
    case(
        "submitted and past due in the grace period",
        S.submitted,
        "timed_exam/submitted.html",
        {**PAST, "grace_period": GRACE},
    ),
    case("submitted and grace period over", S.submitted, CONTENT, {**PAST, "grace_period": timedelta(hours=1)}),
    case("declined while it was proctored", S.declined, "timed_exam/entrance.html"),
    case("declined and past due", S.declined, "timed_exam/expired.html", PAST),
    case("set up while it was proctored", S.ready_to_start, "timed_exam/entrance.html", taking_as_proctored=True),
    case("software clicked while it was proctored", S.download_software_clicked, "timed_exam/entrance.html"),
    case("onboarding missing while it was proctored", S.onboarding_missing, "timed_exam/entrance.html"),
    case("onboarding pending while it was proctored", S.onboarding_pending, "timed_exam/entrance.html"),
    case("onboarding failed while it was proctored", S.onboarding_failed, "timed_exam/entrance.html"),
    case("onboarding expired while it was proctored", S.onboarding_expired, "timed_exam/entrance.html"),
    case("no attempt and due in seconds", None, NO_TIME, {"due_date": in_seconds}),
    case("created and due in seconds", S.created, NO_TIME, {"due_date": in_seconds}),
    case("verified", S.verified, "timed_exam/submitted.html"),
    case("verified and past due", S.verified, CONTENT, PAST),
    case(
        "verified and past due in the grace period",
        S.verified,
        "timed_exam/submitted.html",
        {**PAST, "grace_period": GRACE},
    ),
    case("rejected by staff", S.rejected, "timed_exam/submitted.html"),
    case("rejected and past due", S.rejected, CONTENT, PAST),
    case("second review", S.second_review_required, "timed_exam/submitted.html"),
    case("second review and past due", S.second_review_required, CONTENT, PAST),
    case("errored", S.error, "timed_exam/error.html"),
    case("error and past due", S.error, "timed_exam/error.html", PAST),
    case("error and released", S.error, "timed_exam/entrance.html", ready_to_resume=True),
    case("error released and past due", S.error, "timed_exam/expired.html", PAST, ready_to_resume=True),
    case("error and released with seconds left", S.error, NO_TIME, **SECONDS_LEFT),
]

PRACTICE = [
    case("no attempt", None, "practice_exam/entrance.html"),
    case("no attempt and past due", None, "practice_exam/entrance.html", PAST),
    case("error and released", S.error, "proctored_exam/ready_to_resume.html", ready_to_resume=True),
    case("error released and taken up", S.error, "practice_exam/error.html", ready_to_resume=True, resumed=True),
    case("error and released with seconds left", S.error, NO_TIME, **SECONDS_LEFT),
    case("set up with seconds left", S.ready_to_start, NO_TIME, time_remaining_seconds=59),
    case("started", S.started, CONTENT),
    case("created", S.created, "proctored_exam/instructions.html"),
    case("software clicked", S.download_software_clicked, "proctored_exam/instructions.html"),
    case("ready to start", S.ready_to_start, "proctored_exam/ready_to_start.html"),
    case("error", S.error, "practice_exam/error.html"),
    case("submitted", S.submitted, "practice_exam/submitted.html"),
    case("ready to submit", S.ready_to_submit, "proctored_exam/ready_to_submit.html"),
    case("verified", S.verified, "practice_exam/submitted.html"),
    case("rejected", S.rejected, "practice_exam/submitted.html"),
    case("second review", S.second_review_required, "practice_exam/submitted.html"),
    case("reset", S.onboarding_reset, UNEXPECTED),
]

ONBOARDING = [
    case("no attempt", None, "onboarding_exam/entrance.html"),
    case("no attempt and past due", None, "proctored_exam/expired.html", PAST),
    case("created and past due", S.created, NO_TIME, PAST),
    case("no attempt and due in seconds", None, NO_TIME, {"due_date": in_seconds}),
    case("error and released with seconds left", S.error, NO_TIME, **SECONDS_LEFT),
    case("error and released", S.error, "proctored_exam/ready_to_resume.html", ready_to_resume=True),
    case("started", S.started, CONTENT),
    case("created", S.created, "proctored_exam/instructions.html"),
    case("software clicked", S.download_software_clicked, "proctored_exam/instructions.html"),
    case("ready to start", S.ready_to_start, "proctored_exam/ready_to_start.html"),
    case("error", S.error, "onboarding_exam/error.html"),
    case("submitted", S.submitted, "onboarding_exam/submitted.html"),
    case("second review", S.second_review_required, "onboarding_exam/submitted.html"),
    case("ready to submit", S.ready_to_submit, "onboarding_exam/ready_to_submit.html"),
    case("verified", S.verified, "onboarding_exam/verified.html"),
    case("rejected", S.rejected, "onboarding_exam/rejected.html"),
    case("reset", S.onboarding_reset, UNEXPECTED),
]

PROCTORED = [
    case("declined", S.declined, CONTENT),
    case("no attempt", None, "proctored_exam/entrance.html"),
    case("no attempt and past due", None, "proctored_exam/expired.html", PAST),
    case("created and past due", S.created, "proctored_exam/expired.html", PAST),
    case("started and past due", S.started, "proctored_exam/expired.html", PAST),
    case("no attempt and due in seconds", None, NO_TIME, {"due_date": in_seconds}),
    case("error and released with seconds left", S.error, NO_TIME, **SECONDS_LEFT),
    case("created with seconds left", S.created, NO_TIME, time_remaining_seconds=59),
    case("set up with seconds left", S.ready_to_start, NO_TIME, time_remaining_seconds=59),
    case("set up with 60 seconds left", S.ready_to_start, READY_TO_START, time_remaining_seconds=60),
    case("created while it was timed", S.created, "proctored_exam/entrance.html", **UNREGISTERED),
    case("created while it was timed and past due", S.created, "proctored_exam/expired.html", PAST, **UNREGISTERED),
    case("verified while it was practice", S.verified, "proctored_exam/entrance.html", is_sample_attempt=True),
    case("started while it was practice", S.started, "proctored_exam/entrance.html", is_sample_attempt=True),
    case("error and released", S.error, "proctored_exam/ready_to_resume.html", ready_to_resume=True),
    case("error released and past due", S.error, "proctored_exam/expired.html", PAST, ready_to_resume=True),
    case("started", S.started, CONTENT),
    case("created", S.created, "proctored_exam/instructions.html"),
    case("software clicked", S.download_software_clicked, "proctored_exam/instructions.html"),
    case("ready to start", S.ready_to_start, "proctored_exam/ready_to_start.html"),
    case("error", S.error, "proctored_exam/error.html"),
    case("submitted", S.submitted, "proctored_exam/submitted.html"),
    case("submitted and past due", S.submitted, "proctored_exam/submitted.html", PAST),
    case("second review", S.second_review_required, "proctored_exam/submitted.html"),
    case("verified", S.verified, "proctored_exam/verified.html"),
    case("rejected", S.rejected, "proctored_exam/rejected.html"),
    case("ready to submit", S.ready_to_submit, "proctored_exam/ready_to_submit.html"),
    case("onboarding missing", S.onboarding_missing, "proctored_exam/onboarding_error.html"),
    case("onboarding pending", S.onboarding_pending, "proctored_exam/onboarding_error.html"),
    case("onboarding failed", S.onboarding_failed, "proctored_exam/onboarding_error.html"),
    case("onboarding expired", S.onboarding_expired, "proctored_exam/onboarding_error.html"),
    case("expired", S.expired, UNEXPECTED),
    case("eligible", S.eligible, UNEXPECTED),
]


def check(look: Any, kind: str, status: str | None, host: Any, attempt: Any, expected: str | None) -> None:
    exam, user = make_exam(kind), make_user()
    if status is not None:
        make_attempt(exam, user, status, **attempt)
    seen = look(exam, user, **resolve(host))
    assert seen.template == expected


@pytest.mark.contract(
    "learner-pages#timed", "learner-pages#grace-period", "learner-pages#not-entered", "learner-pages#no-time-left"
)
@pytest.mark.parametrize(("status", "host", "attempt", "expected"), TIMED)
def test_each_row_of_the_timed_table_shows_its_page(look, status, host, attempt, expected):
    check(look, "timed", status, host, attempt, expected)


@pytest.mark.contract("learner-pages#practice", "learner-pages#unexpected-state", "learner-pages#no-time-left")
@pytest.mark.parametrize(("status", "host", "attempt", "expected"), PRACTICE)
def test_each_row_of_the_practice_table_shows_its_page(look, status, host, attempt, expected):
    check(look, "practice", status, host, attempt, expected)


@pytest.mark.contract("learner-pages#onboarding", "learner-pages#no-time-left")
@pytest.mark.parametrize(("status", "host", "attempt", "expected"), ONBOARDING)
def test_each_row_of_the_onboarding_table_shows_its_page(look, status, host, attempt, expected):
    check(look, "onboarding", status, host, attempt, expected)


@pytest.mark.contract(
    "learner-pages#proctored",
    "learner-pages#unexpected-state",
    "learner-pages#not-entered",
    "learner-pages#no-time-left",
)
@pytest.mark.parametrize(("status", "host", "attempt", "expected"), PROCTORED)
def test_each_row_of_the_proctored_table_shows_its_page(look, status, host, attempt, expected):
    check(look, "proctored", status, host, attempt, expected)


# The last row of each table: statuses without a page of their own.
ANYTHING_ELSE = {
    "timed": [
        S.eligible,
        S.expired,
    ],
    "practice": [S.eligible, S.declined, S.timed_out, S.expired],
    "onboarding": [S.eligible, S.declined, S.timed_out, S.expired],
    "proctored": [S.eligible, S.expired, S.onboarding_reset],
}
NOT_FOR_PROCTORED = [S.onboarding_reset, "a-word-of-another-release"]
NOT_FOR_PRACTICE = S.onboarding_errors


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        pytest.param(kind, status, id=f"{kind}-{status}")
        for kind, statuses in ANYTHING_ELSE.items()
        for status in [
            *statuses,
            *([] if kind == "proctored" else NOT_FOR_PROCTORED),
            *(NOT_FOR_PRACTICE if kind in ("practice", "onboarding") else []),
        ]
    ],
)
def test_a_status_without_a_row_hides_the_content(look, kind, status):
    check(look, kind, status, {}, {}, UNEXPECTED)


@pytest.mark.parametrize("status", S.onboarding_errors)
def test_a_proctored_exam_refused_for_onboarding_says_why(look, status):
    check(look, "proctored", status, {}, {}, "proctored_exam/onboarding_error.html")
    check(look, "proctored", status, PAST, {}, "proctored_exam/onboarding_error.html")


EACH_STATUS = [
    S.created,
    S.download_software_clicked,
    S.ready_to_start,
    S.started,
    S.ready_to_submit,
    S.submitted,
    S.second_review_required,
    S.rejected,
    S.error,
    S.expired,
]


@pytest.mark.parametrize("status", EACH_STATUS)
@pytest.mark.parametrize("kind", ["practice", "onboarding", "proctored"])
class TestReleasedForResumption:
    def test_offers_to_resume_whatever_the_status(self, look, kind, status):
        check(look, kind, status, {}, {"ready_to_resume": True}, "proctored_exam/ready_to_resume.html")

    def test_does_not_offer_to_resume_again_once_resumed(self, look, kind, status):
        exam, user = make_exam(kind), make_user()
        make_attempt(exam, user, status, ready_to_resume=True, resumed=True)
        assert look(exam, user).template != "proctored_exam/ready_to_resume.html"


# Past due, no clock starts: there would be nothing on it.
BEFORE_START = (S.created, S.download_software_clicked, S.ready_to_start)


@pytest.mark.parametrize("status", BEFORE_START)
@pytest.mark.parametrize("kind", ["practice", "onboarding"])
def test_who_has_not_started_to_practise_reads_that_no_time_is_left_after_the_due_date(look, kind, status):
    check(look, kind, status, PAST, {}, NO_TIME)


@pytest.mark.parametrize("status", [status for status in EACH_STATUS if status not in BEFORE_START])
@pytest.mark.parametrize("kind", ["practice", "onboarding"])
def test_a_practice_attempt_can_be_continued_after_the_due_date(look, kind, status):
    exam, user = make_exam(kind), make_user()
    make_attempt(exam, user, status)
    in_time = look(exam, user, due_date=tomorrow()).template

    assert look(exam, user, due_date=yesterday()).template == in_time != "proctored_exam/expired.html"


@pytest.mark.parametrize("kind", ["timed", "proctored"])
@pytest.mark.parametrize(
    "status", [S.eligible, S.created, S.download_software_clicked, S.ready_to_start, S.started, S.ready_to_submit]
)
def test_a_graded_attempt_cannot_be_continued_after_the_due_date(look, kind, status):
    check(look, kind, status, PAST, {}, f"{kind}_exam/expired.html")


@pytest.mark.contract("learner-pages#timed", "learner-pages#proctored")
@pytest.mark.parametrize("kind", ["timed", "proctored"])
def test_a_timed_out_attempt_has_no_page(look, kind):
    exam, user = make_exam(kind), make_user()
    make_attempt(exam, user, S.timed_out)
    with pytest.raises(NotImplementedError):
        look(exam, user)


@pytest.mark.contract("learner-pages#eligibility")
@pytest.mark.parametrize("kind", ["practice", "onboarding", "proctored"])
class TestPermission:
    def test_without_the_permission_the_content_is_shown(self, look, kind):
        exam, user = make_exam(kind), make_user()
        with mock_perm():
            assert look(exam, user).html is None

    def test_an_inactive_account_is_asked_to_activate_it(self, look, kind):
        exam = make_exam(kind)
        assert look(exam, make_user(is_active=False)).template == "proctored_exam/inactive_account.html"

    def test_an_inactive_account_is_asked_to_activate_it_also_in_a_running_exam(self, look, kind):
        exam, user = make_exam(kind), make_user(is_active=False)
        make_attempt(exam, user, S.started)
        assert look(exam, user).template == "proctored_exam/inactive_account.html"


@pytest.mark.contract("learner-pages#eligibility", "learner-pages#timed")
def test_the_permission_does_not_matter_for_a_timed_exam(look):
    with mock_perm():
        assert look(make_exam("timed"), make_user(is_active=False)).template == "timed_exam/entrance.html"


@pytest.mark.contract("learner-pages#blocked-content")
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("proctored", "proctored_exam/error_wrong_browser.html", id="proctored"),
        pytest.param("practice", "proctored_exam/error_wrong_browser.html", id="practice"),
        pytest.param("onboarding", None, id="onboarding-is-not-checked"),
        pytest.param("timed", None, id="timed-has-no-provider"),
    ],
)
def test_a_provider_may_block_the_content_in_other_browsers(look, backends_registry, monkeypatch, kind, expected):
    for provider in backends_registry.values():
        monkeypatch.setattr(provider, "should_block_access_to_exam_material", lambda: True, raising=False)
    exam, user = make_exam(kind), make_user()
    make_attempt(exam, user, S.started)
    assert look(exam, user).template == expected


@pytest.mark.contract("learner-pages#acknowledged-result")
@pytest.mark.parametrize("status", [S.submitted, S.second_review_required, S.verified, S.rejected])
class TestDismissedResult:
    def test_content_is_shown_after_the_due_date_once_the_result_was_dismissed(self, look, settings, status):
        settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, status, is_status_acknowledged=True)
        assert look(exam, user, due_date=yesterday()).html is None

    def test_content_stays_hidden_before_the_due_date(self, look, settings, status):
        settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, status, is_status_acknowledged=True)
        assert look(exam, user, due_date=tomorrow()).html is not None

    def test_content_stays_hidden_where_the_platform_does_not_allow_it(self, look, settings, status):
        settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = False
        exam, user = make_exam(), make_user()
        make_attempt(exam, user, status, is_status_acknowledged=True)
        assert look(exam, user, due_date=yesterday()).html is not None


@pytest.mark.contract("learner-pages#acknowledged-result", "learner-pages#grace-period")
def test_an_extended_grace_period_shows_a_dismissed_result_again(look, settings):
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.verified, is_status_acknowledged=True)
    seen = look(exam, user, due_date=yesterday(), grace_period=timedelta(days=2))
    assert seen.template == "proctored_exam/verified.html"


def test_an_exam_hidden_after_its_due_date_does_not_show_the_answers(look):
    exam, user = make_exam("timed", hide_after_due=True), make_user()
    make_attempt(exam, user, S.submitted)
    assert look(exam, user, due_date=yesterday()).template == "timed_exam/submitted.html"


@pytest.mark.contract("learner-pages#past-due")
def test_the_newest_attempt_decides(look):
    exam, user = make_exam("practice"), make_user()
    make_attempt(exam, user, S.submitted)
    make_attempt(exam, user, S.ready_to_start)
    assert look(exam, user).template == "proctored_exam/ready_to_start.html"


@pytest.mark.contract("learner-pages#time-out")
def test_an_attempt_whose_time_is_up_is_submitted_when_its_page_is_requested(look):
    exam, user = make_exam("timed"), make_user()
    started = timezone.now() - timedelta(hours=3)
    attempt = make_attempt(exam, user, S.started, started_at=started, allowed_time_limit_mins=90)
    assert look(exam, user).template == "timed_exam/submitted.html"
    attempt.refresh_from_db()
    assert (attempt.status, attempt.completed_at) == (S.submitted, started + timedelta(minutes=90))


def requirement(name: str, status: str | None, order: int) -> dict[str, Any]:
    return {
        "namespace": "proctored_exam",
        "name": name,
        "display_name": f"Requirement {name}",
        "status": status,
        "order": order,
    }


@pytest.mark.contract("learner-pages#prerequisites")
class TestPrerequisites:
    @pytest.mark.parametrize(
        ("statuses", "expected"),
        [
            pytest.param(["satisfied"], "proctored_exam/entrance.html", id="satisfied"),
            pytest.param([None], "proctored_exam/pending-prerequisites.html", id="nothing-known"),
            pytest.param(["submitted"], "proctored_exam/pending-prerequisites.html", id="under-review"),
            pytest.param(["failed"], "proctored_exam/failed-prerequisites.html", id="failed"),
            pytest.param(["failed", None], "proctored_exam/failed-prerequisites.html", id="failed-beats-pending"),
            pytest.param(["declined", "failed"], CONTENT, id="declined-beats-failed"),
        ],
    )
    def test_unmet_prerequisites_show_their_page(self, look, statuses, expected):
        exam, user = make_exam(), make_user()
        requirements = [requirement(f"exam{n}", status, n) for n, status in enumerate(statuses)]
        seen = look(exam, user, credit_state={"credit_requirement_status": requirements})
        assert seen.template == expected

    def test_a_declined_prerequisite_declines_this_exam(self, look):
        exam, user = make_exam(), make_user()
        look(exam, user, credit_state={"credit_requirement_status": [requirement("other", "declined", 1)]})
        attempt = ProctoredExamStudentAttempt.objects.get(proctored_exam=exam, user=user)
        assert (attempt.status, attempt.taking_as_proctored) == (S.declined, False)

    @pytest.mark.contract("host-services#reads-never-fail")
    @pytest.mark.parametrize(
        ("status", "template"),
        [
            pytest.param(S.declined, CONTENT, id="declined-by-another-page-of-the-course"),
            pytest.param(S.created, "proctored_exam/instructions.html", id="entered-in-another-tab"),
        ],
    )
    def test_an_attempt_created_by_a_concurrent_request_decides(self, look, status, template):
        exam, user = make_exam(), make_user()

        class WhileOneReads(dict):
            """The host's credit state. While it is read, another request creates the attempt."""

            def get(self, key, default=None):
                if key == "credit_requirement_status" and not ProctoredExamStudentAttempt.objects.exists():
                    make_attempt(exam, user, status)
                return super().get(key, default)

        state = WhileOneReads(credit_requirement_status=[requirement("other", "declined", 1)])
        seen = look(exam, user, credit_state=state)
        assert seen.template == template
        assert [attempt.status for attempt in ProctoredExamStudentAttempt.objects.all()] == [status]

    def test_only_requirements_before_this_exam_count(self, look):
        exam, user = make_exam(), make_user()
        requirements = [requirement(exam.content_id, None, 1), requirement("later", "failed", 2)]
        seen = look(exam, user, credit_state={"credit_requirement_status": requirements})
        assert seen.template == "proctored_exam/entrance.html"

    def test_past_due_comes_before_unmet_prerequisites(self, look):
        exam, user = make_exam(), make_user()
        seen = look(
            exam,
            user,
            due_date=yesterday(),
            credit_state={"credit_requirement_status": [requirement("other", "declined", 1)]},
        )
        assert seen.template == "proctored_exam/expired.html"
        assert not ProctoredExamStudentAttempt.objects.exists()

    @pytest.mark.contract("learner-pages#prerequisite-links")
    def test_the_credit_services_own_data_is_not_changed(self, look):
        exam, user = make_exam(), make_user()
        said = requirement("other", None, 1)
        seen = look(exam, user, credit_state={"credit_requirement_status": [said]})
        assert "jumpto_url" not in said
        assert "/jump_to/other" in seen.html

    @pytest.mark.contract("learner-pages#host-context")
    @pytest.mark.parametrize("credit_state", [None, {}, {"enrollment_mode": "honor"}])
    def test_without_a_credit_state_the_entrance_page_is_shown(self, look, credit_state):
        exam, user = make_exam(), make_user()
        assert look(exam, user, credit_state=credit_state).template == "proctored_exam/entrance.html"


@pytest.mark.contract("learner-pages#entrance-event")
def test_each_request_of_the_entrance_page_emits_an_event(look, events):
    exam, user = make_exam(), make_user()
    events.clear()
    look(exam, user)
    assert [name for name, _ in events] == ["edx.special_exam.proctored.option-presented"]
