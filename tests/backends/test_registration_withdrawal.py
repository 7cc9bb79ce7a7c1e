"""A registration whose attempt is not created here is taken back, also if that fails at first."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from urllib3.exceptions import MaxRetryError, NewConnectionError

from edx_proctoring import api
from edx_proctoring.api.attempts import entry, entry_check
from edx_proctoring.api.effects import claiming, outbox
from edx_proctoring.backends.rest import BaseRestProctoringProvider
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

    @pytest.mark.contract("provider-wire#registrations-at-once")
    def test_it_needs_no_slot_of_the_learners(self, exam, http, provider, deliver):
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        http.replace(responses.POST, REGISTER_URL, json={"id": "ext-att"})
        http.delete(ATTEMPT_URL, json={"status": "deleted"})
        # As if learners had taken all there are.
        provider.registrations_at_once = 0

        assert deliver().delivered == 1

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

    def test_a_provider_that_does_not_honour_the_key_is_not_asked_and_a_person_is_told(
        self, exam, http, provider, deliver
    ):
        provider.honours_idempotency_key = False
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        self.enter(exam)
        count = len(http.calls)
        assert deliver().given_up == 1
        assert len(http.calls) == count
        [row] = AttemptEffect.objects.all()
        assert row.state == "failed"
        assert "ask it to remove the registration" in row.last_error
        assert row.attempt_code == json.loads(row.arguments)["attempt_code"] != ""

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


class Killed(BaseException):
    """The process dies: no handler of ours sees it, and what was not committed is rolled back."""


@pytest.mark.contract("attempts#registration-intent")
class TestIntent:
    @pytest.fixture
    def dies_before_the_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The process dies when the attempt is about to be inserted."""

        def take(attempt: Any) -> bool:
            raise Killed

        monkeypatch.setattr(OpenAttempt.objects, "take", take)

    def enter(self, exam: ProctoredExam, user: Any = None) -> int:
        return api.create_exam_attempt(exam.pk, (user or make_user()).pk, taking_as_proctored=True)

    def after_the_lease(self) -> api.DeliveryReport:
        return api.deliver_due_effects(now=timezone.now() + claiming.LEASE)

    def test_it_is_there_while_the_provider_is_called_and_gone_with_the_attempt(self, exam, http):
        seen: list[Any] = []

        def register(request: Any) -> tuple[int, dict[str, str], str]:
            seen.extend(AttemptEffect.objects.values_list("call_name", "attempt_code", "attempt_id"))
            assert AttemptEffect.objects.get().next_try_at > timezone.now(), "no other process withdraws it now"
            return 200, {}, '{"id": "ext-att"}'

        http.add_callback(responses.POST, REGISTER_URL, callback=register)
        attempt = ProctoredExamStudentAttempt.objects.get(pk=self.enter(exam))
        assert seen == [("withdraw_lost_registration", attempt.attempt_code, 0)]
        assert effects() == []

    def test_it_costs_two_statements(self, exam, http):
        http.post(REGISTER_URL, json={"id": "ext-att"})
        with CaptureQueriesContext(connection) as statements:
            self.enter(exam)
        about_it = [query["sql"].split()[0] for query in statements if "proctoring_effect" in query["sql"]]
        assert about_it == ["INSERT", "DELETE"]

    @pytest.mark.usefixtures("dies_before_the_row")
    def test_a_process_that_dies_leaves_a_registration_that_is_removed_after_the_lease(self, exam, http):
        http.post(REGISTER_URL, json={"id": "ext-att"})
        http.delete(ATTEMPT_URL, json={"status": "deleted"})
        with pytest.raises(Killed):
            self.enter(exam)
        first = http.calls[-1].request
        assert api.deliver_due_effects() == api.DeliveryReport(), "not before: the process may only be slow"

        assert self.after_the_lease().delivered == 1

        again, removal = (call.request for call in list(http.calls)[-2:])
        assert (again.method, removal.method, removal.url) == ("POST", "DELETE", ATTEMPT_URL)
        assert again.headers["Idempotency-Key"] == first.headers["Idempotency-Key"]
        assert effects() == []

    @pytest.mark.usefixtures("dies_before_the_row")
    def test_a_provider_that_finds_nothing_by_the_key_is_named_to_a_person(self, exam, http, provider):
        provider.honours_idempotency_key = False
        http.post(REGISTER_URL, json={"id": "ext-att"})
        with pytest.raises(Killed):
            self.enter(exam)
        count = len(http.calls)
        assert self.after_the_lease().given_up == 1
        assert len(http.calls) == count
        assert effects() == [("withdraw_lost_registration", "failed")]

    def test_an_exam_that_was_unknown_at_the_provider_is_named_to_a_person(self, exam, http, monkeypatch):
        ProctoredExam.objects.update(external_id=None)
        http.post(f"{BASE_URL}/api/v1/exam/", body=requests.ConnectionError("down"))
        monkeypatch.setattr(BaseRestProctoringProvider, "_save_missing_exam", lambda self, exam: killed())

        def killed() -> None:
            raise Killed

        with pytest.raises(Killed):
            self.enter(exam)
        assert self.after_the_lease().given_up == 1
        assert "id of the exam is unknown" in AttemptEffect.objects.get().last_error

    def test_a_registration_that_was_withdrawn_meanwhile_makes_no_attempt(self, exam, http):
        """The process was stopped for longer than its lease, and the sweeper took it for dead."""
        is_asleep = [True]

        def register(request: Any) -> tuple[int, dict[str, str], str]:
            if is_asleep:
                is_asleep.clear()
                assert self.after_the_lease().delivered == 1
            return 200, {}, '{"id": "ext-att"}'

        http.add_callback(responses.POST, REGISTER_URL, callback=register)
        http.delete(ATTEMPT_URL, json={"status": "deleted"})
        user = make_user()

        with pytest.raises(BackendProviderCannotRegisterAttempt, match="try again"):
            self.enter(exam, user)

        assert not ProctoredExamStudentAttempt.objects.exists()
        assert effects() == []
        assert self.enter(exam, user), "the next try succeeds"

    def test_an_attempt_that_waits_to_be_registered_keeps_the_intent(self, exam, http, monkeypatch, deliver):
        """It is older than its exam's proctoring; the learner's next try sends the same key."""
        timed = make_exam("timed")
        attempt = make_attempt(timed, status=S.created, taking_as_proctored=False, external_id=None)
        ProctoredExam.objects.filter(pk=timed.pk).update(is_proctored=True, backend="test", external_id="ext-exam")
        http.post(REGISTER_URL, json={"id": "ext-att"})
        http.delete(ATTEMPT_URL, json={"status": "deleted"})

        def dies(*args: Any, **kwargs: Any) -> None:
            raise Killed

        looked_up = entry_check.look_up(timed.pk, attempt.user_id)
        with monkeypatch.context() as patch:
            patch.setattr(entry, "_save_registration", dies)
            with pytest.raises(Killed):
                entry.enter_or_go_on(looked_up, taking_as_proctored=True, starts_clock=False)
        count = len(http.calls)
        assert self.after_the_lease().failed == 1
        assert len(http.calls) == count, "not withdrawn under the learner"

        looked_up = entry_check.look_up(timed.pk, attempt.user_id)
        entry.enter_or_go_on(looked_up, taking_as_proctored=True, starts_clock=False)
        assert deliver().delivered == 1
        assert "DELETE" not in [call.request.method for call in http.calls]
        attempt.refresh_from_db()
        assert attempt.external_id == "ext-att"

    def test_one_whose_attempt_left_without_being_registered_is_withdrawn(self, exam, http, deliver):
        http.post(REGISTER_URL, body=requests.ReadTimeout("slow"))
        with pytest.raises(BackendProviderCannotRegisterAttempt):
            self.enter(exam)
        code = AttemptEffect.objects.get().attempt_code
        make_attempt(exam, status=S.declined, attempt_code=code, external_id=None)
        http.replace(responses.POST, REGISTER_URL, json={"id": "ext-att"})
        http.delete(ATTEMPT_URL, json={"status": "deleted"})
        assert deliver().delivered == 1
        assert http.calls[-1].request.method == "DELETE"

    def test_a_demand_for_onboarding_leaves_nothing(self, exam, http):
        http.post(REGISTER_URL, json={"status": "onboarding_missing"})
        self.enter(exam)
        assert ProctoredExamStudentAttempt.objects.get().status == S.onboarding_missing
        assert effects() == []

    def test_a_fault_of_a_plug_in_after_the_request_leaves_the_effect(self, exam, http, provider, monkeypatch):
        def faulty(exam: Any, context: Any) -> None:
            raise TypeError("of the plug-in")

        monkeypatch.setattr(provider, "register_exam_attempt", faulty)
        with pytest.raises(TypeError):
            self.enter(exam)
        assert effects() == [("withdraw_lost_registration", "due")]

    @pytest.mark.parametrize("value", [None, "yes", 1])
    def test_a_plug_in_that_does_not_say_that_it_registers_elsewhere_has_none(self, exam, http, provider, value):
        provider.honours_idempotency_key = value

        def register(request: Any) -> tuple[int, dict[str, str], str]:
            assert effects() == []
            return 200, {}, '{"id": "ext-att"}'

        http.add_callback(responses.POST, REGISTER_URL, callback=register)
        assert self.enter(exam)

    def test_without_the_database_the_intent_stays(self, no_row, exam, http, monkeypatch):
        """The removal fails and cannot be recorded; the intent finds the registration later."""
        http.post(REGISTER_URL, json={"id": "ext-att"})
        http.delete(ATTEMPT_URL, body=requests.ConnectionError("down"))

        def fails(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("still away")

        monkeypatch.setattr(outbox, "keep_failed_of_exam", fails)
        with pytest.raises(OperationalError, match="went away"):
            self.enter(exam)
        assert effects() == [("withdraw_lost_registration", "due")]
