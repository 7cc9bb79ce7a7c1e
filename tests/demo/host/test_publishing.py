"""Publishing registers exams and credit requirements as the platform does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from demo.host import dates
from demo.host.models import CreditRequirement, Sequence, Task
from edx_proctoring.api import get_all_exams_for_course, get_exam_by_content_id, get_review_policy_by_exam_id
from edx_proctoring.exceptions import ProctoredExamNotFoundException

pytestmark = pytest.mark.contract("host-integration#publishing")


@pytest.fixture
def exam_of(course):
    def read(made):
        return get_exam_by_content_id(course.course_id, made.usage_key)

    return read


def proctored(**more):
    return {"is_proctored_enabled": True, **more}


def test_publishing_copies_all_fields_to_the_exam(course, sequence, publish, exam_of):
    due = timezone.now().replace(microsecond=0) + timedelta(days=3)
    made = sequence(**proctored(display_name="Midterm", default_time_limit_minutes=45, due=due, hide_after_due=True))
    publish()
    exam = exam_of(made)
    assert {
        name: exam[name]
        for name in ("exam_name", "time_limit_mins", "is_proctored", "is_practice_exam", "is_active", "hide_after_due")
    } == {
        "exam_name": "Midterm",
        "time_limit_mins": 45,
        "is_proctored": True,
        "is_practice_exam": False,
        "is_active": True,
        "hide_after_due": True,
    }
    assert exam["backend"] == "null"
    assert dates.due(course, made.usage_key, None) == due


@pytest.mark.contract("host-integration#exam-fields")
@pytest.mark.parametrize("flag", ["is_practice_exam", "is_onboarding_exam"])
def test_practice_and_onboarding_exams_are_registered_as_practice(sequence, publish, exam_of, flag):
    made = sequence(**proctored(**{flag: True}))
    publish()
    assert exam_of(made)["is_practice_exam"] is True


def test_exams_of_a_self_paced_course_have_no_due_date(course, sequence, publish, exam_of):
    course.self_paced = True
    course.save()
    made = sequence(due=timezone.now() + timedelta(days=1))
    publish()
    assert exam_of(made)["due_date"] is None
    assert dates.due(course, made.usage_key, None) is None


def test_an_untimed_subsection_is_not_registered(course, sequence, publish):
    sequence(is_time_limited=False)
    publish()
    assert get_all_exams_for_course(course.course_id) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"exams_ida": True}, id="managed-by-the-exams-service"),
        pytest.param({"enable_proctored_exams": False, "enable_timed_exams": False}, id="exams-not-enabled"),
    ],
)
def test_exams_of_courses_that_do_not_use_this_package_are_not_registered(course, sequence, publish, exam_of, change):
    for name, value in change.items():
        setattr(course, name, value)
    course.save()
    made = sequence()
    publish()
    with pytest.raises(ProctoredExamNotFoundException):
        exam_of(made)


@pytest.mark.contract("host-integration#feature-flags")
def test_exams_are_not_registered_while_special_exams_are_off(settings, sequence, publish, exam_of):
    settings.ENABLE_SPECIAL_EXAMS = False
    made = sequence()
    publish()
    with pytest.raises(ProctoredExamNotFoundException):
        exam_of(made)


def test_publishing_a_new_title_renames_the_exam(sequence, publish, exam_of):
    made = sequence()
    publish()
    before = exam_of(made)
    Sequence.objects.filter(pk=made.pk).update(display_name="Renamed")
    publish()
    assert (exam_of(made)["id"], exam_of(made)["exam_name"]) == (before["id"], "Renamed")


def test_a_subsection_that_stops_being_an_exam_deactivates_it(sequence, publish, exam_of):
    made = sequence(**proctored())
    publish()
    Sequence.objects.filter(pk=made.pk).update(is_time_limited=False, is_proctored_enabled=False)
    publish()
    exam = exam_of(made)
    assert (exam["is_active"], exam["is_proctored"]) == (False, False)


def test_deleting_a_subsection_deactivates_its_exam(course, sequence, publish):
    made = sequence()
    publish()
    made.delete()
    publish()
    assert [exam["is_active"] for exam in get_all_exams_for_course(course.course_id)] == [False]


class TestReviewPolicy:
    def policy(self, exam):
        return get_review_policy_by_exam_id(exam["id"])["review_policy"]

    def test_review_rules_are_registered_as_a_policy(self, sequence, publish, exam_of, person):
        made = sequence(**proctored(exam_review_rules="No phone.", edited_by=person("stan").pk))
        publish()
        assert self.policy(exam_of(made)) == "No phone."

    def test_publishing_new_rules_updates_the_policy(self, sequence, publish, exam_of, person):
        made = sequence(**proctored(exam_review_rules="No phone.", edited_by=person("stan").pk))
        publish()
        Sequence.objects.filter(pk=made.pk).update(exam_review_rules="No calculator.")
        publish()
        assert self.policy(exam_of(made)) == "No calculator."

    def test_an_exam_that_becomes_a_practice_exam_loses_its_policy(self, sequence, publish, exam_of, person):
        made = sequence(**proctored(exam_review_rules="No phone.", edited_by=person("stan").pk))
        publish()
        Sequence.objects.filter(pk=made.pk).update(is_practice_exam=True)
        publish()
        with pytest.raises(Exception, match=r"review policy|does not exist|not found"):
            self.policy(exam_of(made))


def test_an_unfinished_subsection_does_not_stop_the_others(sequence, publish, exam_of):
    """Studio allows a missing title, a missing limit and edits by the system."""
    unfinished = sequence(
        "unfinished",
        **proctored(display_name=None, default_time_limit_minutes=None, exam_review_rules="Rules.", edited_by=-1),
    )
    finished = sequence("finished", position=1)
    assert publish().state == Task.DONE
    assert exam_of(unfinished)["exam_name"]
    assert exam_of(unfinished)["time_limit_mins"] == 0
    assert exam_of(finished)["is_active"] is True


@pytest.mark.contract("host-integration#credit-requirements")
class TestCreditRequirements:
    def names(self):
        found = CreditRequirement.objects.filter(is_active=True).order_by("position")
        return [requirement.display_name for requirement in found]

    def test_proctored_exams_are_required_ordered_by_start_then_name(self, sequence, publish):
        early, late = timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=1)
        sequence("a", **proctored(display_name="Late", starts_at=late))
        sequence("b", **proctored(display_name="Early B", starts_at=early))
        sequence("c", **proctored(display_name="Early A", starts_at=early))
        sequence("d", display_name="Timed")
        sequence("e", **proctored(display_name="Practice", is_practice_exam=True))
        publish()
        assert self.names() == ["Early A", "Early B", "Late"]

    def test_an_exam_that_is_no_longer_proctored_is_no_longer_required(self, sequence, publish):
        made = sequence(**proctored())
        publish()
        Sequence.objects.filter(pk=made.pk).update(is_proctored_enabled=False)
        publish()
        assert self.names() == []

    def test_a_course_without_credit_has_no_requirements(self, course, sequence, publish):
        course.is_credit_course = False
        course.save()
        sequence(**proctored())
        publish()
        assert self.names() == []
