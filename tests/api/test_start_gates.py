"""Gates that can refuse a start."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from edx_proctoring import api
from edx_proctoring.api.attempts.start_gates import StartRefusal

USER = SimpleNamespace(id=7)
EXAM = {"id": 1, "is_proctored": True, "backend": "test"}
TIMED = {**EXAM, "is_proctored": False}
REQUEST = object()
REFUSAL = StartRefusal("wrong-browser", "Use the secure browser.", "seb://start")


@pytest.fixture
def gate() -> Iterator[list[Any]]:
    """A registered gate that returns the refusal in this list; while the list is empty the start is allowed."""
    answers: list[Any] = []
    api.register_start_gate("test-gate", lambda user, exam, attempt, request: answers[0] if answers else None)
    yield answers
    api.unregister_start_gate("test-gate")


def test_without_a_refusal_the_start_is_allowed(gate: list[Any]) -> None:
    assert api.check_start_gates(USER, TIMED, None, REQUEST) is None


def test_the_refusal_of_a_registered_gate_is_returned(gate: list[Any]) -> None:
    gate.append(REFUSAL)

    assert api.check_start_gates(USER, TIMED, None, REQUEST) is REFUSAL


@pytest.mark.contract("start-gates#asked")
def test_without_a_request_no_gate_is_called(gate: list[Any]) -> None:
    gate.append(REFUSAL)

    assert api.check_start_gates(USER, EXAM, None, None) is None


@pytest.mark.contract("start-gates#registry")
def test_a_gate_of_the_same_name_is_replaced(gate: list[Any]) -> None:
    gate.append(REFUSAL)
    api.register_start_gate("test-gate", lambda user, exam, attempt, request: None)

    assert api.check_start_gates(USER, TIMED, None, REQUEST) is None


def test_an_exception_of_a_gate_propagates() -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError("no")

    api.register_start_gate("broken", broken)
    try:
        with pytest.raises(RuntimeError):
            api.check_start_gates(USER, TIMED, None, REQUEST)
    finally:
        api.unregister_start_gate("broken")


def test_the_refusal_of_the_providers_gate_is_returned(test_backend: Any) -> None:
    assert api.check_start_gates(USER, EXAM, None, REQUEST) is None

    test_backend.check_start = lambda exam, attempt, request: REFUSAL

    assert api.check_start_gates(USER, EXAM, None, REQUEST) is REFUSAL


@pytest.mark.contract("start-gates#order")
def test_a_provider_that_is_a_mock_has_no_gate(backends_registry: dict[str, Any]) -> None:
    backends_registry["test"] = MagicMock()

    assert api.check_start_gates(USER, EXAM, None, REQUEST) is None


@pytest.mark.contract("start-gates#provider-not-configured")
def test_a_start_without_its_provider_is_refused_with_a_reason(caplog: pytest.LogCaptureFixture) -> None:
    refusal = api.check_start_gates(USER, {**EXAM, "backend": "gone"}, None, REQUEST)

    assert refusal is not None
    assert (refusal.code, refusal.launch_url) == ("provider_not_configured", None)
    assert "backend=gone" in caplog.text
