"""The permission to review an attempt."""

import pytest
from django.contrib.auth.models import Group

from tests.factories import make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("host-services#review-permission")]

PERMISSION = "edx_proctoring.can_review_attempt"


def attempt_with(backend):
    return {"proctored_exam": {"backend": backend}}


@pytest.fixture
def reviewer():
    user = make_user()
    user.groups.add(Group.objects.create(name="test_review"))
    return user


def test_a_learner_may_not_review():
    assert not make_user().has_perm(PERMISSION, attempt_with("test"))


def test_staff_may_review_which_takes_no_query(django_assert_num_queries):
    staff = make_staff()
    with django_assert_num_queries(0):
        assert staff.has_perm(PERMISSION, attempt_with("test"))


def test_a_reviewer_of_the_provider_may_review(reviewer):
    assert reviewer.has_perm(PERMISSION, attempt_with("test"))


def test_a_reviewer_of_another_provider_may_not_review(reviewer):
    assert not reviewer.has_perm(PERMISSION, attempt_with("null"))


def test_an_exam_without_provider_is_reviewed_by_those_of_the_default_provider(reviewer, settings):
    assert settings.PROCTORING_BACKENDS["DEFAULT"] == "test"
    assert reviewer.has_perm(PERMISSION, attempt_with(None))
    settings.PROCTORING_BACKENDS = {"DEFAULT": "null"}
    assert not reviewer.has_perm(PERMISSION, attempt_with(None))
