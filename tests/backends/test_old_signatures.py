"""Provider classes of an older interface: their methods take fewer arguments than today's."""

from typing import Any

import pytest

from edx_proctoring import checks
from edx_proctoring.api.reviews import receiving
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.legacy_adapter import LegacyProviderAdapter, adapted
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam


class BeforePracticeExams(NullBackendProvider):
    """Of the interface in which a review came alone."""

    def on_review_callback(self, payload: Any) -> Any:  # type: ignore[override]
        return payload

    def get_onboarding_profile_info(self, course_id: str) -> Any:  # type: ignore[override]
        return course_id

    def get_instructor_url(self, course_id: str, user: Any) -> str:  # type: ignore[override]
        return f"{course_id}/{user}"


class OtherNames(NullBackendProvider):
    """Of today's interface, with names of its own."""

    def on_review_callback(self, exam_attempt: Any, body: Any) -> Any:  # type: ignore[override]
        return body


class Unknown(NullBackendProvider):
    """With a parameter that no release has passed."""

    def on_review_callback(self, secret: Any) -> Any:  # type: ignore[override]
        return secret


def test_a_method_that_takes_less_gets_what_it_takes() -> None:
    provider = adapted(BeforePracticeExams())
    assert isinstance(provider, ProctoringBackendProvider)
    assert provider.on_review_callback({"id": 1}, {"status": "passed"}) == {"status": "passed"}
    assert provider.get_instructor_url("course", "user", exam_id="1", attempt_id="2") == "course/user"
    assert provider.stop_exam_attempt("exam", "attempt") is None


@pytest.mark.parametrize("provider_class", [NullBackendProvider, OtherNames, Unknown])
def test_a_class_that_can_be_called_as_today_or_in_no_known_way_is_left_alone(provider_class: Any) -> None:
    provider = provider_class()
    assert adapted(provider) is provider


@pytest.mark.django_db
def test_a_review_of_an_old_class_is_applied(backends_registry: dict[str, Any]) -> None:
    backends_registry["test"] = adapted(BeforePracticeExams(passing_statuses=["Clean"]))
    attempt = make_attempt(make_exam(backend="test"), status=S.submitted)
    receiving.receive_review(attempt_dict(attempt), {"status": "passed", "comments": []})
    attempt.refresh_from_db()
    assert attempt.status == S.verified


def test_a_value_that_is_replaced_on_the_adapter_wins() -> None:
    provider = adapted(BeforePracticeExams())
    assert isinstance(provider, LegacyProviderAdapter)
    provider.on_review_callback = lambda attempt, payload: "replaced"
    assert provider.on_review_callback({}, {}) == "replaced"


def test_a_class_that_does_not_say_which_verdicts_pass_is_named(backends_registry: dict[str, Any]) -> None:
    class Plain(NullBackendProvider):
        """Not one of the stand-ins, whose attempts are never reviewed."""

    backends_registry.clear()
    backends_registry["acme"] = LegacyProviderAdapter(Plain())
    backends_registry["null"] = NullBackendProvider()
    backends_registry["strict"] = LegacyProviderAdapter(Plain(passing_statuses=["Clean"]))
    (message,) = checks.check_passing_statuses(None)
    assert message.id == "edx_proctoring.W027"
    assert "'acme'" in message.msg
    assert "passing_statuses" in message.hint
