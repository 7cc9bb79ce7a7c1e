"""What the core asks of the provider, and what the vendor hears of it."""

from typing import Any

import pytest
import requests
from django.apps import apps
from django.contrib.auth.models import User

from edx_proctoring import api
from edx_proctoring.api.privacy.user_retirement import retire_learner_at_providers
from edx_proctoring.backends import call_options
from edx_proctoring.backends.attempt_removal import remove_or_raise
from edx_proctoring.backends.circuit_breakers import BreakerOpen
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, store
from edx_proctoring.backends.reply_errors import ProviderRefused
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession, State
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import obscured_user_id
from tests import factories
from tests.conftest import Recording

from .account import Vendor, set_options

pytestmark = [pytest.mark.django_db, pytest.mark.contract("constructor#provider")]


class TestRegistration:
    def test_it_makes_a_session_and_calls_nobody(
        self, credit: Recording, vendor: Vendor, attempt: ProctoredExamStudentAttempt, learner: User
    ) -> None:
        session = ConstructorSession.objects.get()
        assert session.session_id == attempt.external_id
        assert len(session.session_id) == 32
        assert (session.state, session.attempt_code) == (State.NEW, attempt.attempt_code)
        assert session.user_subject == obscured_user_id(learner.pk, "constructor")
        assert session.registration["minutes"] == 90
        assert vendor.calls == []

    def test_names_are_kept_only_as_configured_and_until_the_end(
        self, credit: Recording, vendor: Vendor, provider: ConstructorProctoringProvider, exam: Any, learner: User
    ) -> None:
        set_options(provider, send_name=True, send_email=False)
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        session = ConstructorSession.objects.get()
        assert session.registration["full_name"]
        assert session.registration["email"] is None
        provider.stop_exam_attempt("exam", session.session_id)
        session.refresh_from_db()
        assert "full_name" not in session.registration

    @pytest.mark.contract("constructor#start-token")
    @pytest.mark.parametrize(("is_on", "rules"), [(True, "Closed book; May stand up"), (False, "")])
    def test_the_review_policy_and_the_learners_exception_are_kept_for_the_start_token(
        self, vendor: Vendor, provider: ConstructorProctoringProvider, exam: Any, learner: User, is_on: bool, rules: str
    ) -> None:
        set_options(provider, use_review_policy=is_on)
        api.create_exam_review_policy(exam.pk, learner.pk, "Closed book")
        api.add_allowance_for_user(exam.pk, learner.pk, "review_policy_exception", "May stand up")
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        assert ConstructorSession.objects.get().registration["custom_rules"] == rules

    def test_without_the_app_it_is_refused_in_words(
        self, exam: Any, learner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "_stores", [])
        with pytest.raises(BackendProviderCannotRegisterAttempt, match="not configured"):
            api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        assert not ProctoredExamStudentAttempt.objects.exists()

    def test_with_options_that_cannot_work_it_is_refused_in_words(
        self, provider: ConstructorProctoringProvider, exam: Any, learner: User
    ) -> None:
        set_options(provider, jwt_secret="short")
        with pytest.raises(BackendProviderCannotRegisterAttempt, match="not configured"):
            api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)


class TestTheEnd:
    def test_a_submission_finishes_the_session(self, vendor: Vendor, submitted: ProctoredExamStudentAttempt) -> None:
        [(method, path, body)] = vendor.calls
        assert (method, path) == ("POST", f"/sessions/{submitted.external_id}/finish/")
        assert body["sessionFinishUrl"].endswith(f"/constructor/v1/finished/{submitted.external_id}/")
        session = ConstructorSession.objects.get()
        assert (session.state, session.finish_state) == (State.FINISHED, "done")

    # In a transaction around the call, as tests have it, a failing call undoes what it wrote.
    @pytest.mark.django_db(transaction=True)
    def test_a_vendor_that_is_down_does_not_keep_a_learner_from_submitting(
        self, vendor: Vendor, attempt: ProctoredExamStudentAttempt
    ) -> None:
        vendor.fails_with = requests.ConnectionError("down")
        for status in (Status.ready_to_start, Status.started, Status.submitted):
            api.update_attempt_status(attempt.pk, status)
        attempt.refresh_from_db()
        session = ConstructorSession.objects.get()
        assert attempt.status == Status.submitted
        assert (session.state, session.finish_state) == (State.FINISHED, "pending")
        due = AttemptEffect.objects.get(call_name="stop_exam_attempt")
        assert due.state == AttemptEffect.STATE_DUE

    def test_it_is_told_later(self, vendor: Vendor, attempt: ProctoredExamStudentAttempt, at_noon: Any) -> None:
        vendor.fails_with = 503
        for status in (Status.ready_to_start, Status.started, Status.submitted):
            api.update_attempt_status(attempt.pk, status)
        vendor.fails_with = None
        at_noon.tick(3600)
        api.deliver_due_effects()
        assert ConstructorSession.objects.get().finish_state == "done"

    def test_callers_who_do_not_repeat_hear_nothing(
        self, vendor: Vendor, provider: ConstructorProctoringProvider, session: ConstructorSession
    ) -> None:
        vendor.fails_with = 500
        provider.stop_exam_attempt("exam", session.session_id)
        with call_options.use(raises_on_error=True), pytest.raises(requests.HTTPError):
            provider.mark_erroneous_exam_attempt("exam", session.session_id)

    def test_a_session_that_the_vendor_does_not_know_has_ended(
        self, vendor: Vendor, provider: ConstructorProctoringProvider, session: ConstructorSession
    ) -> None:
        vendor.fails_with = 404
        provider.stop_exam_attempt("exam", session.session_id)
        assert ConstructorSession.objects.get().finish_state == "done"


class TestRemoval:
    def test_a_reset_removes_the_session(self, vendor: Vendor, attempt: ProctoredExamStudentAttempt) -> None:
        api.remove_exam_attempt(attempt.pk, factories.make_staff())
        assert [path for _method, path, _body in vendor.calls] == [f"/sessions/{attempt.external_id}/finish/"]
        assert ConstructorSession.objects.get().state == State.RESET

    @pytest.mark.parametrize("failure", [500, 401, requests.ReadTimeout("slow")])
    def test_it_raises_if_the_vendor_does_not_confirm(
        self, vendor: Vendor, provider: ConstructorProctoringProvider, session: ConstructorSession, failure: Any
    ) -> None:
        vendor.fails_with = failure
        with pytest.raises(requests.RequestException):
            provider.remove_exam_attempt("exam", session.session_id)
        assert ConstructorSession.objects.get().state == State.NEW

    def test_a_refusal_for_good_is_not_repeated(
        self, vendor: Vendor, provider: ConstructorProctoringProvider, session: ConstructorSession
    ) -> None:
        vendor.fails_with = 400
        with pytest.raises(ProviderRefused):
            remove_or_raise(provider, "exam", session.session_id)

    def test_a_new_attempt_makes_a_new_session_and_replaces_the_old_one(
        self, vendor: Vendor, attempt: ProctoredExamStudentAttempt, exam: ProctoredExam, learner: User
    ) -> None:
        api.remove_exam_attempt(attempt.pk, factories.make_staff())
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        old, new = ConstructorSession.objects.order_by("pk")
        assert (old.state, new.state) == (State.RESET, State.NEW)
        assert old.session_id != new.session_id


class TestVendorCalls:
    pytestmark = pytest.mark.contract("constructor#vendor-calls")

    def test_the_breaker_of_the_core_spares_pages(
        self, vendor: Vendor, provider: ConstructorProctoringProvider
    ) -> None:
        vendor.fails_with = requests.ConnectionError("down")
        for _ in range(5):
            with pytest.raises(requests.ConnectionError):
                provider.vendor_status("a" * 32)
        calls = len(vendor.calls)
        with call_options.use(is_page_waiting=True), pytest.raises(BreakerOpen):
            provider.vendor_status("a" * 32)
        assert len(vendor.calls) == calls

    @pytest.mark.parametrize("status", ["paused", "READY"])
    def test_an_unknown_status_is_passed_on_and_logged(
        self,
        vendor: Vendor,
        provider: ConstructorProctoringProvider,
        caplog: pytest.LogCaptureFixture,
        status: str,
    ) -> None:
        vendor.status = status
        answer = provider.vendor_status("a" * 32)
        assert answer is not None
        assert answer.status == status
        assert "that we do not know" in caplog.text

    def test_a_session_that_the_vendor_does_not_know_is_none(
        self, vendor: Vendor, provider: ConstructorProctoringProvider
    ) -> None:
        vendor.status = None
        assert provider.vendor_status("a" * 32) is None

    @pytest.mark.parametrize(
        "reply",
        [
            {"status": 302, "headers": {"Location": "https://evil.example/"}},
            {"json": {"status": "started", "sessionId": "another"}},
            {"json": ["started"]},
            {"json": {"status": 1}},
            {"body": "<html>"},
            {"body": "x" * (1024 * 1024 + 1)},
        ],
    )
    def test_a_reply_that_says_nothing_is_an_error(
        self, provider: ConstructorProctoringProvider, reply: dict[str, Any]
    ) -> None:
        import responses

        with responses.RequestsMock() as mock:
            mock.get(f"https://a.proctor.example/api/v2/integration/simple/demo/sessions/{'a' * 32}/status/", **reply)
            with pytest.raises((requests.RequestException, ValueError)):
                provider.vendor_status("a" * 32)
            assert len(mock.calls) == 1


class TestForPages:
    def test_the_attempt_has_the_link_that_starts_the_session(
        self, provider: ConstructorProctoringProvider, attempt: ProctoredExamStudentAttempt, vendor: Vendor
    ) -> None:
        given = {"external_id": attempt.external_id, "other": 1}
        view = provider.get_attempt(given)
        assert view["download_url"] == (
            f"http://localhost:8000/edx_proctoring/constructor/v1/launch/{attempt.external_id}/"
        )
        assert len(view["instructions"]) == 3
        assert "download_url" not in given
        assert vendor.calls == []

    def test_the_configuration_has_instructions(self, provider: ConstructorProctoringProvider) -> None:
        set_options(provider, instructions=["Sit down."], rules={"allow_voices": True})
        assert provider.get_proctoring_config() == {
            "name": "Constructor Proctor",
            "download_url": "",
            "rules": {"allow_voices": True},
            "instructions": ["Sit down."],
        }

    def test_attributes(self, provider: ConstructorProctoringProvider) -> None:
        assert (provider.verbose_name, provider.passing_statuses) == ("Constructor Proctor", ("Clean",))
        assert provider.supports_onboarding is provider.has_dashboard is False
        assert not hasattr(provider, "npm_module")
        assert provider.get_javascript() == ""
        assert provider.get_software_download_url() is None

    def test_staff_get_a_link_to_the_record_of_an_attempt_only(self, provider: ConstructorProctoringProvider) -> None:
        url = provider.get_instructor_url("c", {}, exam_id="e", attempt_id="a" * 32)
        assert url == f"http://localhost:8000/edx_proctoring/constructor/v1/archive/{'a' * 32}/"
        assert provider.get_instructor_url("c", {}, exam_id="e") is None
        set_options(provider, archive_links=False)
        assert provider.get_instructor_url("c", {}, exam_id="e", attempt_id="a" * 32) is None


class TestExams:
    EXAM: dict[str, Any] = {"id": 1, "course_id": "c", "content_id": "x", "external_id": None, "exam_name": "E"}

    def test_an_exam_keeps_its_id_and_gets_a_stable_one(
        self, provider: ConstructorProctoringProvider, vendor: Vendor
    ) -> None:
        made = provider.on_exam_saved(dict(self.EXAM))
        assert made == provider.on_exam_saved(dict(self.EXAM))
        assert provider.on_exam_saved({**self.EXAM, "external_id": "known"}) == "known"
        assert vendor.calls == []

    def test_exams_are_sent_if_configured(self, provider: ConstructorProctoringProvider, vendor: Vendor) -> None:
        set_options(provider, sync_exams=True)
        external_id = provider.on_exam_saved(dict(self.EXAM))
        assert vendor.calls[0][:2] == ("POST", "/exams/")
        assert vendor.calls[0][2]["examId"] == external_id
        vendor.fails_with = 500
        assert provider.on_exam_saved(dict(self.EXAM)) == external_id


def test_retirement_forgets_the_learner(vendor: Vendor, submitted: ProctoredExamStudentAttempt, learner: User) -> None:
    session = ConstructorSession.objects.get()
    ConstructorSession.objects.update(report_url="https://a.example/1", draft_review="{}")
    ConstructorEvent.objects.create(session=session, kind="warning", digest="d", payload={"x": 1})
    assert retire_learner_at_providers(learner.pk) == {"constructor": True}
    session.refresh_from_db()
    assert (session.report_url, session.draft_review, session.registration, session.user_subject) == ("", "", {}, "")
    assert not ConstructorEvent.objects.exists()
    assert retire_learner_at_providers(learner.pk) == {}


def test_nothing_is_asked_of_the_tables_without_a_backend_of_this_class(
    db: Any, django_assert_num_queries: Any
) -> None:
    from edx_proctoring.constructor import receivers, start_gate

    configured = apps.get_app_config("edx_proctoring").backends  # type: ignore[attr-defined]
    assert not any(isinstance(one, ConstructorProctoringProvider) for one in configured.values())
    with django_assert_num_queries(0):
        receivers.follow_attempt(None, 1, Status.submitted)
        assert start_gate.gate(None, {"is_proctored": True, "backend": "test"}, {"external_id": "x"}, object()) is None
