"""A review is stored, applied and settled in one transaction.

If applying fails, nothing of the review is stored, so that the provider can deliver it again, also where reviews are
final. Effects, mails and the notification of the support follow the commit.
"""

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import IntegrityError, connection
from django.db.models.signals import post_save, pre_save
from django.test.utils import CaptureQueriesContext

from edx_proctoring import constants
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.api.reviews import receiving
from edx_proctoring.exceptions import ProctoredExamReviewAlreadyExists
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_staff

from .conftest import rest_review

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def services(all_services):
    """A host with all services."""


@pytest.fixture
def attempt():
    """A submitted attempt at an exam of a provider that passes clean reviews only."""
    return make_attempt(make_exam(backend="rest"), status=S.submitted)


@pytest.fixture
def receive(serialize):
    """Receive a review of an attempt."""

    def receive(attempt, data, **kwargs):
        return receiving.receive_review(serialize(attempt), data, **kwargs)

    return receive


def stored() -> ProctoredExamSoftwareSecureReview:
    return ProctoredExamSoftwareSecureReview.objects.get()


def comments() -> list[str]:
    return list(ProctoredExamSoftwareSecureComment.objects.order_by("id").values_list("comment", flat=True))


def outcomes() -> list[str]:
    return list(ReviewInboxEntry.objects.order_by("id").values_list("outcome", flat=True))


def transactions(statements: list[str]) -> list[list[str]]:
    """Split statements into those of each transaction; a statement on its own is a transaction too."""
    found: list[list[str]] = []
    open_one: list[str] | None = None
    for sql in statements:
        if sql.startswith(("BEGIN", "START TRANSACTION")):
            open_one = []
        elif sql == "COMMIT":
            found.append(open_one or [])
            open_one = None
        elif open_one is not None:
            open_one.append(sql)
        else:
            found.append([sql])
    return found


# One commit


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_first", [True, False], ids=["first-review", "later-review"])
def test_review_comments_attempt_and_inbox_entry_are_written_in_one_transaction(attempt, receive, is_first):
    if not is_first:
        receive(attempt, rest_review("suspicious"))

    with CaptureQueriesContext(connection) as queries:
        receive(attempt, rest_review("passed"))

    tables = {
        model._meta.db_table
        for model in (
            ProctoredExamSoftwareSecureReview,
            ProctoredExamSoftwareSecureComment,
            ProctoredExamStudentAttempt,
            ReviewInboxEntry,
        )
    }
    written = [
        {
            table
            for sql in statements
            for table in tables
            if f"{table}{sql_quote()}" in sql and not sql.startswith("SELECT")
        }
        for statements in transactions([query["sql"] for query in queries.captured_queries])
    ]
    # The first write of all is the inbox entry, which stays whatever happens.
    assert [names for names in written if names] == [{ReviewInboxEntry._meta.db_table}, tables]


def sql_quote() -> str:
    """Return the character that ends a quoted name."""
    return "`" if connection.vendor == "mysql" else '"'


@pytest.mark.django_db(transaction=True)
def test_mail_and_notification_follow_the_commit(attempt, receive, instructor, current_request, monkeypatch):
    seen: dict[str, Any] = {}

    def note(name: str) -> Any:
        return lambda *args, **kwargs: seen.update({name: (connection.in_atomic_block, outcomes())})

    monkeypatch.setattr(EmailMessage, "send", note("mail"))
    receive(attempt, rest_review("passed"))
    instructor.service.send_support_notification = note("notification")
    receive(attempt, rest_review("suspicious"))

    assert seen == {"mail": (False, ["applied"]), "notification": (False, ["applied", "applied"])}


# Repeated after a failure


@pytest.fixture
def applying_fails_once(monkeypatch):
    """Let the next status change fail with this error."""

    def fail(error: BaseException) -> None:
        original, raised = status_change.write_change, []

        def write_change(*args, **kwargs):
            if not raised:
                raised.append(True)
                raise error
            return original(*args, **kwargs)

        monkeypatch.setattr(status_change, "write_change", write_change)

    return fail


def assert_nothing_is_stored(attempt: ProctoredExamStudentAttempt) -> None:
    assert not ProctoredExamSoftwareSecureReview.objects.exists()
    assert comments() == []
    assert not AttemptEffect.objects.exists()
    attempt.refresh_from_db()
    assert attempt.status == S.submitted


@pytest.mark.parametrize("is_final", [False, True], ids=["updates-allowed", "reviews-are-final"])
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(RuntimeError("the database is full"), "refused: RuntimeError", id="applying-fails"),
        pytest.param(SystemExit(), "received", id="the-process-dies"),
    ],
)
def test_a_review_that_could_not_be_applied_is_not_stored_and_can_be_delivered_again(
    attempt, receive, applying_fails_once, monkeypatch, mailoutbox, error, outcome, is_final
):
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", not is_final, raising=False)
    applying_fails_once(error)
    with pytest.raises(type(error)):
        receive(attempt, rest_review("passed"))
    assert_nothing_is_stored(attempt)
    assert outcomes() == [outcome]

    receipt = receive(attempt, rest_review("passed"))

    assert receipt.is_accepted
    attempt.refresh_from_db()
    assert (attempt.status, stored().review_status, comments()) == (S.verified, "Clean", ["Looked away"])
    assert outcomes() == [outcome, "applied"]
    assert len(mailoutbox) == 1


def test_control_where_reviews_are_final_a_stored_review_is_not_taken_again(attempt, receive, monkeypatch):
    """What the test above would meet if the review were stored before it is applied."""
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
    with monkeypatch.context() as patch:
        patch.setattr(receiving.applying, "write_verdict", lambda *args, **kwargs: None)
        receive(attempt, rest_review("passed"))

    with pytest.raises(ProctoredExamReviewAlreadyExists):
        receive(attempt, rest_review("passed"))
    attempt.refresh_from_db()
    assert attempt.status == S.submitted


def test_a_later_review_that_could_not_be_applied_leaves_the_former_one(attempt, receive, applying_fails_once):
    receive(attempt, rest_review("suspicious"))
    applying_fails_once(RuntimeError("the database is full"))

    with pytest.raises(RuntimeError):
        receive(attempt, rest_review(comments=[]))

    attempt.refresh_from_db()
    assert (attempt.status, stored().review_status, comments()) == (
        S.second_review_required,
        "Suspicious",
        ["Looked away"],
    )
    assert not ProctoredExamSoftwareSecureReviewHistory.objects.exists()
    assert outcomes() == ["applied", "refused: RuntimeError"]


@pytest.mark.contract("reviews#removed-provider")
def test_a_review_for_a_provider_that_is_not_configured_is_stored_and_the_attempt_stays(
    attempt, receive, providers, caplog
):
    provider = providers.pop("rest")

    receipt = receive(attempt, rest_review("passed"), backend=provider)

    attempt.refresh_from_db()
    assert (receipt.is_accepted, attempt.status, stored().review_status) == (True, S.submitted, "Clean")
    assert outcomes() == ["applied"]
    assert "its provider is not configured" in caplog.text
    providers["rest"] = provider
    stored().save()
    attempt.refresh_from_db()
    assert attempt.status == S.verified


# The model's signals


def test_a_callback_stores_its_review_without_the_signals_of_the_model_and_archives_once(attempt, receive):
    saved: list[str] = []

    def receiver(signal, **kwargs):
        saved.append("pre_save" if signal is pre_save else "post_save")

    for signal in (pre_save, post_save):
        signal.connect(receiver, sender=ProctoredExamSoftwareSecureReview)
    try:
        receive(attempt, rest_review("suspicious"))
        receive(attempt, rest_review("passed"))
        assert saved == []
        stored().save()
    finally:
        for signal in (pre_save, post_save):
            signal.disconnect(receiver, sender=ProctoredExamSoftwareSecureReview)

    assert saved == ["pre_save", "post_save"], "control: a saved review sends them"
    archived = ProctoredExamSoftwareSecureReviewHistory.objects.order_by("id")
    assert list(archived.values_list("review_status", flat=True)) == ["Suspicious", "Clean"]


# Two deliveries


@pytest.mark.contract("reviews#concurrent", "reviews#transaction")
class TestTwoDeliveries:
    def test_the_second_of_two_first_reviews_of_an_archived_attempt_becomes_an_update(
        self, attempt, serialize, monkeypatch
    ):
        """Without a live row to lock, only the unique code keeps two first reviews apart."""
        attempt_dict = serialize(attempt, is_archived=True)
        attempt.delete()
        original = receiving._store_and_apply
        raced = []

        def race(*args):
            if not raced:
                raced.append(True)
                original(*args)  # The other delivery comes first...
                raise IntegrityError("UNIQUE")  # ...and ours violates the constraint.
            return original(*args)

        monkeypatch.setattr(receiving, "_store_and_apply", race)
        assert receiving.receive_review(attempt_dict, rest_review()).is_accepted
        assert stored().review_status == "Clean"
        assert comments() == ["Looked away"]

    def test_an_integrity_error_without_another_review_is_raised(self, attempt, receive, monkeypatch):
        def fail(*args):
            raise IntegrityError("foreign key")

        monkeypatch.setattr(receiving, "_store_and_apply", fail)
        with pytest.raises(IntegrityError):
            receive(attempt, rest_review())

    def test_a_review_that_comes_while_a_former_one_is_delivered_has_the_last_word(
        self, attempt, serialize, credit, grades, mailoutbox
    ):
        def second_delivery(**kwargs):
            receiving.receive_review(serialize(attempt), rest_review("passed"))

        grades.service.override_subsection_grade = second_delivery
        receiving.receive_review(serialize(attempt), rest_review("violation", reviewed_by=make_staff().email))

        attempt.refresh_from_db()
        assert (stored().review_status, attempt.status) == ("Clean", S.verified)
        words = [kwargs["status"] for _, kwargs in credit.called("set_credit_requirement_status")]
        assert words == ["failed", "satisfied"]
        assert [mail.subject.partition(":")[0] for mail in mailoutbox] == ["Proctoring attempt verified"]
        assert outcomes() == ["applied", "applied"]

    def test_the_live_attempt_is_locked_before_its_review_is_read(self, attempt, receive, monkeypatch):
        original = status_change.lock
        locked = []

        def lock(attempt_id, exam_id, user_id, /):
            locked.append((attempt_id, connection.in_atomic_block, ProctoredExamSoftwareSecureReview.objects.count()))
            return original(attempt_id, exam_id, user_id)

        monkeypatch.setattr(status_change, "lock", lock)
        receive(attempt, rest_review())
        assert locked == [(attempt.pk, True, 0)]
