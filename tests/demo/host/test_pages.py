"""Pages and endpoints of the host."""

from __future__ import annotations

import base64
import csv
import io
import json
from datetime import timedelta

import jwt
import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.mail import EmailMessage
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from oauth2_provider.models import get_application_model

from demo.host import dates, sent_mail
from demo.host.middleware import CallbackFaultsMiddleware
from demo.host.models import BlockCompletion, CourseRole, Enrollment, LearnerState, Sequence, SubsectionGrade, Task
from demo.host.views import instructor
from edx_proctoring.api import (
    create_exam_attempt,
    get_exam_by_content_id,
    get_exam_violation_report,
    update_attempt_status,
)
from edx_proctoring.models import ProctoredExamStudentAttempt


@pytest.fixture
def timed(sequence, publish):
    made = sequence("timed", default_time_limit_minutes=10)
    publish()
    return made


@pytest.fixture
def as_learner(client, learner):
    client.force_login(learner)
    return client


@pytest.fixture
def stan(person, course):
    user = person("stan")
    CourseRole.objects.create(user=user, course=course, role=CourseRole.STAFF)
    return user


@pytest.fixture
def as_staff(client, stan):
    client.force_login(stan)
    return client


@pytest.fixture
def gina(person):
    return person("gina", is_staff=True)


def page_of(made):
    return reverse("sequence", args=[made.section.course.course_id, made.usage_key])


def unit_of(made):
    return reverse("xblock", args=[made.usage_key.replace("sequential", "vertical")])


def answer_to(made):
    return reverse("answer", args=[made.usage_key.replace("sequential", "problem")])


def start(learner, made, *, taking_as_proctored=False):
    exam = get_exam_by_content_id(made.section.course.course_id, made.usage_key)
    create_exam_attempt(exam["id"], learner.pk, taking_as_proctored=taking_as_proctored)
    attempt = ProctoredExamStudentAttempt.objects.get(user=learner)
    update_attempt_status(attempt.pk, "started")
    return attempt


class TestLogin:
    def test_opening_a_login_address_logs_in(self, client, learner):
        client.get(reverse("login", args=[learner.username]))
        assert client.session["_auth_user_id"] == str(learner.pk)

    def test_a_redirect_to_another_host_is_ignored(self, client, learner):
        answer = client.get(reverse("login", args=[learner.username]), {"next": "https://evil.example/"})
        assert answer.url == reverse("home")

    def test_an_unknown_person_is_not_found(self, client, db):
        assert client.get(reverse("login", args=["nobody"])).status_code == 404


@pytest.mark.contract("host-integration#outline")
class TestOutline:
    def test_an_exam_shows_its_status_summary(self, as_learner, timed):
        answer = as_learner.get(reverse("outline", args=[timed.section.course.course_id]))
        assert "Timed Exam" in answer.content.decode()

    def test_a_completed_exam_hides_its_due_date(self, as_learner, learner, sequence, publish):
        made = sequence("midterm", is_proctored_enabled=True, due=timezone.now() + timedelta(days=3))
        publish()
        outline = reverse("outline", args=[made.section.course.course_id])
        assert "due " in as_learner.get(outline).content.decode()
        update_attempt_status(start(learner, made, taking_as_proctored=True).pk, "submitted")
        text = as_learner.get(outline).content.decode()
        assert "due " not in text

    def test_anonymous_users_can_open_a_public_course(self, client, course, timed):
        course.refresh_from_db()
        course.is_public = True
        course.save()
        assert client.get(reverse("outline", args=[course.course_id])).status_code == 200

    def test_anonymous_users_must_log_in_for_other_courses(self, client, course, timed):
        answer = client.get(reverse("outline", args=[course.course_id]))
        assert answer.status_code == 302

    def test_a_user_who_is_not_enrolled_is_refused(self, client, person, course, timed):
        client.force_login(person("nora"))
        assert client.get(reverse("outline", args=[course.course_id])).status_code == 403


class TestSequencePage:
    def test_the_exam_page_is_shown_without_units(self, as_learner, timed):
        answer = as_learner.get(page_of(timed))
        assert answer.context["state"] == "exam"
        assert "<iframe" not in answer.content.decode()

    @pytest.mark.contract("host-integration#content-gate")
    def test_a_running_exam_shows_its_units(self, as_learner, learner, timed):
        start(learner, timed)
        answer = as_learner.get(page_of(timed))
        assert answer.context["state"] == "units"
        assert unit_of(timed) in answer.content.decode()

    def test_staff_see_the_units(self, as_staff, timed):
        assert as_staff.get(page_of(timed)).context["state"] == "units"

    def test_staff_viewing_as_a_learner_see_the_exam_page(self, as_staff, timed):
        assert as_staff.get(page_of(timed), {"masquerade": "learner"}).context["state"] == "exam"

    def test_staff_viewing_as_one_learner_see_the_units_with_a_banner(self, as_staff, learner, timed):
        answer = as_staff.get(page_of(timed), {"masquerade": f"user:{learner.username}"})
        assert answer.context["state"] == "units"
        assert "hidden from this learner" in answer.content.decode()

    def test_viewing_as_a_learner_does_not_save_the_session(self, as_staff, timed):
        with CaptureQueriesContext(connection) as queries:
            as_staff.get(page_of(timed), {"masquerade": "learner"})
        assert [query["sql"] for query in queries if "UPDATE" in query["sql"] and "session" in query["sql"]] == []

    def test_a_learner_cannot_view_as_someone_else(self, as_learner, stan, timed):
        assert as_learner.get(page_of(timed), {"masquerade": "user:stan"}).context["state"] == "exam"

    def test_a_prerequisite_locks_before_the_package_is_called(self, as_learner, learner, sequence, publish, calls):
        first = sequence("first", is_time_limited=False)
        second = sequence("second", prerequisite=first)
        publish()
        assert as_learner.get(page_of(second)).context["state"] == "locked"
        assert "credit.get_credit_state" not in calls()
        BlockCompletion.objects.create(user=learner, usage_key=first.usage_key, completion=1.0)
        assert as_learner.get(page_of(second)).context["state"] == "exam"

    def test_a_subsection_can_be_hidden_after_its_due_date(self, as_learner, sequence, publish):
        made = sequence(due=timezone.now() - timedelta(days=1), hide_after_due=True)
        publish()
        assert as_learner.get(page_of(made)).context["state"] == "hidden"

    def test_without_the_credit_service_the_units_are_shown(self, as_learner, timed):
        as_learner.post(reverse("demo_faults"), {"service": "credit", "kind": "none"})
        assert as_learner.get(page_of(timed)).context["state"] == "units"

    def test_exams_of_the_external_provider_show_their_units(self, as_learner, course, timed):
        course.refresh_from_db()
        course.proctoring_provider = "lti_external"
        course.save()
        assert as_learner.get(page_of(timed)).context["state"] == "units"

    def test_jump_to_finds_the_subsection_of_a_problem(self, as_learner, course, timed):
        problem = timed.usage_key.replace("sequential", "problem")
        answer = as_learner.get(reverse("jump_to", args=[course.course_id, problem]))
        assert answer.url == page_of(timed)


class TestUnits:
    def test_a_unit_that_is_not_open_redirects_to_the_bare_page_of_its_subsection(self, as_learner, timed):
        answer = as_learner.get(unit_of(timed))
        assert (answer.status_code, answer.url) == (302, reverse("xblock", args=[timed.usage_key]))

    def test_the_bare_page_has_no_exam_scripts_and_no_timer(self, as_learner, timed):
        text = as_learner.get(reverse("xblock", args=[timed.usage_key])).content.decode()
        assert "timed-exam" in text
        assert "proctoring/js/" not in text
        assert "proctored_exam_status" not in text

    def test_an_answer_is_saved_and_graded(self, as_learner, learner, timed):
        start(learner, timed)
        assert as_learner.post(answer_to(timed), {"answer": " 4 "}).status_code == 200
        assert LearnerState.objects.get(user=learner).state["correct"] is True
        assert SubsectionGrade.objects.get(user=learner).earned_graded == 1.0

    def test_an_answer_to_a_closed_exam_is_refused(self, as_learner, timed):
        assert as_learner.post(answer_to(timed), {"answer": "4"}).status_code == 403
        assert not LearnerState.objects.exists()

    def test_an_empty_answer_is_refused(self, as_learner, learner, timed):
        start(learner, timed)
        assert as_learner.post(answer_to(timed), {"answer": " "}).status_code == 400


class TestInstructor:
    @pytest.mark.contract("host-integration#instructor-tab")
    def test_learners_are_refused(self, as_learner, course, timed):
        assert as_learner.get(reverse("instructor_dashboard", args=[course.course_id])).status_code == 403

    def test_the_special_exams_tab_has_the_packages_containers(self, as_staff, course, timed):
        text = as_staff.get(reverse("instructor_dashboard", args=[course.course_id])).content.decode()
        assert 'class="btn-link special_exams"' in text
        assert 'data-section="special_exams"' in text
        for container in ("special-allowance-container", "student-proctored-exam-container"):
            assert f'class="{container}" data-course-id="{course.course_id}"' in text
        assert "student-onboarding-status-container" not in text

    @pytest.mark.contract("host-integration#instructor-tab")
    @pytest.mark.parametrize(
        ("special_exams", "timed_exams", "proctored_exams", "is_shown"),
        [
            pytest.param(True, True, False, True, id="timed-exams"),
            pytest.param(True, False, True, True, id="proctored-exams"),
            pytest.param(True, False, False, False, id="no-such-exams"),
            pytest.param(False, True, True, False, id="special-exams-off"),
        ],
    )
    def test_the_special_exams_tab_is_shown_where_there_are_such_exams(
        self, as_staff, course, settings, special_exams, timed_exams, proctored_exams, is_shown
    ):
        settings.ENABLE_SPECIAL_EXAMS = special_exams
        course.enable_timed_exams, course.enable_proctored_exams = timed_exams, proctored_exams
        course.save()
        answer = as_staff.get(reverse("instructor_dashboard", args=[course.course_id]))
        assert ('data-section="special_exams"' in answer.content.decode()) is is_shown

    @pytest.mark.contract("host-integration#instructor-tab")
    def test_the_report_is_the_violation_report_as_csv(self, as_staff, course, learner, timed):
        start(learner, timed)
        answer = as_staff.get(reverse("exam_results", args=[course.course_id]))
        assert answer["Content-Type"].startswith("text/csv")
        [row] = csv.DictReader(io.StringIO(answer.content.decode()))
        [reported] = get_exam_violation_report(course.course_id)
        shared = ("course_id", "exam_name", "username", "email", "attempt_code", "status", "started_at")
        assert {name: row[name] for name in shared} == {name: str(reported[name]) for name in shared}

    def test_of_many_learners_the_first_are_listed(self, as_staff, course, timed, monkeypatch):
        monkeypatch.setattr(instructor, "LEARNERS_SHOWN", 2)
        for number in range(3):
            user = get_user_model().objects.create_user(f"aa-{number}")
            Enrollment.objects.create(user=user, course=course, mode="verified")
        text = as_staff.get(reverse("instructor_dashboard", args=[course.course_id])).content.decode()
        assert [f"aa-{number}" in text for number in range(3)] == [True, True, False]
        assert f"The first 2 of {Enrollment.objects.filter(course=course).count()} learners." in text

    def test_a_course_at_the_exams_service_shows_that_dashboard_instead(self, as_staff, course, timed):
        course.refresh_from_db()
        course.exams_ida = True
        course.save()
        text = as_staff.get(reverse("instructor_dashboard", args=[course.course_id])).content.decode()
        assert "proctoring-mfe-view" in text
        assert "proctoring-accordion" not in text

    @pytest.mark.contract("host-integration#instructor-tab")
    def test_the_report_of_a_course_without_attempts_is_only_a_header(self, as_staff, course, timed):
        answer = as_staff.get(reverse("exam_results", args=[course.course_id]))
        assert answer.content.decode().strip().count("\n") == 0
        assert answer.content.decode().startswith("course_id,provider,track")


class TestStudio:
    def form(self, **fields):
        return {
            "display_name": "Quiz",
            "kind": "proctored",
            "default_time_limit_minutes": "20",
            "due": "",
            "exam_review_rules": "No phone.",
            "prerequisite": "",
            **fields,
        }

    @pytest.mark.parametrize(
        ("kind", "flags"),
        [
            ("none", (False, False, False, False)),
            ("timed", (True, False, False, False)),
            ("proctored", (True, True, False, False)),
            ("practice", (True, True, True, False)),
            ("onboarding", (True, True, False, True)),
        ],
    )
    def test_the_kind_of_exam_sets_four_flags(self, as_staff, course, timed, kind, flags):
        as_staff.post(reverse("studio_sequence", args=[course.course_id, timed.usage_key]), self.form(kind=kind))
        timed.refresh_from_db()
        assert (
            timed.is_time_limited,
            timed.is_proctored_enabled,
            timed.is_practice_exam,
            timed.is_onboarding_exam,
        ) == flags

    def test_saving_changes_only_the_draft(self, as_staff, stan, course, timed):
        as_staff.post(reverse("studio_sequence", args=[course.course_id, timed.usage_key]), self.form())
        assert get_exam_by_content_id(course.course_id, timed.usage_key)["is_proctored"] is False
        timed.refresh_from_db()
        assert timed.edited_by == stan.pk

    def test_a_subsection_that_becomes_proctored_is_hidden_after_its_due_date(self, as_staff, course, timed):
        as_staff.post(reverse("studio_sequence", args=[course.course_id, timed.usage_key]), self.form())
        timed.refresh_from_db()
        assert timed.hide_after_due is True

    @pytest.mark.parametrize("kind", ["timed", "proctored", "practice"])
    def test_other_kinds_of_exams_need_no_onboarding(self, as_staff, course, timed, kind):
        address = reverse("studio_sequence", args=[course.course_id, timed.usage_key])
        answer = as_staff.post(address, self.form(kind=kind), follow=True)
        assert [message.level_tag for message in answer.context["messages"]] == ["success"]
        assert "No onboarding at this provider" not in answer.content.decode()

    def test_choosing_onboarding_at_a_provider_without_it_warns(self, as_staff, course, timed):
        address = reverse("studio_sequence", args=[course.course_id, timed.usage_key])
        assert "null does not have it" in as_staff.get(address).content.decode()
        answer = as_staff.post(address, self.form(kind="onboarding"), follow=True)
        [message] = [message for message in answer.context["messages"] if message.level_tag == "warning"]
        assert "An onboarding exam needs a provider with onboarding, but null does not have it" in message.message
        assert "No onboarding at this provider" in answer.content.decode()

    def test_choosing_onboarding_at_a_provider_with_it_does_not_warn(self, as_staff, course, timed):
        course.refresh_from_db()
        course.proctoring_provider = "mock_provider"
        course.save()
        address = reverse("studio_sequence", args=[course.course_id, timed.usage_key])
        assert "does not have it" not in as_staff.get(address).content.decode()
        answer = as_staff.post(address, self.form(kind="onboarding"), follow=True)
        assert [message.level_tag for message in answer.context["messages"]] == ["success"]
        assert "No onboarding at this provider" not in answer.content.decode()

    def test_choosing_onboarding_at_the_external_provider_warns(self, as_staff, course, timed):
        course.refresh_from_db()
        course.proctoring_provider = "lti_external"
        course.save()
        address = reverse("studio_sequence", args=[course.course_id, timed.usage_key])
        assert "lti_external does not have it" in as_staff.get(address).content.decode()

    @pytest.mark.contract("host-integration#studio-outline")
    def test_the_outline_has_what_the_package_knows_of_each_exam(
        self, as_staff, course, sequence, publish, monkeypatch
    ):
        made = {"proctored": sequence("proctored", is_proctored_enabled=True), "timed": sequence("timed")}
        publish()
        provider = apps.get_app_config("edx_proctoring").backends["null"]
        monkeypatch.setattr(provider, "has_dashboard", True, raising=False)
        monkeypatch.setattr(provider, "supports_onboarding", True, raising=False)
        answer = as_staff.get(reverse("studio_course", args=[course.course_id]))
        rows = [row for section in answer.context["sections"] for row in section["rows"]]
        data = {row["sequence"].usage_key: row["data"] for row in rows}
        exam = get_exam_by_content_id(course.course_id, made["proctored"].usage_key)
        link = data[made["proctored"].usage_key]["proctoring_exam_configuration_link"]
        assert link.endswith(f"/{exam['id']}?config=true")
        assert data[made["timed"].usage_key]["proctoring_exam_configuration_link"] is None
        assert [row["supports_onboarding"] for row in data.values()] == [True, True]

    def test_review_rules_above_255_characters_are_refused(self, as_staff, course, timed):
        answer = as_staff.post(
            reverse("studio_sequence", args=[course.course_id, timed.usage_key]),
            self.form(exam_review_rules="x" * 256),
        )
        assert answer.status_code == 400

    def test_publishing_registers_the_exams(self, as_staff, course, timed, django_capture_on_commit_callbacks):
        Sequence.objects.filter(pk=timed.pk).update(display_name="Renamed")
        with django_capture_on_commit_callbacks(execute=True) as callbacks:
            as_staff.post(reverse("studio_publish", args=[course.course_id]))
        assert len(callbacks) >= 1
        assert Task.objects.filter(name="publish_course").last().state == Task.DONE
        assert get_exam_by_content_id(course.course_id, timed.usage_key)["exam_name"] == "Renamed"

    def settings_of(self, client, course, **changes):
        address = reverse("studio_proctoring_api", args=[course.course_id])
        if not changes:
            return client.get(address)
        return client.post(address, json.dumps({"proctored_exam_settings": changes}), "application/json")

    def test_proctoring_settings_are_returned(self, as_staff, course):
        answer = self.settings_of(as_staff, course).json()
        assert answer["proctored_exam_settings"]["proctoring_provider"] == "null"
        assert {"null", "mock_provider", "lti_external"} <= set(answer["available_proctoring_providers"])

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b'{"proctored_exam_settings": []}', id="list"),
            pytest.param(b"[" * 100_000, id="nested-too-deep"),
            pytest.param(b"\xff", id="not-text"),
        ],
    )
    def test_proctoring_settings_that_are_no_object_are_a_bad_request(self, as_staff, course, body):
        address = reverse("studio_proctoring_api", args=[course.course_id])
        assert as_staff.post(address, body, "application/json").status_code == 400

    def test_course_staff_cannot_change_the_provider_after_the_course_start(self, as_staff, course):
        answer = self.settings_of(as_staff, course, proctoring_provider="mock")
        assert answer.status_code == 400
        assert "proctoring_provider" in answer.json()["detail"][0]

    def test_global_staff_can_change_the_provider_after_the_course_start(self, client, gina, course):
        client.force_login(gina)
        assert self.settings_of(client, course, proctoring_provider="mock").status_code == 200
        course.refresh_from_db()
        assert course.proctoring_provider == "mock"

    def test_course_staff_cannot_change_the_opt_out(self, as_staff, course):
        assert self.settings_of(as_staff, course, allow_proctoring_opt_out=True).status_code == 400

    def test_a_provider_can_require_an_escalation_address(self, client, gina, course, settings):
        settings.PROCTORING_BACKENDS = {**settings.PROCTORING_BACKENDS, "mock": {"requires_escalation_email": True}}
        client.force_login(gina)
        answer = self.settings_of(client, course, proctoring_provider="mock")
        assert answer.status_code == 400
        assert "proctoring_escalation_email" in answer.json()["detail"][0]


class TestTokens:
    ADDRESS = "/oauth2/access_token"

    @pytest.fixture
    def rey(self, person):
        user = person("rey")
        user.groups.add(Group.objects.create(name="null_review"))
        application = get_application_model()
        application.objects.create(
            client_id="client",
            client_secret="secret",
            user=user,
            client_type=application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=application.GRANT_CLIENT_CREDENTIALS,
        )
        return user

    def ask(self, client, **changes):
        form = {
            "grant_type": "client_credentials",
            "token_type": "jwt",
            "client_id": "client",
            "client_secret": "secret",
            **changes,
        }
        return client.post(self.ADDRESS, form)

    def test_a_token_contains_the_clients_user(self, client, rey, settings):
        answer = self.ask(client).json()
        assert answer["token_type"] == "JWT"
        claims = jwt.decode(
            answer["access_token"], settings.JWT_SIGNING_KEY, algorithms=["HS256"], audience=settings.JWT_AUDIENCE
        )
        assert claims["preferred_username"] == "rey"

    def test_credentials_are_accepted_in_the_header(self, client, rey):
        header = "Basic " + base64.b64encode(b"client:secret").decode()
        answer = client.post(
            self.ADDRESS, {"grant_type": "client_credentials", "token_type": "jwt"}, headers={"Authorization": header}
        )
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            pytest.param({"client_secret": "wrong"}, 401, id="wrong-secret"),
            pytest.param({"client_id": "unknown"}, 401, id="unknown-client"),
            pytest.param({"token_type": "bearer"}, 400, id="opaque-token"),
            pytest.param({"grant_type": "password"}, 400, id="another-grant"),
        ],
    )
    def test_invalid_requests_are_refused(self, client, rey, change, status):
        assert self.ask(client, **change).status_code == status

    def test_the_package_accepts_the_token(self, client, rey, learner, sequence, publish):
        made = sequence("midterm", is_proctored_enabled=True)
        publish()
        exam = get_exam_by_content_id(made.section.course.course_id, made.usage_key)
        create_exam_attempt(exam["id"], learner.pk, taking_as_proctored=True)
        ProctoredExamStudentAttempt.objects.update(external_id="ext-1")
        ready = "/api/edx_proctoring/v1/proctored_exam/attempt/ext-1/ready"
        header = {"Authorization": f"JWT {self.ask(client).json()['access_token']}"}
        assert client.post(ready, {"status": "ready"}, headers=header).status_code == 200
        assert ProctoredExamStudentAttempt.objects.get().status == "ready_to_start"
        header["Authorization"] += "x"
        # 403, not 401: session authentication comes first, and it has no challenge header.
        assert client.post(ready, {"status": "ready"}, headers=header).status_code == 403


class TestTools:
    def test_a_new_learner_is_enrolled_and_can_log_in(self, client, course, timed):
        answer = client.post(reverse("demo_learners"), json.dumps({"name": "Lena Berg"}), "application/json")
        assert answer.status_code == 201
        client.get(answer.json()["login"])
        assert client.get(page_of(timed)).context["state"] == "exam"

    def test_a_username_in_use_is_refused(self, client, learner):
        assert client.post(reverse("demo_learners"), {"username": learner.username}).status_code == 409

    def test_an_attempt_made_older_than_its_limit_times_out(self, as_learner, learner, timed):
        attempt = start(learner, timed)
        answer = as_learner.post(
            reverse("demo_clock"), json.dumps({"username": learner.username, "minutes": 11}), "application/json"
        )
        assert answer.json()["attempt_id"] == attempt.pk
        assert as_learner.get(page_of(timed)).context["state"] == "exam"
        attempt.refresh_from_db()
        assert attempt.status == "submitted"

    def test_a_learners_due_date_can_be_moved(self, as_learner, learner, sequence, publish):
        made = sequence(due=timezone.now() + timedelta(days=3))
        publish()
        attempt = start(learner, made)
        as_learner.post(reverse("demo_clock"), {"attempt_id": attempt.pk, "due_minutes": "-1"})
        assert as_learner.get(page_of(made)).context["due"] < timezone.now()

    def test_moving_a_missing_due_date_is_refused(self, as_learner, learner, timed):
        attempt = start(learner, timed)
        answer = as_learner.post(reverse("demo_clock"), {"attempt_id": attempt.pk, "due_minutes": "-1"})
        assert answer.status_code == 400

    def test_an_extension_is_stored_and_cached_dates_stay(self, as_learner, client, learner, sequence, publish):
        made = sequence(due=timezone.now() + timedelta(days=3))
        publish()
        before = as_learner.get(page_of(made)).context["due"]
        course_id = made.section.course.course_id
        wishes = {"username": learner.username, "course_id": course_id, "usage_key": made.usage_key}
        assert client.post(reverse("demo_extensions"), {**wishes, "days": 7}).status_code == 201
        assert as_learner.get(page_of(made)).context["due"] == before
        dates.clear_caches()
        assert as_learner.get(page_of(made)).context["due"] > before + timedelta(days=3)

    def test_an_extension_of_nothing_is_refused(self, client, learner, timed):
        wishes = {"username": learner.username, "course_id": timed.section.course.course_id, "days": 7}
        for wrong in ({"usage_key": timed.usage_key}, {"usage_key": "x"}, {"username": "nobody"}, {"days": "soon"}):
            assert client.post(reverse("demo_extensions"), {**wishes, **wrong}).status_code == 400

    @pytest.mark.parametrize("data", [{"username": "nobody"}, {}], ids=["unknown-learner", "no-learner"])
    def test_making_a_missing_attempt_older_is_404(self, client, db, data):
        assert client.post(reverse("demo_clock"), json.dumps(data), "application/json").status_code == 404

    def test_unknown_faults_are_refused(self, client, db):
        assert client.post(reverse("demo_faults"), {"service": "weather", "kind": "raise"}).status_code == 400

    def test_callbacks_answer_503_as_often_as_configured(self, client, db, rf):
        wishes = {"service": "callbacks", "method": "reviewed", "kind": "raise", "remaining": 1}
        assert client.post(reverse("demo_faults"), wishes).status_code == 302
        host = CallbackFaultsMiddleware(lambda request: HttpResponse("taken"))
        root = "/api/edx_proctoring/v1/proctored_exam/attempt/id/"
        requests = [rf.get(f"{root}reviewed"), *(rf.post(root + name) for name in ("ready", "reviewed", "reviewed"))]
        assert [host(request).status_code for request in requests] == [200, 200, 503, 200]

    def test_sent_mail_is_shown_newest_first(self, client, db, mailoutbox, settings):
        settings.EMAIL_BACKEND = "demo.host.sent_mail.FileEmailBackend"
        for subject in ("first", "second"):
            message = EmailMessage(subject, f"<p>{subject}</p>", "from@demo.example", ["to@demo.example"])
            message.content_subtype = "html"
            message.send()
        mails = client.get(reverse("demo_outbox"), {"format": "json"}).json()["mails"]
        assert [mail["subject"] for mail in mails] == ["second", "first"]
        assert mails[0]["to"] == ["to@demo.example"]
        assert "<p>second</p>" in mails[0]["body"]
        assert next(sent_mail.newest()).is_html is True

    def test_the_log_shows_calls_events_and_tasks(self, as_learner, learner, timed):
        start(learner, timed)
        answer = as_learner.get(reverse("demo_log"), {"format": "json"}).json()
        assert "edx.special_exam.timed.attempt.started" in [event["name"] for event in answer["events"]]
        assert "publish_course" in [task["name"] for task in answer["tasks"]]
        assert {call["service"] for call in answer["calls"]} & {"credit", "signal"}


@pytest.mark.contract("host-integration#support-view")
@pytest.mark.contract("host-services#retire-permission")
@pytest.mark.parametrize(("username", "status"), [("wanda", 204), ("stan", 403)])
def test_the_permission_of_the_host_decides_who_may_retire_learners(client, person, learner, username, status):
    client.force_login(person(username))
    assert client.post(reverse("edx_proctoring:user_retirement_api", args=[learner.pk])).status_code == status


class TestSupport:
    def test_support_staff_see_a_learners_onboarding_status(self, client, gina, learner, timed):
        client.force_login(gina)
        answer = client.get(reverse("onboarding_status", args=[learner.email]))
        assert answer.status_code == 200
        assert answer.json() == {"verified_in": None, "current_status": None}

    def test_other_staff_cannot_see_the_onboarding_status(self, as_staff, learner):
        assert as_staff.get(reverse("onboarding_status", args=[learner.email])).status_code == 403


def test_pages_name_the_language_of_their_messages_which_browsers_keep(as_learner, course, timed):
    as_learner.cookies["django_language"] = "fr"
    page = as_learner.get(reverse("outline", args=[course.course_id])).content.decode()
    assert '/jsi18n/?language=fr"' in page
    messages = as_learner.get("/jsi18n/?language=fr")
    assert set(messages["Cache-Control"].split(", ")) == {"max-age=600", "private"}
    assert json.dumps("Réessayer") in messages.content.decode()


def test_the_messages_are_in_the_language_that_their_address_names(as_learner):
    as_learner.cookies["django_language"] = "ar"
    assert json.dumps("Réessayer") in as_learner.get("/jsi18n/?language=fr").content.decode()
    for address in ("/jsi18n/?language=nothing", "/jsi18n/"):
        assert json.dumps("Réessayer") not in as_learner.get(address).content.decode()


def test_a_page_drawn_for_a_form_leads_home_when_the_language_is_changed(as_staff, course):
    address = reverse("studio_proctoring", args=[course.course_id])
    assert f'name="next" value="{address}"' in as_staff.get(address).content.decode()
    page = as_staff.post(address, {"proctoring_provider": "nobody"})
    assert page.status_code == 400
    assert f'name="next" value="{reverse("home")}"' in page.content.decode()


@pytest.mark.contract("languages#demo")
@pytest.mark.parametrize("name", ["outbox", "log", "clock", "faults", "provider", "tickets"])
def test_developer_pages_are_marked_as_english(as_staff, name):
    as_staff.cookies["django_language"] = "ar"
    page = as_staff.get(reverse(f"demo_{name}")).content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert '<main id="main" class="page" tabindex="-1" lang="en" dir="ltr">' in page
