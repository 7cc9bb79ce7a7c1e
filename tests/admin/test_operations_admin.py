"""Effects, received reviews, allowances and archives in Django admin."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
    StaffJob,
    StaffJobRow,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.admin.conftest import AdminPages
from tests.factories import (
    make_allowance,
    make_attempt,
    make_comment,
    make_effect,
    make_exam,
    make_inbox_entry,
    make_job,
    make_policy,
    make_staff,
)

pytestmark = pytest.mark.django_db


def read_only_pages(model):
    """The pages of a model for a user who only has the view permission."""
    user = make_staff()
    user.user_permissions.add(Permission.objects.get(codename=f"view_{model._meta.model_name}"))
    client = Client()
    client.force_login(user)
    return AdminPages(client, model)


@pytest.mark.contract("admin#empty-values")
@pytest.mark.parametrize(
    ("field", "make"),
    [
        pytest.param("status", make_comment, id="comments"),
        pytest.param("backend", make_inbox_entry, id="received-reviews"),
    ],
)
def test_an_empty_value_can_be_chosen_by_a_text(pages, field, make):
    make()
    row = make(**{field: ""})
    listed = pages(type(row))
    [chosen] = listed.open_list().context["cl"].filter_specs[-1:]
    texts = [choice["display"] for choice in chosen.choices(listed.open_list().context["cl"])]
    assert sorted(texts) == sorted(["All", "(empty)", getattr(type(row).objects.earliest("pk"), field)])
    assert listed.rows(**{field: ""}) == [row]


@pytest.mark.contract("admin#effects")
class TestEffects:
    @pytest.fixture
    def effects(self, pages):
        return pages(AttemptEffect)

    @pytest.fixture
    def stopped(self, test_backend, monkeypatch):
        stopped_attempts = []
        monkeypatch.setattr(test_backend, "stop_exam_attempt", lambda exam, attempt: stopped_attempts.append(attempt))
        return stopped_attempts

    def test_can_be_filtered_by_course(self, effects):
        effect = make_effect(make_attempt(make_exam(course_id="course-v1:Other+1+1"), status=S.submitted))
        make_effect()
        assert effects.rows(course_id="course-v1:Other+1+1") == [effect]
        assert len(effects.rows()) == 2

    @pytest.mark.contract("effects#retry")
    @pytest.mark.parametrize("state", ["due", "failed", "acknowledged"])
    def test_can_be_retried_even_after_they_were_given_up(self, effects, stopped, state):
        effect = make_effect(state=state)
        [message] = effects.act("retry", effect)
        assert message.startswith("1 delivered")
        assert len(stopped) == 1
        assert not AttemptEffect.objects.leftovers().exists()

    def test_a_failed_retry_is_reported(self, effects, test_backend, monkeypatch):
        def fail(exam, attempt):
            raise ConnectionError

        monkeypatch.setattr(test_backend, "stop_exam_attempt", fail)
        effect = make_effect()
        [message] = effects.act("retry", effect)
        assert "1 failed again" in message
        effect.refresh_from_db()
        assert effect.last_error.startswith("ConnectionError")

    @pytest.mark.contract("effects#retry")
    def test_can_be_given_up(self, effects, stopped):
        effect = make_effect()
        assert effects.act("give_up", effect) == ["1 given up."]
        effect.refresh_from_db()
        assert effect.state == AttemptEffect.STATE_FAILED
        assert stopped == []

    @pytest.mark.parametrize(("state", "count", "after"), [("failed", 1, "acknowledged"), ("due", 0, "due")])
    def test_only_those_that_were_given_up_can_be_acknowledged(self, effects, stopped, state, count, after):
        effect = make_effect(state=state, last_error="ProviderRefused: upstream_status=405")
        assert effects.act("acknowledge", effect) == [f"{count} acknowledged."]
        effect.refresh_from_db()
        assert (effect.state, effect.last_error) == (after, "ProviderRefused: upstream_status=405")
        assert effects.rows() == [effect]

    @pytest.mark.parametrize("action", ["retry", "give_up", "acknowledge"])
    def test_the_view_permission_does_not_allow_actions(self, stopped, action):
        effect = make_effect()
        viewer = read_only_pages(AttemptEffect)
        assert viewer.rows() == [effect]
        viewer.act(action, effect)
        effect.refresh_from_db()
        assert effect.state == AttemptEffect.STATE_DUE
        assert stopped == []


@pytest.mark.contract("admin#inbox", "reviews#replay")
class TestInbox:
    @pytest.fixture
    def inbox(self, pages):
        return pages(ReviewInboxEntry)

    def test_held_reviews_can_be_listed(self, inbox):
        held = make_inbox_entry(outcome="held")
        make_inbox_entry(outcome="applied")
        waiting = make_inbox_entry(outcome="held: provider not configured")
        assert inbox.rows(held="yes") == [held]
        assert inbox.rows(held="provider") == [waiting]
        assert len(inbox.rows()) == 3

    def test_a_received_review_can_be_replayed(self, inbox):
        attempt = make_attempt(status=S.submitted)
        inbox.act("replay", make_inbox_entry(attempt))
        attempt.refresh_from_db()
        assert attempt.status == S.verified

    def test_replaying_a_malformed_review_shows_the_reason(self, inbox):
        attempt = make_attempt(status=S.submitted)
        [message] = inbox.act("replay", make_inbox_entry(attempt, body='{"status": "bogus", "comments": []}'))
        assert "bogus" in message
        attempt.refresh_from_db()
        assert attempt.status == S.submitted

    def test_the_view_permission_does_not_allow_replaying(self):
        attempt = make_attempt(status=S.submitted)
        entry = make_inbox_entry(attempt)
        read_only_pages(ReviewInboxEntry).act("replay", entry)
        assert ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).status == S.submitted


@pytest.mark.contract("admin#read-only")
class TestComments:
    @pytest.mark.parametrize("size", [2, 12])
    def test_the_list_takes_a_constant_number_of_queries(self, pages, size, django_assert_max_num_queries):
        for _ in range(size):
            make_comment()
        with django_assert_max_num_queries(8):
            assert len(pages(ProctoredExamSoftwareSecureComment).rows()) == size

    def test_can_be_searched_by_attempt_code(self, pages):
        comment = make_comment()
        make_comment()
        assert pages(ProctoredExamSoftwareSecureComment).rows(q=comment.review.attempt_code) == [comment]


@pytest.mark.contract("admin#staff-jobs")
class TestJobs:
    def test_can_be_searched_by_code_and_learner(self, pages):
        job = make_job()
        other = make_job()
        assert pages(StaffJob).rows(q=job.code) == [job]
        row = other.rows.get()
        assert pages(StaffJobRow).rows(q=other.code) == [row]
        assert row in pages(StaffJobRow).rows(q=str(row.user_id))

    @pytest.mark.parametrize("size", [2, 12])
    def test_the_rows_take_a_constant_number_of_queries(self, pages, size, django_assert_max_num_queries):
        for _ in range(size):
            make_job()
        with django_assert_max_num_queries(8):
            assert len(pages(StaffJobRow).rows()) == size


@pytest.mark.contract("admin#read-only")
class TestReadOnly:
    @pytest.fixture
    def rows(self):
        allowance = make_allowance()
        allowance.save()
        make_policy().save()
        make_comment()
        make_job()
        return {
            model: model.objects.get()
            for model in (
                ProctoredExamStudentAllowance,
                ProctoredExamStudentAllowanceHistory,
                ProctoredExamReviewPolicyHistory,
                ProctoredExamSoftwareSecureComment,
                StaffJob,
                StaffJobRow,
            )
        }

    @pytest.mark.parametrize(
        "model",
        [
            ProctoredExamStudentAllowance,
            ProctoredExamStudentAllowanceHistory,
            ProctoredExamReviewPolicyHistory,
            ProctoredExamSoftwareSecureComment,
            AttemptEffect,
            ReviewInboxEntry,
            StaffJob,
            StaffJobRow,
        ],
    )
    def test_rows_can_be_viewed_but_not_added_changed_or_deleted(self, pages, rows, model):
        row = rows.get(model) or (make_effect() if model is AttemptEffect else make_inbox_entry())
        page = pages(model)
        assert row in page.rows()
        assert page.get(row).status_code == 200
        assert page.add().status_code == 403
        url = f"/admin/edx_proctoring/{model._meta.model_name}/{row.pk}"
        assert page.client.post(f"{url}/change/", {}).status_code == 403
        assert page.client.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
        assert model.objects.filter(pk=row.pk).exists()
