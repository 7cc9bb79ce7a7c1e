"""A provider that has not heard of a saved exam is told later."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api.effects import claiming
from edx_proctoring.models import AttemptEffect, ProctoredExam
from tests.factories import COURSE, make_exam, make_policy

from .conftest import BASE_URL, make_rest_provider

CREATE_URL = f"{BASE_URL}/api/v1/exam/"
EXAM_URL = f"{CREATE_URL}ext-exam/"

pytestmark = [pytest.mark.django_db, pytest.mark.contract("exams#provider-failure")]

FAILURES = [
    pytest.param({"body": requests.ConnectionError("down")}, "due", id="no-connection"),
    pytest.param({"body": requests.ReadTimeout("slow")}, "due", id="no-reply"),
    pytest.param({"status": 500}, "due", id="500"),
    pytest.param({"status": 403}, "due", id="403"),
    pytest.param({"body": "<html>"}, "due", id="not-json"),
    pytest.param({"status": 400}, "failed", id="400"),
]


@pytest.fixture(autouse=True)
def provider(http: responses.RequestsMock, backends_registry: dict[str, Any]) -> Any:
    """The provider ``test``, over REST."""
    backends_registry["test"] = make_rest_provider()
    return backends_registry["test"]


@pytest.fixture
def deliver() -> Callable[[], api.DeliveryReport]:
    """Deliver, as after the pause that follows a failure."""
    return lambda: api.deliver_due_effects(ignore_pause=True)


def sent(http: responses.RequestsMock) -> list[Any]:
    return [
        (call.request.url, json.loads(call.request.body or "null"))
        for call in http.calls
        if "/api/v1/" in call.request.url
    ]


@pytest.mark.contract("effects#delivered")
@pytest.mark.parametrize(("reply", "state"), FAILURES)
def test_the_failure_is_an_effect_of_the_exam(http, reply, state):
    http.post(CREATE_URL, **reply)
    exam = make_exam(external_id=None)
    [row] = AttemptEffect.objects.all()
    assert (row.call_name, row.kind, row.attempt_id, row.exam_id) == ("on_exam_saved", "provider", 0, exam.pk)
    assert row.state == state
    assert row.last_error


def test_it_is_sent_as_it_is_then_and_its_id_is_stored(http, deliver):
    http.post(CREATE_URL, status=500)
    exam = make_exam(external_id=None)
    ProctoredExam.objects.update(exam_name="Renamed")
    http.replace(responses.POST, CREATE_URL, json={"id": "ext-exam"})
    http.post(EXAM_URL, json={"id": "ext-exam"})
    make_policy(exam, review_policy="Open book")

    deliver()

    exam.refresh_from_db()
    assert exam.external_id == "ext-exam"
    _, payload = sent(http)[-1]
    assert (payload["exam_name"], payload["rule_summary"]) == ("Renamed", "Open book")
    assert not AttemptEffect.objects.exists()


def test_several_failed_saves_are_one_effect(http):
    http.post(CREATE_URL, status=500)
    exam = make_exam(external_id=None)
    exam.save()
    exam.save()
    assert AttemptEffect.objects.count() == 1


def test_a_save_that_fails_while_an_older_one_is_being_sent_is_told_later(http):
    http.post(CREATE_URL, status=500)
    exam = make_exam(external_id=None)
    older = AttemptEffect.objects.get()
    claiming.claim([older.pk], now=timezone.now(), limit=1, ignore_pause=True)

    exam.save()
    exam.save()

    assert AttemptEffect.objects.exclude(pk=older.pk).count() == 1


def test_the_successful_save_of_an_exam_leaves_nothing(http):
    http.post(CREATE_URL, json={"id": "ext-exam"})
    assert make_exam(external_id=None).external_id == "ext-exam"
    assert not AttemptEffect.objects.exists()


@pytest.mark.parametrize("reply", [{"json": {}}, {"body": ""}])
def test_a_reply_without_an_id_is_a_success(http, reply):
    http.post(CREATE_URL, **reply)
    make_exam(external_id=None)
    assert not AttemptEffect.objects.exists()


def test_a_provider_that_is_not_configured_is_not_told_later():
    make_exam(backend="elsewhere")
    assert not AttemptEffect.objects.exists()


def test_an_exam_that_moved_to_another_provider_is_not_sent_to_the_former(http, deliver, backends_registry):
    http.post(CREATE_URL, status=500)
    exam = make_exam(external_id=None)
    exam.backend = "null"
    exam.save()
    count = len(sent(http))
    assert deliver().delivered == 1
    assert len(sent(http)) == count


@pytest.mark.contract("exams#becomes-timed")
def test_an_exam_that_becomes_timed_while_the_provider_is_down_is_saved_and_told_later(http, deliver):
    http.post(EXAM_URL, json={"id": "ext-exam"})
    exam = make_exam(external_id="ext-exam")
    http.replace(responses.POST, EXAM_URL, body=requests.ConnectionError("down"))
    exam.is_proctored = False
    exam.save()
    assert not ProctoredExam.objects.get().is_proctored
    http.replace(responses.POST, EXAM_URL, json={"id": "ext-exam"})
    assert deliver().delivered == 1
    _, payload = sent(http)[-1]
    assert payload["is_active"] is False


@pytest.mark.contract("exams#deletion")
def test_a_deleted_exam_is_told_later(http, deliver):
    http.post(EXAM_URL, json={"id": "ext-exam"})
    exam = make_exam(external_id="ext-exam", exam_name="Final")
    http.replace(responses.POST, EXAM_URL, status=503)
    exam.delete()
    http.replace(responses.POST, EXAM_URL, json={"id": "ext-exam"})
    assert deliver().delivered == 1
    _, payload = sent(http)[-1]
    assert (payload["is_active"], payload["exam_name"], payload["external_id"]) == (False, "Final", "ext-exam")
    assert not AttemptEffect.objects.exists()


def test_a_provider_that_is_gone_at_the_delivery_is_asked_again(http, deliver, backends_registry):
    http.post(EXAM_URL, json={"id": "ext-exam"})
    exam = make_exam(external_id="ext-exam")
    http.replace(responses.POST, EXAM_URL, status=503)
    exam.delete()
    del backends_registry["test"]
    assert deliver().failed == 1


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_a_course_that_is_registered_while_the_provider_is_down_is_told_later(http, deliver):
    http.post(CREATE_URL, status=500)

    def register(course_id: str, count: int) -> int:
        items = [
            {
                "content_id": f"{course_id}-{number}",
                "exam_name": "Final",
                "time_limit_mins": 60,
                "is_proctored": True,
                "is_practice_exam": False,
                "backend": "test",
            }
            for number in range(count)
        ]
        with CaptureQueriesContext(connection) as captured:
            api.register_course_exams(course_id, items)
        # Each exam's review policy is looked up for its provider.
        return len(captured) - count

    assert register(COURSE, 2) == register("course-v1:Demo+OTHER+2026", 12)
    assert AttemptEffect.objects.filter(call_name="on_exam_saved").count() == 14
    http.replace(responses.POST, CREATE_URL, json={"id": "ext-exam"})
    assert deliver().delivered == 14


def test_a_plug_in_that_raises_is_told_later_too(backends_registry, test_backend, deliver, caplog):
    backends_registry["test"] = test_backend
    told: list[Any] = []

    def fail(exam: Any) -> None:
        raise RuntimeError("no")

    test_backend.on_exam_saved = fail
    make_exam()
    test_backend.on_exam_saved = told.append
    assert deliver().delivered == 1
    assert len(told) == 1
    assert caplog.text.count("exam not sent to its provider") == 1
