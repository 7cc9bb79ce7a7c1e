"""How much one review, and one attempt, can store."""

import json

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring.api.reviews import inbox, receiving
from edx_proctoring.exceptions import ProctoredExamBadReviewStatus, ProctoredExamSuspiciousLookup
from edx_proctoring.models import ProctoredExamSoftwareSecureComment, ReviewInboxEntry
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_inbox_entry

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

    def receive(attempt, data):
        return receiving.receive_review(serialize(attempt), data)

    return receive


def comments() -> list[str]:
    return list(ProctoredExamSoftwareSecureComment.objects.order_by("id").values_list("comment", flat=True))


def outcomes() -> list[str]:
    return list(ReviewInboxEntry.objects.order_by("id").values_list("outcome", flat=True))


def entry_ids() -> list[int]:
    return list(ReviewInboxEntry.objects.order_by("id").values_list("pk", flat=True))


@pytest.mark.contract("reviews#comments")
class TestComments:
    def test_two_thousand_are_stored(self, attempt, receive):
        receive(attempt, rest_review(comments=[{"comment": f"c{n}", "status": "s"} for n in range(2000)]))
        assert comments() == [f"c{n}" for n in range(2000)]

    @pytest.mark.parametrize("sent", [2001, 2500])
    def test_beyond_that_the_rest_is_cut_and_marked(self, attempt, receive, sent):
        receive(attempt, rest_review(comments=[{"comment": f"c{n}", "status": "s"} for n in range(sent)]))
        *kept, mark = comments()
        assert kept == [f"c{n}" for n in range(1999)]
        assert mark == f"{sent - 1999} more comments of this review were not stored; a review has at most 2000."

    def test_they_are_written_in_bulk(self, attempt, receive):
        with CaptureQueriesContext(connection) as captured:
            receive(attempt, rest_review(comments=[{"comment": "c", "status": "s"}] * 2000))
        inserts = [q for q in captured if q["sql"].startswith("INSERT INTO") and "attemptcomment" in q["sql"][:80]]
        # SQLite takes fewer rows per statement.
        assert 1 <= len(inserts) <= 20


@pytest.mark.contract("reviews#inbox-limits", "privacy#capped-payloads")
class TestInbox:
    def test_beyond_the_most_entries_the_oldest_is_deleted(self, attempt, receive, monkeypatch):
        monkeypatch.setattr(inbox, "MAX_ENTRIES", 3)
        inbox_ids = [receive(attempt, rest_review()).inbox_id for _ in range(5)]
        assert entry_ids() == inbox_ids[2:]

    def test_beyond_the_most_bytes_the_oldest_is_deleted(self, attempt, receive, monkeypatch):
        monkeypatch.setattr(inbox, "MAX_BYTES", 2 * len(json.dumps(rest_review())) + 10)
        inbox_ids = [receive(attempt, rest_review()).inbox_id for _ in range(4)]
        assert entry_ids() == inbox_ids[2:]

    @pytest.mark.parametrize("waiting", ["held", "held: provider not configured", "received"])
    def test_entries_without_a_body_go_first_and_those_that_wait_last(self, attempt, receive, monkeypatch, waiting):
        monkeypatch.setattr(inbox, "MAX_ENTRIES", 3)
        make_inbox_entry(attempt, outcome=waiting)
        make_inbox_entry(attempt, outcome="applied")
        make_inbox_entry(attempt, outcome="refused: locator", body="")
        receive(attempt, rest_review())
        assert outcomes() == [waiting, "applied", "applied"]
        receive(attempt, rest_review())
        receive(attempt, rest_review())
        assert outcomes() == [waiting, "applied", "applied"]

    def test_entries_of_other_attempts_stay(self, attempt, receive, monkeypatch):
        monkeypatch.setattr(inbox, "MAX_ENTRIES", 1)
        other = make_inbox_entry()
        receive(attempt, rest_review())
        newest = receive(attempt, rest_review()).inbox_id
        assert entry_ids() == [other.pk, newest]

    @pytest.mark.parametrize("locator", ["another", None, ["LOCATOR"]])
    def test_the_body_of_a_review_without_proof_is_not_kept(self, receive, rpnow_payload, locator):
        attempt = make_attempt(make_exam(backend="rpnow"), status=S.submitted)
        data = rpnow_payload(attempt)
        data["examMetaData"]["ssiRecordLocator"] = locator
        with pytest.raises(ProctoredExamSuspiciousLookup):
            receive(attempt, data)
        assert ReviewInboxEntry.objects.get().body == ""

    def test_a_review_that_makes_no_sense_is_written_nowhere_else(self, attempt, receive):
        def rows():
            models = apps.get_app_config("edx_proctoring").get_models()
            return {model.__name__: model._default_manager.count() for model in models}

        before = rows()
        with pytest.raises(ProctoredExamBadReviewStatus):
            receive(attempt, rest_review("splendid"))
        assert rows() == {**before, "ReviewInboxEntry": before["ReviewInboxEntry"] + 1}
