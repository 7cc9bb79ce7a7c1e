"""Every endpoint of the REST API, as its clients call it.

The number at the start of a name stands for one URL, so that ``--only '^7 '`` selects all its rows. A route is called
several times: if it changes something, each call (``run``) takes another learner, attempt or exam.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from waffle import get_waffle_switch_model

from bench import reference
from bench.caller import Caller
from bench.course import COURSE, Course
from edx_proctoring import constants
from edx_proctoring.api.course_staff import attempt_count
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance, ProctoredExamStudentAttempt
from edx_proctoring.utils import obscured_user_id

V1 = "/edx_proctoring/v1"
EXAM = f"{V1}/proctored_exam"
ATTEMPT = f"{EXAM}/attempt"

# Takes the number of the run, sends requests, returns the bytes of the responses.
Send = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Route:
    """One call. ``ceiling``: the most queries that a release may need; ``aim``: the target.

    ``paged``: its time must not grow with the course. ``polled``: a learner's page repeats it, so its time is compared
    with that of a bare view.
    """

    name: str
    send: Send
    ceiling: int | None = None
    aim: int | None = None
    paged: bool = False
    polled: bool = False


class Routes:
    """The routes over one course."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.staff = Caller(course.staff)
        self.anonymous = Caller()
        attempt_id, user_id = course.running[0]
        self.own_attempt = attempt_id
        self.own_user = user_id
        self.learner = self._as(user_id)
        self._spare = iter(course.spare)
        self._running = iter(course.running[1:])
        self._number = 0

    # Users and attempts

    def _as(self, user_id: int) -> Caller:
        from django.contrib.auth import get_user_model

        return Caller(get_user_model().objects.get(pk=user_id))

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _prepared(self, prepare: Callable[[], Callable[[], int]]) -> Send:
        """Return a call that consumes something, which ``prepare`` creates before the clock starts."""
        return _Prepared(prepare)

    def _attempt(self, status: str, exam: ProctoredExam | None = None) -> ProctoredExamStudentAttempt:
        """Return an unused running attempt, set to ``status`` without the effects of a change."""
        attempt_id, _user_id = next(self._running)
        attempts = ProctoredExamStudentAttempt.objects.filter(pk=attempt_id)
        started = {} if status in ("started", "ready_to_submit", "submitted") else {"started_at": None}
        attempts.update(status=status, **started)
        return attempts.select_related("user", "proctored_exam").get()

    # Shapes of routes

    def _get(self, who: Caller, path: str, expect: int = 200) -> Send:
        return lambda _run: len(who.send("GET", path, expect=expect).body)

    def _act(self, status: str, action: str) -> Send:
        def prepare() -> Callable[[], int]:
            attempt = self._attempt(status)
            who = self._as(attempt.user_id)
            return lambda: len(who.send("PUT", f"{ATTEMPT}/{attempt.pk}", {"action": action}).body)

        return self._prepared(prepare)

    def all(self) -> list[Route]:
        """Return every route, reads first."""
        return [*self.learners(), *self.lists(), *self.small_reads(), *self.changes()]

    def learners(self) -> list[Route]:
        """What a learner's page requests before and during an exam."""
        content = quote(self.course.final.content_id)
        other = quote(self.course.exams[-1].content_id)
        newcomer = self._as(next(self._spare).pk)
        return [
            Route(
                "6 GET attempt/{id} (poll)",
                self._get(self.learner, f"{ATTEMPT}/{self.own_attempt}"),
                ceiling=3,
                aim=3,
                polled=True,
            ),
            Route("9 GET attempt (timer)", self._get(self.learner, ATTEMPT), ceiling=4, aim=4, polled=True),
            Route(
                "26 GET active_attempt",
                self._get(self.learner, f"{EXAM}/active_attempt"),
                ceiling=4,
                aim=4,
                polled=True,
            ),
            Route(
                "25 GET exam with attempt, running",
                self._get(self.learner, f"{ATTEMPT}/course_id/{COURSE}?content_id={content}&is_learning_mfe=true"),
                ceiling=5,
                aim=5,
                polled=True,
            ),
            Route(
                "25 GET exam with attempt, another one runs",
                self._get(self.learner, f"{ATTEMPT}/course_id/{COURSE}?content_id={other}&is_learning_mfe=true"),
            ),
            Route(
                "25 GET exam before the first attempt",
                self._get(newcomer, f"{ATTEMPT}/course_id/{COURSE}?content_id={content}&is_learning_mfe=true"),
                ceiling=7,
                aim=7,
            ),
            Route("18 GET active_exams_for_user", self._get(self.learner, f"{EXAM}/active_exams_for_user")),
            Route(
                "19 GET onboarding of one learner",
                self._get(self.learner, f"{V1}/user_onboarding/status?course_id={quote(COURSE)}"),
            ),
        ]

    def lists(self) -> list[Route]:
        """What the course team's pages request."""
        grouped = f"{ATTEMPT}/grouped/course_id/{COURSE}"
        onboarding = f"{V1}/user_onboarding/status/course_id/{COURSE}"
        page = {"ceiling": 8, "aim": 6, "paged": True}
        onboarding_page = {"ceiling": 8, "aim": 8, "paged": True}
        return [
            Route("7 GET attempts, first page", self._get(self.staff, grouped), **page),
            Route(
                "7 GET attempts, first page, rows counted again",
                self._prepared(self._page_after_a_change),
                ceiling=8,
                aim=6,
            ),
            Route("7 GET attempts, tenth page", self._get(self.staff, f"{grouped}?page=10"), **page),
            Route(
                "7 GET attempts, one exam",
                self._get(self.staff, f"{grouped}?exam_id={self.course.final.pk}"),
                **page,
            ),
            Route("7 GET attempts, one status", self._get(self.staff, f"{grouped}?status=rejected"), **page),
            Route("7 GET attempts, by username", self._get(self.staff, f"{grouped}?ordering=username"), **page),
            Route("8 GET attempts, search (some)", self._get(self.staff, f"{grouped}/search/learner17"), **page),
            Route("8 GET attempts, search (one)", self._get(self.staff, f"{grouped}/search/learner717@"), **page),
            Route("8 GET attempts, search (none)", self._get(self.staff, f"{grouped}/search/unknown"), **page),
            Route("8 GET attempts, search for the first time", self._prepared(self._new_search), ceiling=8, aim=6),
            Route("20 GET onboarding, first page", self._get(self.staff, onboarding), **onboarding_page),
            Route("20 GET onboarding, tenth page", self._get(self.staff, f"{onboarding}?page=10"), **onboarding_page),
            Route(
                "20 GET onboarding, search",
                self._get(self.staff, f"{onboarding}?text_search=learner17"),
                **onboarding_page,
            ),
            Route(
                "20 GET onboarding, one status",
                self._get(self.staff, f"{onboarding}?statuses=submitted"),
                ceiling=8,
                aim=8,
            ),
            Route("20 GET onboarding, provider asked", self._onboarding_by_provider(onboarding), ceiling=8, aim=8),
            Route("13 GET allowances", self._get(self.staff, f"{EXAM}/{COURSE}/allowance"), ceiling=5, aim=4),
            Route(
                "17 GET allowances, grouped",
                self._get(self.staff, f"{EXAM}/{COURSE}/grouped/allowance"),
                ceiling=5,
                aim=4,
            ),
        ]

    def small_reads(self) -> list[Route]:
        """Reads of a single exam, policy or URL."""
        exam = self.course.final
        return [
            Route(
                "4 GET exams of a course", self._get(self.learner, f"{EXAM}/exam/course_id/{COURSE}"), ceiling=3, aim=3
            ),
            Route("1 GET exam by query", self._get(self.learner, f"{EXAM}/exam?exam_id={exam.pk}")),
            Route("2 GET exam by id", self._get(self.learner, f"{EXAM}/exam/exam_id/{exam.pk}")),
            Route(
                "3 GET exam by content",
                self._get(self.learner, f"{EXAM}/exam/course_id/{COURSE}/content_id/{quote(exam.content_id)}"),
            ),
            Route("27 GET settings", self._get(self.learner, f"{EXAM}/settings/exam_id/{exam.pk}/")),
            Route("28 GET review policy", self._get(self.learner, f"{EXAM}/review_policy/exam_id/{exam.pk}/")),
            Route("21 GET dashboard of a course", self._get(self.staff, f"{V1}/instructor/{COURSE}", expect=302)),
            Route(
                "22 GET dashboard of an exam", self._get(self.staff, f"{V1}/instructor/{COURSE}/{exam.pk}", expect=302)
            ),
        ]

    def changes(self) -> list[Route]:
        """Writes."""
        return [
            Route("9 POST attempt, timed, started", self._prepared(self._enter_timed)),
            Route("9 POST attempt, proctored", self._prepared(self._enter_proctored)),
            Route("6 PUT click_download_software", self._act("created", "click_download_software")),
            Route("6 PUT start", self._act("ready_to_start", "start")),
            Route("6 PUT stop", self._act("started", "stop")),
            Route("6 PUT submit", self._act("started", "submit")),
            Route("6 PUT submit, once more", self._act("submitted", "submit")),
            Route("6 PUT decline", self._act("created", "decline")),
            Route("6 PUT error", self._act("started", "error")),
            Route("6 PUT mark_ready_to_resume", self._prepared(self._resume)),
            Route("6 PUT reset_attempt (onboarding)", self._prepared(self._reset_onboarding)),
            Route("6 DELETE attempt", self._prepared(self._remove)),
            Route(
                "whole attempt: create, ready, start, stop, submit",
                self._prepared(self._whole_attempt),
                ceiling=40,
                aim=40,
            ),
            Route("10 PUT review_status", self._prepared(self._acknowledge)),
            Route("11 POST ready", self._prepared(self._ready)),
            Route("12 POST reviewed", self._prepared(self._reviewed), ceiling=22, aim=22),
            Route("30 POST review (RPNow)", self._prepared(self._reviewed_anonymously), ceiling=22, aim=22),
            Route("29 GET launch callback", self._prepared(self._launch)),
            Route("31 DELETE reset_attempts", self._prepared(self._reset)),
            Route("14 PUT allowance", self._prepared(self._give_allowance)),
            Route("14 DELETE allowance", self._prepared(self._take_allowance)),
            Route("16 PUT bulk_allowance, 100 x 2", self._prepared(self._bulk), ceiling=20, aim=20),
            Route("15 PUT bulk_allowance, 100 x 2, given before", self._prepared(self._bulk_again), ceiling=20, aim=20),
            Route("1 POST exam", self._prepared(self._new_exam)),
            Route("1 PUT exam", self._prepared(self._change_exam)),
            Route("5 PATCH exam_registration, 4 exams", self._prepared(self._register)),
            Route("23 POST retire_backend_user", self._prepared(self._retire_at_provider)),
            Route("24 POST retire_user", self._prepared(self._retire)),
        ]

    def bare(self) -> Route:
        """Return the bare view that polled routes are compared with."""
        return Route("bare view", self._get(self.learner, reference.PATH.format(attempt_id=self.own_attempt)))

    # Single calls

    def _page_after_a_change(self) -> Callable[[], int]:
        for exam in self.course.exams:
            attempt_count.forget_learner_count(exam.pk)
        return lambda: len(self.staff.send("GET", f"{ATTEMPT}/grouped/course_id/{COURSE}").body)

    def _new_search(self) -> Callable[[], int]:
        text = f"learner{500 + self._next_number()}@"
        return lambda: len(self.staff.send("GET", f"{ATTEMPT}/grouped/course_id/{COURSE}/search/{text}").body)

    def _onboarding_by_provider(self, path: str) -> Send:
        from django.apps import apps

        provider = apps.get_app_config("edx_proctoring").backends["test"]  # type: ignore[attr-defined]
        profiles = [
            {"user_id": obscured_user_id(user_id, "test"), "status": "approved-in-course"}
            for _attempt_id, user_id in self.course.running[:200]
        ]
        provider.get_onboarding_profile_info = lambda *_args, **_kwargs: {"results": profiles}
        switches = get_waffle_switch_model().objects

        def prepare() -> Callable[[], int]:
            switch, _made = switches.get_or_create(name=constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API)
            switch.active = True
            switch.save()

            def send() -> int:
                return len(self.staff.send("GET", path).body)

            def put_back() -> None:
                switch.active = False
                switch.save()

            send.put_back = put_back  # type: ignore[attr-defined]
            # On the platform the cache of switches is warm.
            send()
            return send

        return self._prepared(prepare)

    def _enter_timed(self) -> Callable[[], int]:
        who = Caller(next(self._spare))
        body = {"exam_id": self.course.timed.pk, "start_clock": "true", "attempt_proctored": "false"}
        return lambda: len(who.send("POST", ATTEMPT, body).body)

    def _enter_proctored(self) -> Callable[[], int]:
        who = Caller(next(self._spare))
        body = {"exam_id": self.course.final.pk, "start_clock": "false", "attempt_proctored": "true"}
        return lambda: len(who.send("POST", ATTEMPT, body).body)

    def _whole_attempt(self) -> Callable[[], int]:
        user = next(self._spare)
        who, exam = Caller(user), self.course.final
        external_id = f"whole-{self._next_number()}"

        def send() -> int:
            body = {"exam_id": exam.pk, "start_clock": "false", "attempt_proctored": "true"}
            answer = who.send("POST", ATTEMPT, body)
            attempt_id = answer.json()["exam_attempt_id"]
            size = len(answer.body)
            size += len(who.send("POST", f"{ATTEMPT}/{external_id}/ready", {"status": "ready"}).body)
            for action in ("start", "stop", "submit"):
                size += len(who.send("PUT", f"{ATTEMPT}/{attempt_id}", {"action": action}).body)
            return size

        from django.apps import apps

        # The test provider gives every attempt the same id; look-ups by id must find this one.
        provider = apps.get_app_config("edx_proctoring").backends["test"]  # type: ignore[attr-defined]
        provider.register_exam_attempt = lambda *_args, **_kwargs: external_id
        return send

    def _resume(self) -> Callable[[], int]:
        attempt = self._attempt("error")
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(is_resumable=True)
        body = {"action": "mark_ready_to_resume", "user_id": attempt.user_id}
        return lambda: len(self.staff.send("PUT", f"{ATTEMPT}/{attempt.pk}", body).body)

    def _reset_onboarding(self) -> Callable[[], int]:
        _attempt_id, user_id = next(self._running)
        attempt = ProctoredExamStudentAttempt.objects.get_current_exam_attempt(self.course.onboarding.pk, user_id)
        assert attempt is not None
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(status="rejected")
        who = self._as(user_id)
        return lambda: len(who.send("PUT", f"{ATTEMPT}/{attempt.pk}", {"action": "reset_attempt"}).body)

    def _remove(self) -> Callable[[], int]:
        attempt = self._attempt("submitted")
        return lambda: len(self.staff.send("DELETE", f"{ATTEMPT}/{attempt.pk}").body)

    def _acknowledge(self) -> Callable[[], int]:
        settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
        attempt = self._attempt("submitted")
        who = self._as(attempt.user_id)
        return lambda: len(who.send("PUT", f"{ATTEMPT}/{attempt.pk}/review_status").body)

    def _ready(self) -> Callable[[], int]:
        attempt = self._attempt("created")
        path = f"{ATTEMPT}/{attempt.external_id}/ready"
        return lambda: len(self.staff.send("POST", path, {"status": "ready"}).body)

    def _reviewed(self) -> Callable[[], int]:
        attempt = self._attempt("submitted")
        comment = {"comment": "Looked away", "status": "Suspicious", "start": 1, "stop": 3, "duration": 2}
        body = {"status": "passed", "comments": [comment] * 6}
        return lambda: len(self.staff.send("POST", f"{ATTEMPT}/{attempt.external_id}/reviewed", body).body)

    def _reviewed_anonymously(self) -> Callable[[], int]:
        from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload

        attempt = self._attempt("submitted")
        body = json.loads(
            create_test_review_payload(attempt_code=attempt.attempt_code, external_id=attempt.external_id)
        )
        return lambda: len(self.anonymous.send("POST", "/edx_proctoring/proctoring_review_callback/", body).body)

    def _launch(self) -> Callable[[], int]:
        attempt = self._attempt("created")
        path = f"/edx_proctoring/proctoring_launch_callback/start_exam/{attempt.attempt_code}"
        return lambda: len(self.anonymous.send("GET", path, expect=302).body)

    def _reset(self) -> Callable[[], int]:
        attempt = self._attempt("submitted")
        path = f"{EXAM}/exam_id/{attempt.proctored_exam_id}/user_id/{attempt.user_id}/reset_attempts"
        return lambda: len(self.staff.send("DELETE", path).body)

    def _give_allowance(self) -> Callable[[], int]:
        body = {
            "exam_id": self.course.timed.pk,
            "user_info": next(self._spare).username,
            "key": "additional_time_granted",
            "value": "15",
        }
        return lambda: len(self.staff.send("PUT", f"{EXAM}/allowance", body).body)

    def _take_allowance(self) -> Callable[[], int]:
        user = next(self._spare)
        given = {"proctored_exam": self.course.timed, "user": user, "key": "additional_time_granted"}
        ProctoredExamStudentAllowance.objects.get_or_create(**given, defaults={"value": "15"})
        body = {"exam_id": self.course.timed.pk, "user_id": user.pk, "key": "additional_time_granted"}
        return lambda: len(self.staff.send("DELETE", f"{EXAM}/allowance", body).body)

    def _bulk_body(self, key: str, value: str) -> dict[str, Any]:
        return {
            "course_id": COURSE,
            "exam_ids": ",".join(str(exam.pk) for exam in self.course.exams[:2]),
            "user_ids": ",".join(f"learner{n}" for n in range(100)),
            "allowance_type": key,
            "value": value,
        }

    def _bulk(self) -> Callable[[], int]:
        body = self._bulk_body(f"bulk_{self._next_number()}", "something")
        return lambda: len(self.staff.send("PUT", f"{EXAM}/bulk_allowance", body).body)

    def _bulk_again(self) -> Callable[[], int]:
        body = self._bulk_body("time_multiplier", "1.5")
        return lambda: len(self.staff.send("PUT", f"{EXAM}/{COURSE}/bulk_allowance", body).body)

    def _new_exam(self) -> Callable[[], int]:
        body = self._exam_body(f"block-v1:Bench+NEW+2026+type@sequential+block@new{self._next_number()}")
        return lambda: len(self.staff.send("POST", f"{EXAM}/exam", body).body)

    def _change_exam(self) -> Callable[[], int]:
        body = {"exam_id": self.course.timed.pk, "exam_name": f"Quiz {self._next_number()}"}
        return lambda: len(self.staff.send("PUT", f"{EXAM}/exam", body).body)

    def _register(self) -> Callable[[], int]:
        other = "course-v1:Bench+NEW+2026"
        number = self._next_number()
        body = [
            {
                **self._exam_body(f"block-v1:Bench+NEW+2026+type@sequential+block@registered{n}"),
                "exam_name": f"Exam {n}, version {number}",
                "backend": "test",
            }
            for n in range(4)
        ]
        return lambda: len(self.staff.send("PATCH", f"{EXAM}/exam_registration/course_id/{other}", body).body)

    @staticmethod
    def _exam_body(content_id: str) -> dict[str, Any]:
        return {
            "course_id": "course-v1:Bench+NEW+2026",
            "content_id": content_id,
            "exam_name": "A new exam",
            "time_limit_mins": 60,
            "is_proctored": True,
            "is_practice_exam": False,
            "external_id": "external",
            "is_active": True,
            "hide_after_due": False,
        }

    def _retire_at_provider(self) -> Callable[[], int]:
        from django.apps import apps

        apps.get_app_config("edx_proctoring").backends["test"].last_retire_user = None  # type: ignore[attr-defined]
        attempt = self._attempt("submitted")
        return lambda: len(self.staff.send("POST", f"{V1}/retire_backend_user/{attempt.user_id}/").body)

    def _retire(self) -> Callable[[], int]:
        attempt = self._attempt("submitted")
        return lambda: len(self.staff.send("POST", f"{V1}/retire_user/{attempt.user_id}/", expect=204).body)


class _Prepared:
    """A ``Send`` whose preparation is not measured: ``prepare()`` returns the call for one run."""

    def __init__(self, prepare: Callable[[], Callable[[], int]]) -> None:
        self.prepare = prepare

    def __call__(self, _run: int) -> int:
        return self.prepare()()


def prepared(send: Send, run: int) -> Callable[[], int]:
    """Return the call for one run, with everything created that it consumes."""
    if isinstance(send, _Prepared):
        return send.prepare()
    return lambda: send(run)
