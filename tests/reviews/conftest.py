"""Reviews as providers send them, and the providers that send them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from crum import set_current_request
from django.test import RequestFactory

from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer
from edx_proctoring.statuses import SoftwareSecureReviewStatus

# Hex, 16 bytes.
VIDEO_KEY = "00112233445566778899aabbccddeeff"


class RestLikeProvider(TestBackendProvider):
    """Judges as REST providers do: only a clean review passes."""

    passing_statuses = (SoftwareSecureReviewStatus.clean,)


@pytest.fixture(autouse=True)
def providers(backends_registry: dict[str, Any]) -> dict[str, Any]:
    """``test`` has no list of its own, ``rest`` passes clean reviews only, ``rpnow`` is RPNow."""
    backends_registry["rest"] = RestLikeProvider()
    backends_registry["rpnow"] = SoftwareSecureBackendProvider(
        organization="o",
        exam_sponsor="s",
        exam_register_endpoint="http://vendor.test",
        secret_key_id="k",
        secret_key="s",
        crypto_key="123456789123456712345678",
        software_download_url="http://vendor.test",
        video_review_aes_key=VIDEO_KEY,
    )
    return backends_registry


@pytest.fixture
def serialize() -> Callable[..., dict[str, Any]]:
    """The attempt as callbacks hand it over."""

    def serialize(attempt: ProctoredExamStudentAttempt, **more: Any) -> dict[str, Any]:
        return {**ProctoredExamStudentAttemptSerializer(attempt).data, **more}

    return serialize


@pytest.fixture
def rpnow_payload() -> Callable[..., dict[str, Any]]:
    """A full RPNow payload about an attempt."""

    def payload(attempt: ProctoredExamStudentAttempt, review_status: str = "Clean") -> dict[str, Any]:
        return json.loads(
            create_test_review_payload(
                attempt_code=attempt.attempt_code, external_id=attempt.external_id, review_status=review_status
            )
        )

    return payload


@pytest.fixture
def current_request() -> Iterator[Any]:
    """The request that is being answered, as crum knows it."""
    request = RequestFactory().get("/")
    set_current_request(request)
    yield request
    set_current_request(None)


def rest_review(status: str = "passed", **more: Any) -> dict[str, Any]:
    """A review as REST providers post it."""
    return {
        "status": status,
        "comments": [{"comment": "Looked away", "status": "suspicious", "start": 4, "stop": 9, "duration": 5}],
        **more,
    }
