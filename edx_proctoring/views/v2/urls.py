"""URLs of version 2, below ``edx_proctoring/v2/``. Each is accepted with and without a slash at the end.

They are included with a namespace of their own, because every named URL of ``edx_proctoring.urls`` itself must answer
an anonymous GET with 403 (contract/rest-rules#anonymous-get).
"""

from django.conf import settings
from django.urls import URLPattern, path, re_path

from edx_proctoring.views.v2.lazy_view import LazyView

app_name = "edx_proctoring_v2"

_COURSE = settings.COURSE_ID_PATTERN
ROUTES: list[tuple[str, LazyView, str]] = [
    ("exams/<int:exam_id>", LazyView("exams", "Exam"), "exam"),
    ("exams/<int:exam_id>/outage", LazyView("outage", "OutageOfExam"), "outage"),
    ("exams/<int:exam_id>/outage/decisions", LazyView("outage", "OutageDecisions"), "outage-decisions"),
    ("exams/<int:exam_id>/board", LazyView("board", "BoardOfExam"), "board"),
    ("exams/<int:exam_id>/extend", LazyView("jobs", "ExtendMany"), "exam-extend"),
    (
        "exams/<int:exam_id>/learners/<int:user_id>/deadline",
        LazyView("attempts", "LearnerDeadline"),
        "learner-deadline",
    ),
    ("attempts/<int:attempt_id>", LazyView("attempts", "Attempt"), "attempt"),
    ("attempts/<int:attempt_id>/deadline", LazyView("attempts", "AttemptDeadline"), "attempt-deadline"),
    ("attempts/<int:attempt_id>/history", LazyView("history", "HistoryOfAttempt"), "attempt-history"),
    ("attempt-codes/<str:attempt_code>/history", LazyView("history", "HistoryByCode"), "history-by-code"),
    ("attempts/<int:attempt_id>/transitions", LazyView("transitions", "Transitions"), "attempt-transitions"),
    ("attempts/<int:attempt_id>/extend", LazyView("attempts", "Extend"), "attempt-extend"),
    ("attempts/<int:attempt_id>/review", LazyView("reviews", "ReviewOfAttempt"), "review"),
    ("attempts/<int:attempt_id>/review/decision", LazyView("reviews", "ReviewDecision"), "review-decision"),
    ("attempts/<int:attempt_id>/notes", LazyView("notes", "NotesOfAttempt"), "attempt-notes"),
    ("notes/<int:note_id>", LazyView("notes", "Note"), "note"),
    ("allowances/<int:allowance_id>", LazyView("allowances", "Allowance"), "allowance"),
    ("allowance-changes/<int:row_id>/undo", LazyView("allowances", "AllowanceUndo"), "allowance-undo"),
    ("effects/<int:effect_id>/retry", LazyView("effects", "EffectRetry"), "effect-retry"),
    ("effects/<int:effect_id>/give-up", LazyView("effects", "EffectGiveUp"), "effect-give-up"),
    ("jobs/<slug:code>", LazyView("jobs", "Job"), "job"),
    ("jobs/<slug:code>/rows", LazyView("jobs", "JobRows"), "job-rows"),
    ("jobs/<slug:code>/work", LazyView("jobs", "JobWork"), "job-work"),
    ("jobs/<slug:code>/stop", LazyView("jobs", "JobStop"), "job-stop"),
    ("users/<int:user_id>/proctoring-data", LazyView("users", "UserData"), "user-data"),
    ("inbox/<int:inbox_id>/replay", LazyView("inbox", "InboxReplay"), "inbox-replay"),
]
# Below ``courses/{course_id}/``.
COURSE_ROUTES: list[tuple[str, LazyView, str]] = [
    ("desk", LazyView("desk", "DeskOfCourse"), "desk"),
    ("exams", LazyView("exams", "ExamsOfCourse"), "exams"),
    ("attempts", LazyView("attempts", "AttemptsOfCourse"), "attempts"),
    ("attempts/bulk", LazyView("jobs", "BulkAction"), "attempts-bulk"),
    ("jobs", LazyView("jobs", "JobsOfCourse"), "jobs"),
    ("reviews", LazyView("reviews", "ReviewsOfCourse"), "reviews"),
    ("allowances", LazyView("allowances", "AllowancesOfCourse"), "allowances"),
    ("allowances/bulk", LazyView("allowances", "AllowancesBulk"), "allowances-bulk"),
    ("effects", LazyView("effects", "EffectsOfCourse"), "effects"),
    ("inbox", LazyView("inbox", "InboxOfCourse"), "inbox"),
    ("onboarding", LazyView("onboarding", "OnboardingOfCourse"), "onboarding"),
    ("readiness", LazyView("readiness", "ReadinessOfCourse"), "readiness"),
    ("summary", LazyView("summary", "SummaryOfCourse"), "summary"),
    (r"exports/attempts\.(?P<ending>csv|jsonl)", LazyView("exports", "AttemptsFile"), "attempts-file"),
    (r"exports/allowances\.(?P<ending>csv|jsonl)", LazyView("exports", "AllowancesFile"), "allowances-file"),
    (r"exports/onboarding\.(?P<ending>csv|jsonl)", LazyView("exports", "OnboardingFile"), "onboarding-file"),
    (r"exports/jobs\.(?P<ending>csv|jsonl)", LazyView("exports", "JobsFile"), "jobs-file"),
    (r"exports/violations\.(?P<ending>csv|jsonl)", LazyView("exports", "ViolationsFile"), "violations-file"),
]

urlpatterns: list[URLPattern] = [
    *(path(route, view, name=name) for route, view, name in ROUTES),
    *(path(f"{route}/", view) for route, view, _name in ROUTES),
    *(re_path(rf"^courses/{_COURSE}/{route}/?$", view, name=name) for route, view, name in COURSE_ROUTES),
]
