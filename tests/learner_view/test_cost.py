"""The number of queries of the content gate and of pages."""

import pytest

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_user
from tests.learner_view.conftest import tomorrow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _free_dates(date_service, monkeypatch):
    """Leave out the queries of the date service, which belongs to the host."""
    monkeypatch.setattr(date_service, "get_date_for_block", lambda *args, **kwargs: None)
    monkeypatch.setattr(date_service, "get_dates_for_course", lambda *args, **kwargs: {})


@pytest.fixture
def silent_provider(backends_registry, monkeypatch):
    """Let every provider method that may use the network fail."""

    def refuse(*args, **kwargs):
        raise AssertionError("the provider was asked")

    for provider in backends_registry.values():
        for name in ("get_attempt", "get_javascript", "get_software_download_url", "get_proctoring_config"):
            monkeypatch.setattr(provider, name, refuse, raising=False)


@pytest.mark.contract("learner-pages#cost")
@pytest.mark.parametrize("kind", ["timed", "practice", "onboarding", "proctored"])
@pytest.mark.parametrize("crowd", [0, 5, 50])
def test_the_gate_of_a_running_exam_takes_one_query(look, silent_provider, django_assert_num_queries, kind, crowd):
    exam, user = make_exam(kind), make_user()
    for _ in range(crowd):
        make_attempt(exam, make_user(), S.started)
        make_exam(kind)
    make_attempt(exam, user, S.started)
    with django_assert_num_queries(1):
        assert look(exam, user, due_date=tomorrow()).html is None


@pytest.mark.parametrize(
    ("kind", "status", "queries"),
    [
        pytest.param("timed", None, 4, id="timed-entrance"),
        pytest.param("timed", S.ready_to_submit, 1, id="timed-about-to-submit"),
        pytest.param("proctored", None, 6, id="proctored-entrance"),
        pytest.param("proctored", S.created, 3, id="instructions"),
        pytest.param("proctored", S.submitted, 2, id="submitted"),
    ],
)
def test_a_page_stays_within_its_number_of_queries(look, django_assert_max_num_queries, kind, status, queries):
    exam, user = make_exam(kind), make_user()
    if status is not None:
        make_attempt(exam, user, status)
    with django_assert_max_num_queries(queries):
        assert look(exam, user).html is not None
