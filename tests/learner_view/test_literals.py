"""Words that outside code looks for in the pages. Contract: contract/page-templates#matched-words, one case per row."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_allowance, make_attempt, make_exam, make_policy, make_user
from tests.learner_view.conftest import tomorrow, yesterday
from tests.learner_view.test_decision_tables import requirement, resolve

pytestmark = pytest.mark.django_db

OPT_OUT = "Take this exam without proctoring"
FOOTER = "About Proctored Exams"
EXTRA_TIME = "Can I request additional time to complete my exam?"
LOOK_BACK = "To view your exam questions and responses"
GRACE = {"due_date": yesterday, "grace_period": timedelta(days=2)}
PENDING = {"credit_state": {"credit_requirement_status": [requirement("icrv", None, 1)]}}
FAILED = {"credit_state": {"credit_requirement_status": [requirement("icrv", "failed", 1)]}}


def case(name: str, kind: str, status: str | None, words: list[str], host: Any = None, **fields: Any) -> Any:
    return pytest.param(kind, status, host or {}, fields, words, id=name.replace(" ", "-"))


SAID = [
    case("timed entrance", "timed", None, ["Exam X is a Timed Exam", "1 hour and 30 minutes", EXTRA_TIME]),
    case("timed expired", "timed", None, ["The due date for this exam has passed"], {"due_date": yesterday}),
    case("proctored expired", "proctored", None, ["The due date for this exam has passed"], {"due_date": yesterday}),
    case(
        "timed ready to submit", "timed", S.ready_to_submit, ["Are you sure that you want to submit your timed exam?"]
    ),
    case("timed submitted", "timed", S.submitted, ["You have submitted your timed exam."]),
    case(
        "timed submitted with a due date",
        "timed",
        S.submitted,
        ["After the due date has passed,"],
        {"due_date": tomorrow},
    ),
    case("timed submitted in grace", "timed", S.submitted, ["The result will be visible after"], GRACE),
    case("verified in grace", "proctored", S.verified, ["The result will be visible after"], GRACE),
    case("proctored entrance", "proctored", None, ["This exam is proctored", "To be eligible for credit", FOOTER]),
    case("practice entrance", "practice", None, ["sequence proctored-exam entrance"]),
    case("onboarding entrance", "onboarding", None, ["Proctoring onboarding exam"]),
    case("entrance with opt out", "proctored", None, [OPT_OUT], {"allow_proctoring_opt_out": True}),
    case("pending with opt out", "proctored", None, [OPT_OUT], {**PENDING, "allow_proctoring_opt_out": True}),
    case("failed with opt out", "proctored", None, [OPT_OUT], {**FAILED, "allow_proctoring_opt_out": True}),
    case("instructions with opt out", "proctored", S.created, [OPT_OUT], {"allow_proctoring_opt_out": True}),
    case(
        "pending prerequisites",
        "proctored",
        None,
        ["The following prerequisites are in a <strong>pending</strong> state", "Requirement icrv"],
        PENDING,
    ),
    case(
        "failed prerequisites",
        "proctored",
        None,
        ["You did not satisfy the following prerequisites", "Requirement icrv"],
        FAILED,
    ),
    case("instructions", "proctored", S.created, ["Set up and start your proctored exam", FOOTER]),
    case(
        "instructions after the click",
        "proctored",
        S.download_software_clicked,
        ["Set up and start your proctored exam", FOOTER],
    ),
    case("onboarding instructions", "onboarding", S.created, ["Set up and start your proctored exam"]),
    case(
        "ready to start",
        "proctored",
        S.ready_to_start,
        [
            "Important",
            "Proctored Exam Rules",
            "edx.courseware.proctored_exam.ProctoringAppPingInterval = 60",
        ],
    ),
    case(
        "ready to resume",
        "proctored",
        S.error,
        ["Your exam is ready to be resumed.", "You will have 20 minutes to complete your exam."],
        ready_to_resume=True,
        time_remaining_seconds=1200,
    ),
    case(
        "proctored ready to submit",
        "proctored",
        S.ready_to_submit,
        ["Are you sure you want to end your proctored exam"],
    ),
    case(
        "practice ready to submit",
        "practice",
        S.ready_to_submit,
        ["Are you sure you want to end your proctored exam"],
    ),
    case(
        "onboarding ready to submit",
        "onboarding",
        S.ready_to_submit,
        [
            "Are you sure you want to end your proctored exam",
            "and submit your proctoring session to complete onboarding",
        ],
    ),
    case(
        "proctored submitted",
        "proctored",
        S.submitted,
        ["You have submitted this proctored exam for review", FOOTER],
    ),
    case(
        "practice submitted",
        "practice",
        S.submitted,
        ["You have submitted this practice proctored exam", "exam-action-button"],
    ),
    case(
        "onboarding submitted",
        "onboarding",
        S.submitted,
        ["You have submitted this onboarding exam", "exam-action-button"],
    ),
    case("proctored error", "proctored", S.error, ["A system error has occurred with your proctored exam"]),
    case(
        "practice error",
        "practice",
        S.error,
        ["There was a problem with your practice proctoring session", "exam-action-button"],
    ),
    case(
        "onboarding error",
        "onboarding",
        S.error,
        ["There was a problem with your onboarding session", "exam-action-button"],
    ),
    case("verified", "proctored", S.verified, ["Your proctoring session was reviewed successfully.", FOOTER]),
    case("onboarding verified", "onboarding", S.verified, ["Your onboarding profile was reviewed successfully"]),
    case(
        "rejected",
        "proctored",
        S.rejected,
        ["Your proctoring session was reviewed, but did not pass all requirements", FOOTER],
    ),
    case(
        "onboarding rejected",
        "onboarding",
        S.rejected,
        ["Your onboarding session was reviewed, but did not pass all requirements"],
    ),
    *(
        case(f"refused as {status}", "proctored", status, [status])
        for status in (S.onboarding_missing, S.onboarding_pending, S.onboarding_failed, S.onboarding_expired)
    ),
]

NOT_SAID = [
    case("entrance without opt out", "proctored", None, [OPT_OUT]),
    case("pending without opt out", "proctored", None, [OPT_OUT], PENDING),
    case("failed without opt out", "proctored", None, [OPT_OUT], FAILED),
    case("instructions without opt out", "proctored", S.created, [OPT_OUT]),
    case(
        "practice instructions never offer opt out",
        "practice",
        S.created,
        [OPT_OUT],
        {"allow_proctoring_opt_out": True},
    ),
    case(
        "onboarding instructions never offer opt out",
        "onboarding",
        S.created,
        [OPT_OUT],
        {"allow_proctoring_opt_out": True},
    ),
    case("no software to download", "onboarding", S.created, ['id="software_download_link"']),
    case(
        "hidden answers are not promised",
        "timed",
        S.submitted,
        ["After the due date has passed,", "The result will be visible after"],
        GRACE,
        hide_after_due=True,
    ),
    case("look back before the due date", "proctored", S.submitted, [LOOK_BACK], {"due_date": tomorrow}),
    case("look back where it is off", "proctored", S.submitted, [LOOK_BACK], {"due_date": yesterday}),
    case("a timed entrance", "timed", None, ["This exam is proctored"]),
]


def page(look: Any, kind: str, status: str | None, host: Any, fields: dict[str, Any]) -> str:
    of_exam = {name: fields.pop(name) for name in ("hide_after_due", "time_limit_mins") if name in fields}
    exam, user = make_exam(kind, exam_name="Exam X", **of_exam), make_user()
    if status is not None:
        make_attempt(exam, user, status, **fields)
    html = look(exam, user, **resolve(host)).html
    assert f'data-exam-id="{exam.id}"' in html
    return html


@pytest.mark.contract("page-templates#matched-words")
@pytest.mark.parametrize(("kind", "status", "host", "fields", "words"), SAID)
def test_a_page_contains_the_words_that_outside_code_looks_for(look, kind, status, host, fields, words):
    html = page(look, kind, status, host, dict(fields))
    assert [word for word in words if word not in html] == []


@pytest.mark.contract("page-templates#absent-words")
@pytest.mark.parametrize(("kind", "status", "host", "fields", "words"), NOT_SAID)
def test_a_page_does_not_contain_the_words_of_other_situations(look, kind, status, host, fields, words):
    html = page(look, kind, status, host, dict(fields))
    assert [word for word in words if word in html] == []


@pytest.mark.contract("page-templates#timed-footer")
@pytest.mark.parametrize(("minutes", "offered"), [(1200, True), (1201, False)])
def test_extra_time_is_mentioned_for_limits_up_to_twenty_hours(look, minutes, offered):
    html = look(make_exam("timed", time_limit_mins=minutes), make_user()).html
    assert (EXTRA_TIME in html) is offered


def test_granted_extra_time_is_part_of_the_total(look):
    exam, user = make_exam("timed", time_limit_mins=21), make_user()
    make_allowance(exam, user, value="10")
    assert "31 minutes" in look(exam, user).html


@pytest.mark.contract("learner-pages#time-is-up")
@pytest.mark.parametrize(
    ("ended_ago", "says"),
    [
        pytest.param(30, "The time allotted for this exam has expired. Your exam has been submitted", id="just-now"),
        pytest.param(90, "You have submitted your timed exam.", id="a-while-ago"),
    ],
)
def test_an_exam_ended_by_the_clock_says_so_in_its_heading_for_a_minute(look, ended_ago, says):
    exam, user = make_exam("timed"), make_user()
    ended = timezone.now() - timedelta(seconds=ended_ago)
    make_attempt(
        exam,
        user,
        S.submitted,
        started_at=ended - timedelta(minutes=90),
        completed_at=ended,
        allowed_time_limit_mins=90,
    )
    assert says in look(exam, user).html


@pytest.mark.contract("page-templates#ended")
@pytest.mark.parametrize("kind", ["timed", "proctored"])
@pytest.mark.parametrize(
    ("used", "said"), [pytest.param(90, True, id="the-clock"), pytest.param(30, False, id="the-learner")]
)
def test_what_ended_the_exam_is_still_said_later(look, kind, used, said):
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
    html = look(exam, user).html
    assert ("Your time was up, so the exam was submitted for you." in html) is said
    assert f'datetime="{ended.isoformat()}"' in html


@pytest.mark.contract("page-templates#due-date")
class TestDueDate:
    """Before the clock starts, the page says until when the exam can be taken."""

    KINDS = (("timed", None), ("proctored", None), ("proctored", S.ready_to_start))

    def page(self, look: Any, kind: str, status: str | None, due: Any, **fields: Any) -> str:
        exam, user = make_exam(kind, time_limit_mins=90), make_user()
        if status:
            make_attempt(exam, user, status, **fields)
        return " ".join(look(exam, user, due_date=due).html.split())

    @pytest.mark.parametrize(("kind", "status"), KINDS)
    def test_beyond_the_limit_is_shown_without_shortening_it(self, look, kind, status):
        due = tomorrow()
        html = self.page(look, kind, status, due)
        moment = f'<time class="js-proctoring-local-time" datetime="{due.isoformat()}" dir="auto">'
        assert f"This exam is due on {moment}" in html
        assert "After that you can no longer take it." in html

    @pytest.mark.parametrize(("kind", "status"), KINDS)
    def test_nearer_than_the_limit_is_said_to_shorten_it(self, look, kind, status):
        html = self.page(look, kind, status, timezone.now() + timedelta(minutes=30, seconds=30))
        assert "30 minutes" in html
        assert "That is sooner than your full time of 1 hour and 30 minutes" in html

    @pytest.mark.parametrize(("kind", "status"), KINDS)
    def test_without_one_nothing_is_said(self, look, kind, status):
        assert "due on" not in self.page(look, kind, status, None)

    @pytest.mark.parametrize(("kind", "status"), KINDS)
    def test_extra_time_is_named_unless_the_due_date_shortens_it(self, look, kind, status):
        exam, user = make_exam(kind, time_limit_mins=60), make_user()
        make_allowance(exam, user, value="15")
        if status:
            make_attempt(exam, user, status)
        words = "Your time includes 15 minutes of extra time that you were granted."
        assert words in look(exam, user, due_date=tomorrow()).html
        assert words not in look(exam, user, due_date=timezone.now() + timedelta(minutes=70)).html
        assert "of extra time" not in look(exam, make_user(), due_date=tomorrow()).html

    def test_nearer_than_the_time_left_of_an_interrupted_attempt_shortens_it(self, look):
        html = self.page(
            look,
            "proctored",
            S.error,
            timezone.now() + timedelta(minutes=5, seconds=30),
            ready_to_resume=True,
            time_remaining_seconds=600,
        )
        assert "You will have 5 minutes to complete your exam." in html
        assert "sooner than your full time of 10 minutes" in html


@pytest.mark.contract("page-templates#practice-tone")
@pytest.mark.parametrize(
    ("status", "again"),
    [(S.submitted, True), (S.second_review_required, True), (S.rejected, True), (S.verified, False)],
)
def test_practice_can_be_repeated_unless_it_was_passed(look, status, again):
    # A passed session cannot be reset, so the button would lead to an error.
    exam, user = make_exam("practice"), make_user()
    make_attempt(exam, user, status)
    assert ('data-action="reset_attempt"' in look(exam, user).html) is again


@pytest.mark.contract("learner-pages#unexpected-state", "page-templates#reference")
@pytest.mark.parametrize(
    ("kind", "status", "heading"),
    [
        ("proctored", S.expired, "You cannot continue this attempt"),
        ("onboarding", S.onboarding_reset, "You cannot continue this attempt"),
        ("practice", S.timed_out, "Your attempt at this exam is over"),
        ("timed", S.eligible, "You cannot work on this exam right now"),
        ("proctored", S.eligible, "You cannot work on this exam right now"),
    ],
)
def test_a_status_without_a_page_of_its_own_says_who_can_help(look, instructor, kind, status, heading):
    exam, user = make_exam(kind), make_user()
    attempt = make_attempt(exam, user, status)
    html = look(exam, user).html
    assert heading in html
    assert "contact your course team" in html
    assert f"Reference: {attempt.id}, {status}" in html


def test_a_status_without_a_page_of_its_own_names_the_course_teams_address(look, instructor):
    instructor.service.mock_proctoring_escalation_email("team@example.com")
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.expired)
    assert 'href="mailto:team@example.com"' in look(exam, user).html


@pytest.mark.contract("page-templates#practice-tone")
@pytest.mark.parametrize("kind", ["practice", "proctored"])
def test_a_practice_page_mentions_no_consequences(look, kind):
    exam, user = make_exam(kind), make_user()
    make_attempt(exam, user, S.ready_to_start)
    assert ("you can receive zero on this exam" in look(exam, user).html) is (kind == "proctored")


@pytest.mark.parametrize("status", [S.submitted, S.verified, S.rejected])
def test_after_the_due_date_a_result_page_says_how_to_see_the_questions_again(look, settings, status):
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, status)
    assert LOOK_BACK in look(exam, user, due_date=yesterday()).html


def test_the_page_for_the_wrong_browser_says_so(look, test_backend, monkeypatch):
    monkeypatch.setattr(test_backend, "should_block_access_to_exam_material", lambda: True)
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.started)
    assert "The content of this exam can only be viewed" in look(exam, user).html


def test_the_page_for_an_inactive_account_says_so(look):
    assert "You have not activated your account" in look(make_exam(), make_user(is_active=False)).html


def test_the_instructions_contain_the_rules_of_the_course(look):
    exam, user = make_exam(), make_user()
    make_policy(exam, review_policy="One sheet <of> notes")
    make_attempt(exam, user, S.ready_to_start)
    assert "One sheet &lt;of&gt; notes" in look(exam, user).html
