"""The former place of ``edx_proctoring.tests.test_utils.utils``, for suites of older hosts."""

from edx_proctoring.tests.test_utils.utils import (
    LoggedInTestCase,
    MockTracker,
    ProctoredExamTestCase,
    TestClient,
)

__all__ = ["LoggedInTestCase", "MockTracker", "ProctoredExamTestCase", "TestClient"]
