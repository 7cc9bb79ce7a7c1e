"""What is stored about a learner, for the learner."""

import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.models import AttemptIncident, ProviderRetirement, RetiredLearner, ReviewDecision
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus as R
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_services"), pytest.mark.contract("privacy#export")]

TABLES = [
    "attempts",
    "attempt_history",
    "open_attempts",
    "allowances",
    "allowance_history",
    "reviews",
    "review_history",
    "review_comments",
    "review_decisions",
    "inbox",
    "effects",
    "incidents",
    "measures",
    "jobs",
    "retirements",
    "exams",
    "providers",
]
RAW = {
    "text": "looked at a book",
    "videoReviewLink": "https://video.example.com/1",
    "reviewed_by": "boss@example.com",
    "examMetaData": {"ssiRecordLocator": "secret-locator", "examCode": "secret-code"},
    "comments": [{"comment": "a noise", "recording": "HTTPS://video.example.com/2"}],
}


def learner_with_everything(exam: Any = None, boss: Any = None) -> Any:
    """A learner with a row in each table; each text has a word of its own."""
    boss = boss or factories.make_staff()
    exam = exam or factories.make_exam("proctored", exam_name="Physics")
    user = factories.make_user()
    attempt = factories.make_attempt(
        exam, user, status=S.submitted, taking_as_proctored=True, external_id=f"secret-external-{user.pk}"
    )
    attempt.status = S.second_review_required
    attempt._change_reason = "word of a reason"
    attempt.save()
    given = {"user_info": user.pk, "key": "review_policy_exception"}
    for value in ("word of a former allowance", "word of an allowance"):
        api.add_allowance_for_user(exam.pk, **given, value=value, by=boss)
    review = factories.make_review(attempt, raw_data=json.dumps(RAW), encrypted_video_url=b"secret-link")
    review.save()
    factories.make_comment(review, comment="word of a comment")
    ReviewDecision.objects.create(review=review, review_status=R.clean, comment="word of a decision", actor_id=boss.pk)
    factories.make_inbox_entry(attempt, body=json.dumps(RAW), outcome="word of an outcome")
    factories.make_effect(attempt, last_error="word of an error")
    factories.make_incident(attempt, kind="note", text="word of a note", reply="word of a reply")
    factories.make_measure(exam, kind="announcement", user_id=user.pk, text="word of an announcement")
    factories.make_job(attempt, kind="reset", created_by=boss.pk, reason="word of a job")
    return user


def test_each_table_and_no_other_person() -> None:
    boss = factories.make_staff("the-boss", email="boss@example.com")
    exam = factories.make_exam("proctored", exam_name="Physics")
    user, other = learner_with_everything(exam, boss), learner_with_everything(exam, boss)
    data = api.export_learner(user.pk)
    assert list(data) == ["user_id", *TABLES]
    assert data["user_id"] == user.pk
    assert [name for name in TABLES if not data[name]] == ["open_attempts", "retirements"]
    assert [row["name"] for row in data["exams"]] == ["Physics"]
    text = json.dumps(data, default=str)
    for word in (
        "word of a reason",
        "word of a former allowance",
        "word of an allowance",
        "looked at a book",
        "a noise",
        "word of a comment",
        "word of a decision",
        "word of an outcome",
        "word of an error",
        "word of a note",
        "word of a reply",
        "word of an announcement",
        "word of a job",
    ):
        assert word in text, word
    own = {attempt["attempt_id"] for attempt in data["attempts"]}
    for name in ("reviews", "review_history", "review_comments", "review_decisions", "inbox", "effects", "incidents"):
        assert {row["attempt_id"] for row in data[name]} == own, name
    [attempt] = api.export_learner(other.pk)["attempts"]
    assert attempt["attempt_id"] not in own


@pytest.mark.contract("privacy#export-leaves-out")
def test_no_recordings_no_secrets_and_no_staff() -> None:
    boss = factories.make_staff("the-boss", email="boss@example.com")
    user = learner_with_everything(boss=boss)
    [attempt] = user.proctoredexamstudentattempt_set.all()
    text = json.dumps(api.export_learner(user.pk), default=str)
    for secret in ("video.example.com", "VIDEO", "secret", attempt.attempt_code, "the-boss", "boss@example.com"):
        assert secret not in text, secret


def test_a_removed_attempt_keeps_its_reviews() -> None:
    user = learner_with_everything()
    [attempt] = user.proctoredexamstudentattempt_set.all()
    attempt_id = attempt.pk
    attempt.delete_exam_attempt()
    data = api.export_learner(user.pk)
    assert data["attempts"] == []
    assert data["attempt_history"][-1]["change"] == "-"
    assert [row["attempt_id"] for row in data["reviews"]] == [attempt_id]


def test_an_attempt_that_blocks_a_second_one(all_services: Any) -> None:
    exam, user = factories.make_exam("timed"), factories.make_user()
    attempt_id = api.create_exam_attempt(exam.pk, user.pk)
    assert api.export_learner(user.pk)["open_attempts"] == [{"attempt_id": attempt_id, "exam_id": exam.pk}]


def test_an_unknown_user_has_empty_lists() -> None:
    assert api.export_learner(987654) == {"user_id": 987654, **{name: [] for name in TABLES}}


def test_a_body_that_is_no_json_is_left_out() -> None:
    attempt = factories.make_attempt(status=S.submitted)
    factories.make_inbox_entry(attempt, body='{"cut off')
    [row] = api.export_learner(attempt.user_id)["inbox"]
    assert row["data"] is None


@pytest.mark.parametrize("size", [1, 8])
def test_queries_do_not_grow(size: int) -> None:
    user, exam = factories.make_user(), factories.make_exam()
    for _ in range(size):
        attempt = factories.make_attempt(exam, user, status=S.submitted)
        factories.make_comment(factories.make_review(attempt))
        factories.make_incident(attempt, kind="note")
        factories.make_job(attempt)
    with CaptureQueriesContext(connection) as queries:
        api.export_learner(user.pk)
    assert len(queries) == 22


@pytest.mark.contract("privacy#provider-retirement")
def test_which_providers_were_told_to_forget(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    user = learner_with_everything()
    assert api.export_learner(user.pk)["providers"] == [{"name": "test", "has_forgotten": None}]
    for answer in (False, True):
        monkeypatch.setattr(test_backend, "retire_user", lambda _user_id, answer=answer: answer)
        api.retire_learner_at_providers(user.pk)
        assert api.export_learner(user.pk)["providers"] == [{"name": "test", "has_forgotten": answer}]
    assert ProviderRetirement.objects.count() == 1


def test_after_the_retirement_only_results_are_left() -> None:
    user = learner_with_everything()
    api.retire_learner(user.pk)
    data = api.export_learner(user.pk)
    assert "word of" not in json.dumps(data, default=str).replace("word of an outcome", "")
    assert len(data["retirements"]) == 1
    assert RetiredLearner.objects.includes(user.pk)
    assert AttemptIncident.objects.filter(user_id=user.pk).exists()
    assert data["attempts"][0]["status"] == S.verified


@pytest.mark.contract("commands#export-learner")
class TestCommand:
    @staticmethod
    def printed(*arguments: str) -> Any:
        out = StringIO()
        call_command("export_learner", *arguments, stdout=out)
        return json.loads(out.getvalue())

    def test_by_id_name_and_address(self) -> None:
        user = learner_with_everything()
        first = self.printed(str(user.pk))
        assert first["attempts"][0]["created_at"].endswith("Z")
        assert first == self.printed(user.username) == self.printed(user.email.upper())

    def test_into_a_new_file_that_others_cannot_read(self, tmp_path: Path) -> None:
        path = tmp_path / "ann.json"
        call_command("export_learner", "987654", "--out", str(path))
        assert json.loads(path.read_text("utf-8"))["user_id"] == 987654
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(CommandError, match="File exists"):
            call_command("export_learner", "987654", "--out", str(path))

    def test_unknown_and_ambiguous_names(self) -> None:
        with pytest.raises(CommandError, match="No user"):
            call_command("export_learner", "nobody")
        for name in ("ann", "bob"):
            factories.make_user(name, email="both@example.com")
        with pytest.raises(CommandError, match="Several"):
            call_command("export_learner", "both@example.com")


@pytest.mark.contract("rest-v2#user-data")
def test_over_rest(caplog: pytest.LogCaptureFixture) -> None:
    user, boss = learner_with_everything(), factories.make_staff()
    client = APIClient()
    client.force_login(boss)
    url = reverse("edx_proctoring:edx_proctoring_v2:user-data", args=[user.pk])
    with caplog.at_level("INFO", "edx_proctoring.views.v2.users"):
        response = client.get(url)
    assert response.streaming
    assert response.headers["Cache-Control"] == "private, no-store"
    data = json.loads(b"".join(response))
    assert list(data) == ["user_id", *TABLES]
    assert [row["text"] for row in data["incidents"]] == ["word of a note"]
    assert f"learner exported: user_id={user.pk} by={boss.pk}" in caplog.text
    client.force_login(user)
    refused = client.get(url)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
