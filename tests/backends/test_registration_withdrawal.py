"""A registration whose attempt is not created here is taken back, also if that fails at first."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses
from django.db import OperationalError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from edx_proctoring import api
from edx_proctoring.api.attempts import entry, entry_check
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    StudentExamAttemptAlreadyExistsException,
)
from edx_proctoring.models import (
    AttemptEffect,
    OpenAttempt,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    RetiredLearner,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_user

from .conftest import BASE_URL, TOKEN_URL, make_rest_provider

REGISTER_URL = f"{BASE_URL}/api/v1/exam/ext-exam/attempt/"
ATTEMPT_URL = f"{REGISTER_URL}ext-att/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(http: responses.RequestsMock, backends_registry: dict[str, Any]) -> Any:
    """The provider ``test``, over REST."""
    backends_registry["test"] = make_rest_provider()
    return backends_registry["test"]


@pytest.fixture
def exam(provider: Any) -> ProctoredExam:
    """An exam that the provider knows."""
    exam = make_exam(backend="null")
    ProctoredExam.objects.update(backend="test", external_id="ext-exam")
    exam.refresh_from_db()
    return exam


def never_sent() -> requests.ConnectionError:
    """The error of a connection that was refused."""
    refused = NewConnectionError(None, "refused")  # type: ignore[arg-type]
    return requests.ConnectionError(MaxRetryError(None, REGISTER_URL, refused))  # type: ignore[arg-type]


def effects() -> list[tuple[str, str]]:
    return [(row.call_name, row.state) for row in AttemptEffect.objects.order_by("id")]


@pytest.fixture
def deliver() -> Callable[[], api.DeliveryReport]:
    """Deliver, as after the pause that follows a failure."""
    return lambda: api.deliver_due_effects(ignore_pause=True)


@pytest.fixture
def no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database fails when the attempt is inserted."""

    def take(attempt: Any) -> bool:
        raise OperationalError("the database went away")

    monkeypatch.setattr(OpenAttempt.objects, "take", take)


@pytest.mark.contract("attempts#registration-withdrawn", "effects#removal")
class TestKnownId:
    @pytest.fixture(autouse=True)
    def _registered(self, http: responses.RequestsMock) -> None:
        http.post(REGISTER_URL, json={"id": "ext-att"})

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param({"body": requests.ReadTimeout("slow")}, id="reply-lost"),
            pytest.param({"status": 500}, id="500"),
            pytest.param({"status": 403}, id="403"),
            pytest.param({"json": {"status": "pending"}}, id="not-confirmed"),
            pytest.param({"body": "<html>"}, id="not-json"),
        ],
    )
    def test_a_removal_that_fails_is_repeated(self, no_row, exam, http, deliver, answer):
        http.delete(ATTEMPT_URL, **answer)
        user = make_user()

        with pytest.raises(OperationalError, match="went away"):
            api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

        assert not ProctoredExamStudentAttempt.objects.exists()
        [row] = AttemptEffect.objects.all()
        assert (row.call_name, row.state, row.attempt_id, row.exam_id) == ("remove_exam_attempt", "due", 0, exam.pk)
        assert json.loads(row.arguments) == {
            "backend": "test",
            "exam_external_id": "ext-exam",
            "external_id": "ext-att",
        }
        http.replace(responses.DELETE, ATTEMPT_URL, json={"status": "deleted"})
        assert deliver().delivered == 1
        assert not AttemptEffect.objects.exists()
        assert http.calls[-1].request.method == "DELETE"

    def test_a_provider_that_does_not_know_it_any_more_is_done(self, no_row, exam, http):
        http.delete(ATTEMPT_URL, status=404)
        with pytest.raises(OperationalError):
            api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)
        assert effects() == []

    @pytest.mark.parametrize("status", [400, 405, 409, 422, 501])
    def test_a_refusal_for_good_ends_as_failed_with_its_reason(self, no_row, exam, http, status):
        http.delete(ATTEMPT_URL, status=status)
        with pytest.raises(OperationalError):
            api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)
        [row] = AttemptEffect.objects.all()
        assert row.state == "failed"
        assert str(status) in row.last_error

    def test_a_removal_that_is_never_confirmed_ends_as_failed(self, no_row, exam, http, deliver):
        http.delete(ATTEMPT_URL, json={"status": "pending"})
        with pytest.raises(OperationalError):
            api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)
        for _ in range(3):
            deliver()
        assert effects() == [("remove_exam_attempt", "failed")]

    def test_the_loser_of_a_race_leaves_an_effect_too(self, exam, http, provider, deliver):
        user = make_user()

        def overtaken(request: Any) -> tuple[int, dict[str, str], str]:
            make_attempt(exam, user, external_id="ext-winner")
            return 200, {}, '{"id": "ext-att"}'

        http.remove(responses.POST, REGISTER_URL)
        http.add_callback(responses.POST, REGISTER_URL, callback=overtaken)
        http.delete(ATTEMPT_URL, body=requests.ConnectionError("down"))

        with pytest.raises(StudentExamAttemptAlreadyExistsException):
            api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

        assert effects() == [("remove_exam_attempt", "due")]
        http.replace(responses.DELETE, ATTEMPT_URL, json={"status": "deleted"})
        assert deliver().delivered == 1
        assert ProctoredExamStudentAttempt.objects.get().external_id == "ext-winner"

    def test_a_provider_that_is_gone_meanwhile_is_asked_when_it_is_back(
        self, no_row, exam, http, deliver, backends_registry, monkeypatch
    ):
        http.delete(ATTEMPT_URL, json={"status": "deleted"})
        register = backends_registry["test"].register_exam_attempt

        def last_call(exam_dict: Any, context: Any) -> Any:
            external_id = register(exam_dict, context)
            self.gone = backends_registry.pop("test")
            return external_id

        monkeypatch.setattr(backends_registry["test"], "register_exam_attempt", last_call)
        with pytest.raises(OperationalError):
            api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)
        assert deliver().failed == 1
        backends_registry["test"] = self.gone
        assert deliver().delivered == 1

    def test_the_same_registration_of_two_requests_stays(self, exam, http, provider):
        """Both sent the same key, so the provider gave both the same id; the slower must not remove it."""
        timed = make_exam("timed")
        attempt = make_attempt(timed, status=S.created, taking_as_proctored=False, external_id=None)
        ProctoredExam.objects.filter(pk=timed.pk).update(is_proctored=True, backend="test", external_id="ext-exam")

        def overtaken(request: Any) -> tuple[int, dict[str, str], str]:
            ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(
                external_id="ext-att", taking_as_proctored=True
            )
            return 200, {}, '{"id": "ext-att"}'

        http.remove(responses.POST, REGISTER_URL)
        http.add_callback(responses.POST, REGISTER_URL, callback=overtaken)
        looked_up = entry_check.look_up(timed.pk, attempt.user_id)
        with pytest.raises(StudentExamAttemptAlreadyExistsException):
            entry.enter_or_go_on(looked_up, taking_as_proctored=True, starts_clock=False)
        assert "DELETE" not in [call.request.method for call in http.calls]
        assert effects() == []


@pytest.mark.contract("attempts#registration-lost")
class TestLostReply:
    LOST = [
        pytest.param({"body": requests.ReadTimeout("slow")}, id="no-reply"),
        pytest.param({"body": requests.ConnectionError("reset")}, id="reset"),
        pytest.param({"status": 502, "body": "proxy"}, id="502"),
        pytest.param({"status": 500}, id="500"),
        pytest.param({"body": '{"id": "ext'}, id="half-a-json"),
        pytest.param({"json": {}}, id="no-id"),
    ]
    NOT_LOST = [
        pytest.param({"body": never_sent()}, id="never-sent"),
        pytest.param({"status": 400}, id="400"),
        pytest.param({"status": 403}, id="403"),
        pytest.param({"status": 503}, id="503"),
        pytest.param({"json": {"status": "onboarding_missing"}}, id="refused"),
    ]

    def enter(self, exam: ProctoredExam) -> None:
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)

    @pytest.mark.parametrize("reply", LOST)
    def test_it_is_asked_for_with_the_same_key_and_removed(self, exam, http, credit, deliver, reply):
        http.post(REGISTER_URL, **reply)
        self.enter(exam)
        assert effects() == [("withdraw_lost_registration", "due")]
        first = http.calls[-1].request
        http.replace(responses.POST, REGISTER_URL, json={"id": "ext-att"})
        http.delete(ATTEMPT_URL, json={"status": "deleted"})

        assert deliver().delivered == 1

        again, removal = (call.request for call in list(http.calls)[-2:])
        assert again.headers["Idempotency-Key"] == first.headers["Idempotency-Key"]
        assert again.body == first.body
        assert (removal.method, removal.url) == ("DELETE", ATTEMPT_URL)
        assert not AttemptEffect.objects.exists()

    @pytest.mark.parametrize("reply", NOT_LOST)
    def test_one_that_was_not_made_leaves_nothing(self, exam, http, reply):
        http.post(REGISTER_URL, **reply)
        user = make_user()
        try:
            api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
        except BackendProviderCannotRegisterAttempt:
            assert not ProctoredExamStudentAttempt.objects.exists()
        assert effects() == []

    @pytest.mark.parametrize(
        "token", [{"status": 401}, {"body": requests.ReadTimeout(request=requests.Request("POST", TOKEN_URL))}]
    )
    def test_nothing_is_left_if_there_was_no_token(self, exam, http, token):
        http.replace(responses.POST, TOKEN_URL, **token)
        self.enter(exam)
        assert effects() == []

    def test_a_removal_that_fails_is_repeated_without_registering_again(self, exam, http, deliver):
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        http.replace(responses.POST, REGISTER_URL, json={"id": "ext-att"})
        http.delete(ATTEMPT_URL, status=500)
        assert deliver().delivered == 1
        assert effects() == [("remove_exam_attempt", "due")]
        http.replace(responses.POST, REGISTER_URL, json={"id": "another"})
        http.replace(responses.DELETE, ATTEMPT_URL, json={"status": "deleted"})
        assert deliver().delivered == 1
        assert effects() == []

    def test_it_is_tried_until_the_provider_is_back(self, exam, http, deliver):
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        assert deliver().failed == 1
        http.replace(responses.POST, REGISTER_URL, json={"id": "ext-att"})
        http.delete(ATTEMPT_URL, json={"status": "deleted"})
        assert deliver().delivered == 1

    @pytest.mark.parametrize(("status", "state"), [(422, "failed"), (400, "failed"), (403, "due"), (503, "due")])
    def test_a_provider_that_refuses_the_repetition(self, exam, http, deliver, status, state):
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        http.replace(responses.POST, REGISTER_URL, status=status)
        deliver()
        [row] = AttemptEffect.objects.all()
        assert (row.state, f"upstream_status={status}" in row.last_error) == (state, True)

    def test_a_learner_who_must_be_onboarded_has_no_registration(self, exam, http, deliver):
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        http.replace(responses.POST, REGISTER_URL, json={"status": "onboarding_missing"})
        assert deliver().delivered == 1

    @pytest.mark.contract("privacy#retirement")
    def test_the_name_of_a_retired_learner_is_not_sent_again(self, exam, http, deliver):
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        user_id = json.loads(AttemptEffect.objects.get().arguments)["user_id"]
        RetiredLearner.objects.remember(user_id)
        count = len(http.calls)
        assert deliver().delivered == 1
        assert len(http.calls) == count

    def test_an_attempt_that_is_registered_by_now_keeps_its_registration(self, exam, http, deliver):
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        code = json.loads(AttemptEffect.objects.get().arguments)["attempt_code"]
        make_attempt(exam, attempt_code=code, external_id="ext-att")
        count = len(http.calls)
        assert deliver().delivered == 1
        assert len(http.calls) == count

    def test_a_provider_that_does_not_honour_the_key_is_not_asked(self, exam, http, provider, caplog):
        provider.honours_idempotency_key = False
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        assert effects() == []
        assert "registration may be left at the provider" in caplog.text

    def test_the_effect_names_nobody(self, exam, http, credit):
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        [row] = AttemptEffect.objects.all()
        assert sorted(json.loads(row.arguments)) == [
            "attempt_code",
            "backend",
            "exam_external_id",
            "time_limit_mins",
            "user_id",
        ]
