"""Each cell of the table of replies, against a server that fails as configured.

The same cells against intercepted HTTP are in ``tests/backends/test_rest_*.py``.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests
from django.core.cache import cache

from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingProfilesException,
)
from mock_provider.plugin import MockProviderBackend

from .conftest import COURSE, USER

pytestmark = pytest.mark.contract("provider-wire#register-failures")

FAULTS = {
    "no-connection": {"drop_connection": [{"path": "^/api/"}]},
    "error-status": {"fail": [{"path": "^/api/", "status": 500, "body": {"error": "busy"}}]},
    "bad-json": {"malformed_json": [{"path": "^/api/"}]},
}

REGISTRATION = {"lms_host": "http://lms.test", "user_id": USER, "full_name": "Vera Learner", "email": None}

CALLS = {
    "config": lambda backend, exam, attempt: backend.get_proctoring_config(),
    "exam": lambda backend, exam, attempt: backend.get_exam(exam),
    "attempt": lambda backend, exam, attempt: backend.get_attempt(
        {"external_id": attempt, "proctored_exam": exam, "attempt_code": "A"}
    ),
    "register": lambda backend, exam, attempt: backend.register_exam_attempt(
        exam, context={**REGISTRATION, "attempt_code": "B"}
    ),
    "start": lambda backend, exam, attempt: backend.start_exam_attempt(exam["external_id"], attempt),
    "stop": lambda backend, exam, attempt: backend.stop_exam_attempt(exam["external_id"], attempt),
    "error": lambda backend, exam, attempt: backend.mark_erroneous_exam_attempt(exam["external_id"], attempt),
    "remove": lambda backend, exam, attempt: backend.remove_exam_attempt(exam["external_id"], attempt),
    "exam-saved": lambda backend, exam, attempt: backend.on_exam_saved(exam),
    "retire": lambda backend, exam, attempt: backend.retire_user(USER),
    "onboarding": lambda backend, exam, attempt: backend.get_onboarding_profile_info(COURSE),
}

NO_REPLY = requests.RequestException
# Per call, the results of no connection, of an error status with a JSON body, and of a body that is not JSON: an
# exception class, or the returned value.
CELLS: dict[str, tuple[Any, Any, Any]] = {
    "config": (NO_REPLY, {}, ValueError),
    "exam": (NO_REPLY, {"error": "busy"}, ValueError),
    "attempt": (NO_REPLY, {"error": "busy", "instructions": None}, {"instructions": None}),
    "register": (
        BackendProviderCannotRegisterAttempt,
        BackendProviderCannotRegisterAttempt,
        BackendProviderCannotRegisterAttempt,
    ),
    "start": (NO_REPLY, None, None),
    "stop": (NO_REPLY, None, None),
    "error": (NO_REPLY, None, None),
    "remove": (NO_REPLY, requests.HTTPError, False),
    "exam-saved": (None, None, None),
    "retire": (BackendProviderCannotRetireUser, BackendProviderCannotRetireUser, BackendProviderCannotRetireUser),
    "onboarding": (
        BackendProviderOnboardingProfilesException,
        BackendProviderOnboardingProfilesException,
        BackendProviderOnboardingProfilesException,
    ),
}


@pytest.fixture
def backend(provider: Any) -> MockProviderBackend:
    """The plug-in, configured for the running server; it has its token, so that faults hit the call itself."""
    cache.clear()
    backend = MockProviderBackend(client_id="mock", client_secret="mocksecret", base_url=provider.url)
    backend.session.get(f"{provider.url}/api/v1/exam/exam-1/")
    return backend


def test_the_table_lists_every_call_with_every_fault() -> None:
    assert CELLS.keys() == CALLS.keys()
    assert all(len(cells) == len(FAULTS) for cells in CELLS.values())


@pytest.mark.parametrize(
    ("call", "fault", "expected"),
    [
        pytest.param(call, fault, expected, id=f"{call}-{fault}")
        for call, cells in CELLS.items()
        for fault, expected in zip(FAULTS, cells, strict=True)
    ],
)
def test_a_call_to_a_failing_provider_has_the_result_of_its_cell(
    backend: MockProviderBackend, scenario: Any, attempt: str, call: str, fault: str, expected: Any
) -> None:
    exam = {"external_id": "exam-1", "course_id": COURSE, "exam_name": "Final", "is_practice_exam": False, "id": 1}
    assert scenario(**FAULTS[fault]).status_code == 200
    if isinstance(expected, type) and issubclass(expected, Exception):
        with pytest.raises(expected):
            CALLS[call](backend, exam, attempt)
        return
    result = CALLS[call](backend, exam, attempt)
    if isinstance(expected, dict) and "instructions" in expected:
        # The plug-in fills in its own instructions.
        assert result.keys() == expected.keys()
    else:
        assert result == expected


def test_a_healthy_provider_answers_each_call(backend: MockProviderBackend, attempt: str) -> None:
    exam = {"external_id": "exam-1", "course_id": COURSE, "exam_name": "Final", "is_practice_exam": False, "id": 1}
    # Removal last: the other calls need the attempt.
    order = [call for call in CALLS if call != "remove"] + ["remove"]
    results = {call: CALLS[call](backend, exam, attempt) for call in order}
    assert [call for call, result in results.items() if not result] == []
