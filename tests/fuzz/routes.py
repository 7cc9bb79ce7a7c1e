"""Strategies for requests to each route of the API.

The routes come from the URLconf (``named_routes``); ``ROUTES`` has plausible arguments, queries and bodies for each
name. A test fails for a name without an entry, so that new routes are covered.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from django.urls import URLPattern, reverse
from hypothesis import strategies as st

from edx_proctoring import urls
from edx_proctoring.api.attempts import learner_actions
from edx_proctoring.models import ProviderRetirement, ReviewInboxEntry
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views.v2 import urls as urls_v2
from tests.fuzz.strange import METHODS, Fields, Sent, bodies, fields_of, headers, in_path, odd_texts, one_in, queries
from tests.fuzz.world import COURSE_A, COURSE_B, World

Body = Callable[[World], st.SearchStrategy[Any]]


@dataclass(frozen=True)
class Route:
    """How one name is fuzzed.

    ``methods``: the implemented ones. ``query``: fields of the query. ``body``: plausible bodies. ``provider_errors``:
    allowed statuses of 500 and above (contract/rest-rules#error-body, contract/rest-rules#permission-table).
    ``is_open``: needs no login. ``writes``: models that a refused request may write to.
    """

    methods: tuple[str, ...]
    query: Callable[[World], Fields] = lambda world: {}
    body: Body = lambda world: st.just({})
    provider_errors: frozenset[int] = frozenset()
    is_open: bool = False
    writes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Address:
    """A named URL pattern. ``kwargs``: names of its arguments; a name may have several patterns."""

    name: str
    kwargs: tuple[str, ...] = field(default=())

    # Of the URLconf that the name belongs to.
    namespace: ClassVar[str] = "edx_proctoring:"

    def __str__(self) -> str:
        return f"{self.name}({','.join(self.kwargs)})"

    @property
    def route(self) -> Route:
        """Return how it is fuzzed."""
        return ROUTES[self.name]

    def path(self, values: Mapping[str, Any]) -> str:
        """Return the path with any values, including those that its pattern does not match."""
        # Placeholders that every pattern matches; replaced below.
        marks = {name: _MARKS[name] for name in self.kwargs}
        path = reverse(f"{self.namespace}{self.name}", kwargs=marks)
        for name, mark in marks.items():
            path = path.replace(str(mark), in_path(values[name]))
        return path


_MARKS: Final[Mapping[str, Any]] = {
    "course_id": "markC/markC/markC",
    "content_id": "markcontent",
    "exam_id": 770001,
    "attempt_id": 770002,
    "user_id": 770003,
    "effect_id": 770004,
    "allowance_id": 770006,
    "row_id": 770007,
    "inbox_id": 770005,
    "note_id": 770008,
    "code": "markjob",
    "external_id": "markexternal",
    "attempt_code": "markcode",
    "search_by": "marksearch",
    "ending": "csv",
    "session_id": "marksession",
    "username": "markusername",
    "template_id": "marktemplate",
}


def named_routes() -> Iterator[Address]:
    """Yield every named pattern of the API's URLconf."""
    for pattern in urls.urlpatterns:
        # Included lists repeat the same views, and have the login page of DRF.
        if isinstance(pattern, URLPattern):
            converters = pattern.pattern.converters or pattern.pattern.regex.groupindex
            assert pattern.name, f"a pattern without a name is outside the contract: {pattern}"
            yield Address(pattern.name, tuple(sorted(converters)))
    for pattern in urls_v2.urlpatterns:
        # The same without names: other endings of the path.
        if pattern.name:
            converters = pattern.pattern.converters or pattern.pattern.regex.groupindex
            yield Address(f"{urls_v2.app_name}:{pattern.name}", tuple(sorted(converters)))


# Arguments of paths


def _exam_ids(world: World) -> st.SearchStrategy[Any]:
    return st.sampled_from([exam.pk for exam in world.exams.values()])


def _attempt_ids(world: World) -> st.SearchStrategy[Any]:
    return st.sampled_from([attempt.pk for attempt in world.attempts.values()])


def _user_ids(world: World) -> st.SearchStrategy[Any]:
    return st.sampled_from(world.user_ids)


_UNUSED_NUMBERS = st.sampled_from((0, 999_999, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**30, "0" * 40 + "1"))
_courses = st.sampled_from((COURSE_A, COURSE_A, COURSE_A, COURSE_B, "a/b/c", "course-v1:a+b+c"))


def _or_odd(values: st.SearchStrategy[Any], *more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return one_in(8).flatmap(lambda odd: st.one_of(odd_texts, *more) if odd else values)


def arguments(world: World, address: Address) -> dict[str, st.SearchStrategy[Any]]:
    """Return strategies for the arguments of a route."""
    known: dict[str, st.SearchStrategy[Any]] = {
        "course_id": _or_odd(_courses),
        "content_id": _or_odd(st.sampled_from([exam.content_id for exam in world.exams.values()])),
        "exam_id": _or_odd(_exam_ids(world), _UNUSED_NUMBERS),
        "attempt_id": _or_odd(_attempt_ids(world), _UNUSED_NUMBERS),
        "user_id": _or_odd(_user_ids(world), _UNUSED_NUMBERS),
        "allowance_id": _or_odd(st.sampled_from(world.allowance_ids), _UNUSED_NUMBERS),
        "row_id": _or_odd(st.just(world.change_id), _UNUSED_NUMBERS),
        "effect_id": _or_odd(st.just(world.effect_id), _UNUSED_NUMBERS),
        "inbox_id": _or_odd(st.just(world.inbox_id), _UNUSED_NUMBERS),
        "note_id": _or_odd(st.just(world.note_id), _UNUSED_NUMBERS),
        "code": _or_odd(st.just(world.job_code)),
        "external_id": _or_odd(st.sampled_from([row.external_id for row in world.attempts.values()])),
        "attempt_code": _or_odd(st.sampled_from([row.attempt_code for row in world.attempts.values()])),
        "ending": _or_odd(st.sampled_from(("csv", "jsonl"))),
        "session_id": _or_odd(st.sampled_from(("6f0f6f0f-0000-4000-8000-000000000001", world.session_id))),
        "template_id": _or_odd(st.just(world.template_id), _UNUSED_NUMBERS),
        "username": _or_odd(st.sampled_from(world.names)),
        "search_by": st.sampled_from(("owner", "@", "%", "_", "\\", "o" * 300)) | odd_texts,
    }
    return {name: known[name] for name in address.kwargs}


# Queries and bodies

_booleans = st.sampled_from((True, False, "true", "false", "True", "1", 0))
_minutes = st.sampled_from((0, 1, 30, 90, "45"))
_dates = st.none() | st.sampled_from(
    (datetime(2030, 1, 1, tzinfo=UTC).isoformat(), "2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2030-01-01")
)


def _pages(world: World) -> Fields:
    return {
        "page": st.sampled_from(("1", "2", "2 ", "0", "-1", "999", "last")),
        "page_size": st.sampled_from(("1", "100", "0", "-5", "1000000")),
        "exam_id": _exam_ids(world),
        "status": st.sampled_from(("started", "created", "no such status")),
        "ordering": st.sampled_from(("created", "-username", "status", "password", "user__password", "?", "pk")),
    }


def _listed_exams(world: World) -> Fields:
    return {
        **_pages(world),
        "type": st.sampled_from(("timed", "proctored,practice", "exam", "")),
        "active": st.sampled_from(("true", "false", "yes")),
        "ordering": st.sampled_from(("name", "-due_date,type", "password", "")),
    }


def _listed_board(world: World) -> Fields:
    return {
        **_pages(world),
        "show": st.sampled_from(("all", "silent", "help", "nobody")),
        "search": odd_texts,
        "ordering": st.sampled_from(("-expires_at,username", "last_contact_at", "last_contact_at,status")),
    }


def _outage(world: World) -> st.SearchStrategy[Any]:
    hour = timedelta(hours=1)
    return st.fixed_dictionaries(
        {
            "until": st.sampled_from(((datetime.now(UTC) + hour).isoformat(), "2020-01-01T00:00:00Z", "soon")),
            "reason": st.just("down") | odd_texts,
        },
        optional={"text": odd_texts, "include_setup": st.booleans()},
    )


def _outage_decision(world: World) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"decision": st.sampled_from(("accept", "reject", "reset", "maybe")), "reason": st.just("seen") | odd_texts},
        optional={
            "all": st.booleans(),
            "attempt_ids": st.lists(st.integers(-1, 2**40), max_size=3),
            "dry_run": st.booleans(),
            "expected_count": st.integers(-1, 5),
        },
    )


def _summary(world: World) -> Fields:
    moments = st.sampled_from(("2020-01-01T00:00:00Z", "2030-01-01T00:00:00+02:00", "0001-01-01T00:00:00+14:00", "x"))
    return {
        "exam": _exam_ids(world) | st.sampled_from(("1,2,x", ",")),
        "from": moments,
        "to": moments,
        "bucket": st.sampled_from(("hour", "day", "week", "year")),
    }


def _listed_attempts(world: World) -> Fields:
    flags = st.sampled_from(("true", "false", "1"))
    moments = st.sampled_from(
        ("2030-01-01T00:00:00Z", "2020-01-01T00:00:00+02:00", "2030-01-01", "9999-12-31T23:59:59Z")
    )
    return {
        **_pages(world),
        "exam": _exam_ids(world) | st.sampled_from(("1,2,x", ",", "9" * 30)),
        "type": st.sampled_from(("timed", "onboarding,timed", "exam")),
        "status": st.sampled_from(("started", "error,submitted", "no such status", "")),
        "user": _user_ids(world),
        "started_after": moments,
        "started_before": moments,
        "resumable": flags,
        "needs_review": flags,
        "latest_only": flags,
        "search": st.sampled_from(("owner", "%", "_", "\\", "o" * 300)) | odd_texts,
        "ordering": st.sampled_from(("username", "-expires_at,exam", "user__password", "?", ",")),
    }


def _listed_reviews(world: World) -> Fields:
    return {
        **_pages(world),
        "state": st.sampled_from(("open", "decided", "all", "waiting")),
        "exam": _exam_ids(world),
        "search": st.sampled_from(("owner", "%")) | odd_texts,
    }


def _listed_allowances(world: World) -> Fields:
    return {
        **_pages(world),
        "exam": _exam_ids(world),
        "type": st.sampled_from(("additional_time_granted", "review_policy_exception,x", "time_multiplier")),
        "search": st.sampled_from(("owner", "%")) | odd_texts,
        "running": st.sampled_from(("true", "false", "1")),
        "ordering": st.sampled_from(("username", "-value,exam", "modified_at", "user__password")),
    }


def _allowance_change(world: World) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional={"type": _keys, "value": _values | odd_texts})


def _pairs(world: World) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {
            "exam_ids": st.lists(_exam_ids(world) | _UNUSED_NUMBERS, max_size=3),
            "learners": st.lists(st.sampled_from(world.names) | odd_texts, max_size=3),
            "type": _keys,
            "value": _values,
        },
        optional={"dry_run": _booleans, "reason": st.text(max_size=9), "expected_count": st.sampled_from((0, 1, -1))},
    )


def _allowance_rows(world: World) -> st.SearchStrategy[Any]:
    row = st.fixed_dictionaries(
        {
            "learner": st.sampled_from(world.names) | odd_texts,
            "exam": _exam_ids(world) | st.sampled_from(("timed", "foreign")) | odd_texts,
            "type": _keys,
            "value": _values,
        },
        optional={"action": st.sampled_from(("set", "remove", "x"))},
    )
    return st.fixed_dictionaries({"rows": st.lists(row, max_size=3)}, optional={"dry_run": _booleans})


def _listed_effects(world: World) -> Fields:
    return {
        **_pages(world),
        "exam": _exam_ids(world),
        "attempt": st.sampled_from((str(world.attempts["judged"].pk), f"0,{world.attempts['running'].pk}", "x")),
        "kind": st.sampled_from(("provider", "mail,credit", "letter")),
        "state": st.sampled_from(("due", "failed,due", "done")),
    }


def _note(world: World) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"category": st.sampled_from(("conduct", "other", "weather")), "text": st.text(max_size=9)},
        optional={"at": _dates},
    )


def _received(world: World) -> Fields:
    return {**_pages(world), "outcome": st.sampled_from(("applied", "refused,held", "refused: no", "x"))}


def _onboarding(world: World) -> Fields:
    return {
        "status": st.sampled_from(("verified", "not_started,submitted", "", "no such status")),
        "search": st.sampled_from(("owner", "%")) | odd_texts,
    }


def _decision(world: World) -> st.SearchStrategy[Any]:
    statuses = st.sampled_from((S.second_review_required, S.submitted, S.verified, "x", None))
    verdicts = st.sampled_from((S.verified, S.rejected, "maybe", 1))
    return st.fixed_dictionaries(
        {"verdict": verdicts, "expected_status": statuses}, optional={"comment": st.text(max_size=9) | st.none()}
    )


def _extension(world: World) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"minutes": st.sampled_from((1, -1, 0, 10**9, -(10**9), 10**30, "5", None)), "reason": st.text(max_size=9)},
        optional={"past_due": _booleans},
    )


def _transition(world: World) -> st.SearchStrategy[Any]:
    actions = ("start", "stop", "submit", "decline", "click_download_software", "error", "reset_practice")
    return st.fixed_dictionaries(
        {"action": _mostly(st.sampled_from((*actions, "resume", "end")), ("explode", None, 3))},
        optional={
            "detail": st.text(max_size=9),
            "reason": st.text(max_size=9),
            "expected_status": st.sampled_from((S.started, S.submitted, "odd")),
        },
    )


def _selection(world: World) -> dict[str, st.SearchStrategy[Any]]:
    """Optional members that say which attempts are meant."""
    wanted = fields_of(
        {
            "status": st.sampled_from(("started", "submitted,error", ["error"], 7, None)),
            "exam": st.lists(_exam_ids(world), max_size=2) | odd_texts,
            "latest_only": _booleans,
        }
    )
    return {
        "attempt_ids": st.lists(_attempt_ids(world) | _UNUSED_NUMBERS, max_size=3) | odd_texts,
        "filter": wanted | odd_texts,
        "all": _booleans,
        "dry_run": _booleans,
        "expected_count": st.sampled_from((0, 1, -1, 2**40, "x")),
    }


def _bulk_action(world: World) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"action": st.sampled_from(("reset", "resume", "explode")), "reason": st.text(max_size=9)},
        optional={**_selection(world), "only_this": _booleans, "force_local": _booleans},
    )


def _extension_of_many(world: World) -> st.SearchStrategy[Any]:
    selection = _selection(world)
    del selection["filter"]
    return st.fixed_dictionaries(
        {"minutes": st.sampled_from((1, -1, 0, 10**9, "5")), "reason": st.text(max_size=9)},
        optional={**selection, "past_due": _booleans, "trim": _booleans},
    )


def _exam_fields(world: World) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "course_id": _courses,
        "content_id": st.sampled_from([exam.content_id for exam in world.exams.values()]) | st.text(max_size=9),
        "exam_name": st.text(max_size=9),
        "time_limit_mins": _minutes,
        "is_proctored": _booleans,
        "is_practice_exam": _booleans,
        "external_id": st.text(max_size=9),
        "is_active": _booleans,
        "hide_after_due": _booleans,
        "due_date": _dates,
        "backend": st.sampled_from(("test", "null", "gone", "software_secure", None)),
    }


def _exam(world: World) -> st.SearchStrategy[Any]:
    return fields_of(_exam_fields(world))


def _exam_changes(world: World) -> st.SearchStrategy[Any]:
    return fields_of({"exam_id": _exam_ids(world), **_exam_fields(world)})


def _exam_list(world: World) -> st.SearchStrategy[Any]:
    in_course = {**_exam_fields(world), "course_id": st.just(COURSE_A), "exam_name": st.text("abc", min_size=1)}
    return st.lists(_exam(world) | fields_of(in_course), max_size=3)


def _new_attempt(world: World) -> st.SearchStrategy[Any]:
    return fields_of(
        {
            "exam_id": _exam_ids(world),
            "start_clock": _booleans,
            "attempt_proctored": _booleans,
            "automatic": _booleans,
            "user_id": _user_ids(world),
        }
    )


def _action(world: World) -> st.SearchStrategy[Any]:
    return fields_of(
        {
            "action": st.sampled_from(list(learner_actions.ACTIONS)),
            "detail": odd_texts,
            "user_id": st.none() | st.none() | _user_ids(world),
        }
    )


_keys = st.sampled_from(("additional_time_granted", "review_policy_exception", "time_multiplier", "something else"))
_values = st.sampled_from(("30", 30, "0", "1.5", "-5", "much", "x" * 255, "x" * 256, "1e3", "²"))


def _allowance(world: World) -> st.SearchStrategy[Any]:
    return fields_of(
        {
            "course_id": _courses,
            "exam_id": _exam_ids(world),
            "user_info": st.sampled_from(world.names) | _user_ids(world),
            "user_id": _user_ids(world),
            "key": _keys,
            "value": _values,
        }
    )


def _bulk_allowance(world: World) -> st.SearchStrategy[Any]:
    exam_lists = st.lists(_exam_ids(world) | _UNUSED_NUMBERS | odd_texts, max_size=3)
    user_lists = st.lists(st.sampled_from(world.names) | _user_ids(world) | odd_texts, max_size=3)
    return fields_of(
        {
            "course_id": _courses,
            "exam_ids": exam_lists | exam_lists.map(_with_commas),
            "user_ids": user_lists | user_lists.map(_with_commas),
            "allowance_type": _keys,
            "value": _values,
        }
    )


def _with_commas(values: list[Any]) -> str:
    return " ,".join(map(str, values))


def _mostly(values: st.SearchStrategy[Any], others: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return one_in(8).flatmap(lambda other: st.sampled_from(others) if other else values)


def _review(world: World) -> st.SearchStrategy[Any]:
    seconds = _mostly(st.sampled_from((0, 7, 1.5, "12", None)), (-1, 2**31, float("nan"), float("inf")))
    comment = fields_of(
        {
            "comment": st.text(max_size=9),
            "status": _mostly(st.just("suspicious"), ("x" * 255, "x" * 256, "")),
            "start": seconds,
            "stop": seconds,
            "duration": seconds,
        }
    )
    return fields_of(
        {
            "status": _mostly(st.sampled_from(("passed", "violation", "suspicious", "not_reviewed")), ("splendid",)),
            "comments": st.lists(comment, max_size=3),
            "reviewed_by": st.none() | st.sampled_from(world.names),
            "payload": st.just({"videoReviewLink": "https://video.test/1"}) | st.none(),
        }
    )


def _rpnow_review(world: World) -> st.SearchStrategy[Any]:
    attempts = list(world.attempts.values())
    seconds = _mostly(st.sampled_from((0, 88, "15", None)), (-1, 2**40, float("nan")))
    comment = fields_of(
        {
            "comments": st.text(max_size=9),
            "duration": seconds,
            "eventFinish": seconds,
            "eventStart": seconds,
            "eventStatus": _mostly(st.just("Suspicious"), ("x" * 300, "")),
        }
    )

    def about(attempt: Any) -> st.SearchStrategy[Any]:
        meta = fields_of(
            {
                "examCode": st.just(attempt.attempt_code),
                "ssiRecordLocator": st.just(attempt.external_id),
                "reviewedExam": st.just(True),
            }
        )
        return fields_of(
            {
                "examMetaData": meta,
                "reviewStatus": _mostly(st.sampled_from(("Clean", "Suspicious", "Rules Violation")), ("Fine",)),
                "videoReviewLink": st.just("https://video.test/1"),
                "webCamComments": st.lists(comment, max_size=2),
                "desktopComments": st.lists(comment, max_size=2),
            }
        )

    return st.sampled_from(attempts).flatmap(about)


def _about_exam(world: World) -> Fields:
    return {
        "content_id": st.sampled_from([exam.content_id for exam in world.exams.values()]),
        "is_learning_mfe": _booleans,
        "user_id": _user_ids(world),
    }


# Allowed provider errors: contract/rest-rules#error-body with contract/rest-rules#provider-failures; for single
# routes 5.5, 5.6, 5.8 and 4.8.
_PROVIDER_DOWN: Final = frozenset({502, 503})
_NOT_CONFIGURED: Final = frozenset({500})
# In version 2.
_NO_PROVIDER: Final = frozenset({503})
# The only write before validation (contract/privacy#capped-payloads).
_INBOX: Final = frozenset({ReviewInboxEntry.__name__})
# What a provider answered is noted also if it refused (contract/privacy#provider-retirement).
_ANSWERS: Final = frozenset({ProviderRetirement.__name__})

ROUTES: Final[Mapping[str, Route]] = {
    "edx_proctoring_v2:desk": Route(("GET",)),
    "edx_proctoring_v2:exams": Route(("GET",), query=_listed_exams),
    "edx_proctoring_v2:exam": Route(("GET",)),
    "edx_proctoring_v2:learner-deadline": Route(("GET",)),
    "edx_proctoring_v2:board": Route(("GET",), query=_listed_board),
    "edx_proctoring_v2:attempts": Route(("GET",), query=_listed_attempts),
    "edx_proctoring_v2:attempt": Route(
        ("GET", "GET", "DELETE"),
        query=lambda world: {"scope": st.sampled_from(("all", "this", "none"))},
        body=lambda world: fields_of({"reason": st.text(max_size=9), "force_local": _booleans}),
        provider_errors=_PROVIDER_DOWN,
    ),
    "edx_proctoring_v2:attempt-history": Route(("GET",)),
    "edx_proctoring_v2:history-by-code": Route(("GET",)),
    "edx_proctoring_v2:attempt-transitions": Route(("POST",), body=_transition, provider_errors=_PROVIDER_DOWN),
    "edx_proctoring_v2:attempt-deadline": Route(("GET",)),
    "edx_proctoring_v2:attempt-extend": Route(("POST",), body=_extension),
    "edx_proctoring_v2:review": Route(("GET",)),
    "edx_proctoring_v2:review-decision": Route(("POST",), body=_decision),
    "edx_proctoring_v2:reviews": Route(("GET",), query=_listed_reviews),
    "edx_proctoring_v2:allowances": Route(("GET", "POST", "POST"), query=_listed_allowances, body=_pairs),
    "edx_proctoring_v2:allowances-bulk": Route(("POST",), body=_allowance_rows),
    "edx_proctoring_v2:allowance": Route(("GET", "PATCH", "PATCH", "DELETE"), body=_allowance_change),
    "edx_proctoring_v2:allowance-undo": Route(("POST",)),
    "edx_proctoring_v2:allowances-file": Route(
        ("GET",), query=lambda world: {**_listed_allowances(world), "bom": _booleans}
    ),
    "edx_proctoring_v2:attempts-bulk": Route(("POST",), body=_bulk_action),
    "edx_proctoring_v2:exam-extend": Route(("POST",), body=_extension_of_many),
    "edx_proctoring_v2:outage": Route(("GET", "POST", "PATCH", "DELETE"), body=_outage),
    "edx_proctoring_v2:outage-decisions": Route(("POST",), body=_outage_decision),
    "edx_proctoring_v2:jobs": Route(("GET",), query=_pages),
    "edx_proctoring_v2:job": Route(("GET",)),
    "edx_proctoring_v2:job-rows": Route(("GET",), query=lambda world: {**_pages(world), "state": odd_texts}),
    "edx_proctoring_v2:job-work": Route(("POST",)),
    "edx_proctoring_v2:job-stop": Route(("POST",)),
    "edx_proctoring_v2:jobs-file": Route(("GET",), query=lambda world: {"bom": _booleans}),
    "edx_proctoring_v2:effects": Route(("GET",), query=_listed_effects),
    "edx_proctoring_v2:effect-retry": Route(("POST",)),
    "edx_proctoring_v2:effect-give-up": Route(
        ("POST",), body=lambda world: st.fixed_dictionaries({"reason": st.text(max_size=9)})
    ),
    "edx_proctoring_v2:attempt-notes": Route(("GET", "POST"), query=_pages, body=_note),
    "edx_proctoring_v2:note": Route(
        ("DELETE",), body=lambda world: st.fixed_dictionaries({"reason": st.text(max_size=9)})
    ),
    "edx_proctoring_v2:user-data": Route(("GET",)),
    "edx_proctoring_v2:inbox": Route(("GET",), query=_received),
    "edx_proctoring_v2:inbox-replay": Route(("POST",), writes=_INBOX, provider_errors=_NO_PROVIDER),
    "edx_proctoring_v2:onboarding": Route(
        ("GET",), query=lambda world: {**_pages(world), **_onboarding(world)}, provider_errors=_NO_PROVIDER
    ),
    "edx_proctoring_v2:onboarding-file": Route(
        ("GET",), query=lambda world: {**_onboarding(world), "bom": _booleans}, provider_errors=_NO_PROVIDER
    ),
    "edx_proctoring_v2:violations-file": Route(
        ("GET",), query=lambda world: {"exam": _exam_ids(world) | odd_texts, "bom": _booleans}
    ),
    "edx_proctoring_v2:readiness": Route(
        ("GET",),
        query=lambda world: {"exam": _exam_ids(world) | odd_texts, "offline": st.sampled_from(("1", "0", "x"))},
    ),
    "edx_proctoring_v2:summary": Route(("GET",), query=_summary),
    "edx_proctoring_v2:attempts-file": Route(
        ("GET",), query=lambda world: {**_listed_attempts(world), "bom": _booleans}
    ),
    "proctored_exam.exam": Route(
        ("POST", "PUT", "GET"),
        query=lambda world: {"exam_id": _exam_ids(world), "course_id": _courses, "content_id": odd_texts},
        body=lambda world: _exam(world) | _exam_changes(world),
    ),
    "proctored_exam.exam_by_id": Route(("GET",)),
    "proctored_exam.exam_by_content_id": Route(("GET",)),
    "proctored_exam.exams_by_course_id": Route(("GET",)),
    "proctored_exam.register_exams_by_course_id": Route(("PATCH",), body=_exam_list),
    "proctored_exam.attempt": Route(
        ("PUT", "PUT", "PUT", "GET", "DELETE"), body=_action, provider_errors=_PROVIDER_DOWN | _NOT_CONFIGURED
    ),
    "proctored_exam.attempts.grouped.course": Route(("GET",), query=_pages),
    "proctored_exam.attempts.grouped.search": Route(("GET",), query=_pages),
    "proctored_exam.attempt.collection": Route(
        ("POST", "POST", "POST", "GET"), body=_new_attempt, provider_errors=_PROVIDER_DOWN | _NOT_CONFIGURED
    ),
    "proctored_exam.attempt.review_status": Route(("PUT",)),
    "proctored_exam.attempt.ready_callback": Route(("POST",), body=_review, provider_errors=_NOT_CONFIGURED),
    "proctored_exam.attempt.callback": Route(("POST",), body=_review, writes=_INBOX, provider_errors=_NOT_CONFIGURED),
    "proctored_exam.allowance": Route(
        ("PUT", "PUT", "DELETE", "GET"),
        query=lambda world: {"course_id": _courses, "exam_id": _exam_ids(world)},
        body=_allowance,
    ),
    "proctored_exam.bulk_allowance": Route(("PUT",), body=_bulk_allowance),
    "proctored_exam.allowance.grouped.course": Route(("GET",)),
    "proctored_exam.active_exams_for_user": Route(
        ("GET",), query=lambda world: {"user_id": _user_ids(world), "course_id": _courses}
    ),
    "user_onboarding.status": Route(
        ("GET",),
        query=lambda world: {
            "course_id": _courses,
            "username": st.sampled_from(world.names),
            "is_learning_mfe": _booleans,
        },
        provider_errors=frozenset({503}),
    ),
    "user_onboarding.status.course": Route(
        ("GET",),
        query=lambda world: {
            "page": st.sampled_from(("1", "2 ", "-1")),
            "text_search": odd_texts,
            "statuses": st.sampled_from(("verified", "not_started,submitted", ",,", "no such status")),
        },
        provider_errors=frozenset({503}),
    ),
    "instructor_dashboard_course": Route(
        ("GET",), query=lambda world: {"attempt": st.sampled_from(("vendor-recorded", "vendor-foreign"))}
    ),
    "instructor_dashboard_exam": Route(
        ("GET",),
        query=lambda world: {
            "attempt": st.sampled_from(("vendor-recorded", "vendor-foreign")),
            "config": _booleans,
        },
    ),
    "backend_user_deletion_api": Route(("POST",), writes=_ANSWERS, provider_errors=frozenset({500})),
    "user_retirement_api": Route(("POST",)),
    "proctored_exam.exam_attempts": Route(("GET",), query=_about_exam),
    "proctored_exam.active_attempt": Route(("GET",), query=lambda world: {"user_id": _user_ids(world)}),
    "proctored_exam.proctoring_settings": Route(("GET",), provider_errors=_NOT_CONFIGURED),
    "proctored_exam.review_policy": Route(("GET",)),
    "anonymous.proctoring_launch_callback.start_exam": Route(("GET", "POST", "HEAD"), is_open=True),
    "anonymous.proctoring_review_callback": Route(("POST",), body=_rpnow_review, is_open=True, writes=_INBOX),
    "proctored_exam.attempts.reset": Route(
        ("DELETE",),
        query=lambda world: {"force": _booleans},
        provider_errors=_PROVIDER_DOWN,
    ),
}


@st.composite
def requests_to(draw: st.DrawFn, world: World, address: Address) -> Sent:
    """Draw a request to one route."""
    route = address.route
    method = draw(st.sampled_from(METHODS if draw(one_in(8)) else route.methods))
    path = address.path({name: draw(values) for name, values in arguments(world, address).items()})
    if draw(one_in(10)):
        path = path[:-1] if path.endswith("/") else f"{path}/"
    body, content_type = b"", ""
    # Some GET requests have a body too, which must not have any effect (contract/rest-rules#course-scope).
    if method not in ("GET", "HEAD") or draw(one_in(5)):
        body, content_type = draw(bodies(route.body(world)))
    return Sent(method, path, draw(queries(route.query(world))), body, content_type, draw(headers))
