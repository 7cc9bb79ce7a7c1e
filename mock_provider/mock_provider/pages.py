"""The pages people see: the learner's exam software, the reviewer's desk, the instructor's dashboard, the front page.

Plain HTML from ``templates/``; every value is escaped unless it is ``Markup`` made here.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterable
from html import escape
from importlib import resources
from string import Template
from typing import Any
from urllib.parse import urlencode, urlsplit

from .auth import Authority, Refused
from .callbacks import DEFAULT_COMMENTS, Messenger, Outcome
from .control import Control
from .scenario import REVIEW_STATUSES, ReviewPlan
from .store import Row, Store
from .web import Endpoint, Reply, Request, Router, redirect

STATIC_FILES = ("mock.css", "software.js", "rpnow.js", "forms.js")
VERDICTS = {
    "passed": ("Passed", "No rule was broken."),
    "violation": ("Rules violation", "A rule of the exam was broken."),
    "suspicious": ("Suspicious", "Something needs another look by the course team."),
    "not_reviewed": ("Not reviewed", "The recording could not be reviewed."),
}
STATUSES = {
    "created": "Set-up not finished",
    "started": "Exam running",
    "submitted": "Submitted",
    "error": "Ended with an error",
}
# Where on the way through an exam a learner is whose set-up is finished.
STEPS = {"created": "start", "started": "exam", "submitted": "done"}
# Learners and course teams come from the LMS and have no business at the reviewer's desk.
GUEST_PAGES = ("software", "no_software", "rpnow_code", "rpnow_session", "recording", "instructor", "no_dashboard")
POLICY = "default-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'"


class Markup(str):
    """Text that already is HTML."""


def html(template: str, /, **values: Any) -> Markup:
    """A piece of HTML: ``$name`` in the template becomes the value, escaped unless it is ``Markup``."""
    ready = {name: item if isinstance(item, Markup) else escape(str(item)) for name, item in values.items()}
    return Markup(Template(template).substitute(ready))


def joined(pieces: Iterable[Markup]) -> Markup:
    """Several pieces one after the other."""
    return Markup("".join(pieces))


def _file(folder: str, name: str) -> bytes:
    return resources.files(__package__).joinpath(folder, name).read_bytes()


def page(name: str, title: str, /, *, status: int = 200, framed: bool = False, **values: Any) -> Reply:
    """A whole page from ``templates/<name>.html``. ``framed`` allows other sites to show it in a frame."""
    content = html(_file("templates", f"{name}.html").decode(), **values)
    links = Markup("" if name in GUEST_PAGES else _file("templates", "links.html").decode())
    document = html(_file("templates", "layout.html").decode(), title=title, content=content, page=name, links=links)
    # Not no-referrer: with it browsers send "Origin: null" with our own forms (see same_site).
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    headers["Content-Security-Policy"] = POLICY if framed else f"{POLICY}; frame-ancestors 'none'"
    return Reply(status, document.encode(), "text/html; charset=utf-8", headers)


def notice(kind: str, headline: str, text: str) -> Markup:
    """A message box: ``good`` is announced politely, ``bad`` at once."""
    role = "alert" if kind == "bad" else "status"
    return html(
        '<div class="notice notice--$kind" role="$role"><p><strong>$headline</strong></p><p>$text</p></div>',
        kind=kind,
        role=role,
        headline=headline,
        text=text,
    )


class Pages:
    """All pages of the provider."""

    def __init__(self, store: Store, control: Control, messenger: Messenger, authority: Authority) -> None:
        self._store = store
        self._control = control
        self._messenger = messenger
        self._authority = authority

    def routes(self, router: Router) -> None:
        """Add every page."""
        router.add("GET", "/", self.index)
        router.add("GET", "/static/{name}", self.static)
        router.add("GET", "/download", self.software)
        router.add("POST", "/download", same_site(self.report_ready))
        router.add("GET", "/reviewer/", self.reviewer)
        router.add("GET", "/reviewer/{attempt_id}/", self.review)
        router.add("POST", "/reviewer/{attempt_id}/", same_site(self.give_verdict))
        router.add("GET", "/api/v1/instructor/{client_id}/", self.instructor)

    def index(self, request: Request) -> Reply:
        """The front page: what this is and where to go."""
        counts = self._store.counts()
        return page(
            "index",
            "Mock Proctoring",
            lms=self._messenger.lms.host,
            exams=counts["exams"],
            attempts=counts["attempts"],
            waiting=counts["waiting"],
        )

    def static(self, request: Request) -> Reply:
        """A style sheet or script."""
        name = request.params["name"]
        if name not in STATIC_FILES:
            return page("missing", "Page not found", status=404)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Reply(200, _file("static", name), f"{kind}; charset=utf-8", {"Cache-Control": "no-cache"})

    # The learner's software

    def software(self, request: Request) -> Reply:
        """``GET /download``: the vendor's desktop software, played by a page."""
        attempt = self._store.attempt(request.query.get("attempt", ""))
        if attempt is None:
            return self._no_software()
        scenario = self._control.scenario
        if scenario.ready_delay is not None and attempt["status"] == "created":
            self._messenger.later(scenario.ready_delay * scenario.clock_factor, "ready", attempt["id"])
            return self._software(attempt, self._message_of(attempt), automatic=True)
        return self._software(attempt, self._message_of(attempt))

    def report_ready(self, request: Request) -> Reply:
        """``POST /download``: the learner finished the checks; tell the LMS."""
        attempt = self._store.attempt(request.form.get("attempt", ""))
        if attempt is None:
            return self._no_software()
        outcome = self._messenger.ready(attempt)
        if outcome.accepted:
            return redirect("/download?" + urlencode({"attempt": attempt["id"], "exam": attempt["exam_id"]}))
        return self._software(
            attempt,
            notice("bad", "Your exam page was not told that you are ready.", f"{outcome.advice} No time was used."),
            status=502,
            button="Try again",
        )

    def _software(
        self,
        attempt: Row,
        message: Markup,
        *,
        status: int = 200,
        button: str = "I am ready",
        automatic: bool = False,
    ) -> Reply:
        setting_up = attempt["status"] == "created" and not attempt["ready_at"]
        return page(
            "software",
            "Mock Proctoring exam software",
            status=status,
            exam=attempt["exam_name"] or "your exam",
            learner=attempt["full_name"] or "you",
            attempt=attempt["id"],
            message=message,
            button=button,
            set_up_hidden=Markup("" if setting_up else "hidden"),
            monitor_hidden=Markup("hidden" if setting_up else ""),
            way_back=self._way_back(attempt),
            **current_step(
                "set_up" if setting_up else STEPS.get(attempt["status"], ""), ("set_up", "start", "exam", "done")
            ),
            automatic=Markup("data-close-after-seconds='10'" if automatic else ""),
        )

    def _way_back(self, attempt: Row) -> Markup:
        """The link to the exam's page, if the LMS said where its exam is."""
        exam = self._store.exam(attempt["exam_id"])
        content_id = json.loads(exam["document"]).get("content_id") if exam else None
        if not exam or not exam["course_id"] or not content_id:
            return Markup("")
        url = f"{attempt['lms_host'].rstrip('/')}/courses/{exam['course_id']}/jump_to/{content_id}"
        return html(_file("templates", "way_back.html").decode(), url=url)

    @staticmethod
    def _message_of(attempt: Row) -> Markup:
        if attempt["status"] == "submitted":
            return notice("good", "Your recording was handed in.", "You can close this window.")
        if attempt["status"] == "created" and attempt["ready_at"]:
            return notice(
                "good", "You are ready.", "Keep this window open, go back to the exam page and start your exam."
            )
        return Markup("")

    @staticmethod
    def _no_software() -> Reply:
        return page("no_software", "Exam not found", status=404)

    # The reviewer

    def reviewer(self, request: Request) -> Reply:
        """``GET /reviewer/``: the attempts, those that wait for a verdict or all."""
        everything = request.query.get("show") == "all"
        attempts = self._store.attempts(waiting=not everything)
        template = _file("templates", "reviewer_row.html").decode()
        rows = joined(
            html(
                template,
                id=attempt["id"],
                learner=attempt["full_name"] or attempt["user_id"],
                who=_who(attempt),
                exam=attempt["exam_name"] or attempt["exam_id"],
                course=attempt["course_id"],
                status=STATUSES.get(attempt["status"], attempt["status"]),
                submitted=_time(attempt["submitted_at"]),
                verdict=VERDICTS.get(attempt["verdict"], ("No verdict yet",))[0],
            )
            for attempt in attempts
        )
        nothing = "There are no attempts yet." if everything else "Nothing waits for a verdict."
        return page(
            "reviewer",
            "All attempts" if everything else "Attempts to review",
            heading="All attempts" if everything else "Attempts to review",
            rows=rows,
            table_hidden=Markup("" if attempts else "hidden"),
            nothing=Markup("") if attempts else html('<p class="empty">$text</p>', text=nothing),
            waiting_current=Markup("" if everything else 'aria-current="page"'),
            all_current=Markup('aria-current="page"' if everything else ""),
        )

    def review(self, request: Request) -> Reply:
        """``GET /reviewer/{attempt}/``: one attempt, its recording and the verdict form."""
        attempt = self._store.attempt(request.params["attempt_id"])
        if attempt is None:
            return page("missing", "Page not found", status=404)
        message = Markup("")
        if "sent" in request.query:
            message = self._sent_notice()
        return self._review(attempt, message, {})

    def give_verdict(self, request: Request) -> Reply:
        """``POST /reviewer/{attempt}/``: send the verdict to the LMS and show its answer."""
        attempt = self._store.attempt(request.params["attempt_id"])
        if attempt is None:
            return page("missing", "Page not found", status=404)
        form = request.form
        verdict, comment = form.get("verdict", ""), form.get("comment", "").strip()
        if verdict not in REVIEW_STATUSES:
            return self._review(attempt, notice("bad", "Choose a verdict.", "Nothing was sent."), form, status=400)
        label = DEFAULT_COMMENTS[verdict][0]["status"]
        plan = ReviewPlan(
            status=verdict,
            comments=[{"comment": comment, "status": label}] if comment else [],
            reviewed_by=form.get("reviewed_by", "").strip() or None,
            signed=self._control.scenario.review.signed,
        )
        outcome = self._messenger.review(attempt, plan)
        if outcome.accepted:
            return redirect(f"/reviewer/{attempt['id']}/?sent=1")
        message = notice("bad", "The verdict did not arrive.", f"{outcome.advice} Send it again when that is solved.")
        return self._review(attempt, message, form, status=502)

    def _sent_notice(self) -> Markup:
        waiting = self._store.counts()["waiting"]
        rest = f"{waiting} more to review." if waiting else "Nothing else waits for a verdict."
        return notice("good", "Your verdict was sent.", f"The learning platform accepted it. {rest}")

    def _review(self, attempt: Row, message: Markup, form: dict[str, str], *, status: int = 200) -> Reply:
        choices = joined(
            html(
                _file("templates", "verdict_choice.html").decode(),
                value=value,
                label=label,
                hint=hint,
                checked=Markup("checked" if form.get("verdict") == value else ""),
            )
            for value, (label, hint) in VERDICTS.items()
        )
        verdicts = self._store.verdicts(attempt["id"])
        sent = joined(
            html(
                "<tr><td>$when</td><td>$verdict</td><td>$comment</td><td>$answer</td></tr>",
                when=_time(item["sent_at"]),
                verdict=VERDICTS.get(item["status"], (item["status"],))[0],
                comment=item["comment"] or "-",
                answer=_answer(Outcome(item["lms_status"], item["lms_answer"])),
            )
            for item in verdicts
        )
        return page(
            "review",
            f"Review of {attempt['exam_name'] or 'an exam'}",
            status=status,
            message=message,
            id=attempt["id"],
            learner=attempt["full_name"] or attempt["user_id"],
            exam=attempt["exam_name"] or attempt["exam_id"],
            course=attempt["course_id"],
            state=STATUSES.get(attempt["status"], attempt["status"]),
            submitted=_time(attempt["submitted_at"]),
            policy=attempt["review_policy"] or "No special rules",
            email=attempt["email"] or "Not told",
            form=self._verdict_form(attempt, choices, form),
            sent=sent,
            sent_hidden=Markup("" if verdicts else "hidden"),
        )

    def _verdict_form(self, attempt: Row, choices: Markup, form: dict[str, str]) -> Markup:
        """The form; folded away once the LMS has a verdict, because then a second one is the exception."""
        hint = "A violation that a person signs is final; otherwise the course team looks at it first."
        if self._store.registration(attempt["id"]) is not None:
            hint = "From this vendor a rules violation counts as passed. Suspicious asks the course team to look."
        fields = html(
            _file("templates", "review_form.html").decode(),
            id=attempt["id"],
            choices=choices,
            comment=form.get("comment", ""),
            reviewed_by=form.get("reviewed_by", ""),
            hint=hint,
        )
        if attempt["verdict"] is None:
            return html(_file("templates", "review_first.html").decode(), form=fields)
        return html(
            _file("templates", "review_again.html").decode(),
            form=fields,
            verdict=VERDICTS.get(attempt["verdict"], (attempt["verdict"],))[0],
            open=Markup("open" if form else ""),
        )

    # The instructor

    def instructor(self, request: Request) -> Reply:
        """``GET /api/v1/instructor/{client}/?jwt=``: the course team's dashboard behind a signed link."""
        token = request.query.get("jwt", "")
        if not token:
            return self._no_dashboard("The link is incomplete. Open the dashboard from your course again.")
        try:
            claims = self._authority.instructor(request.params["client_id"], token)
        except Refused as error:
            return self._no_dashboard(f"We could not check your link: {error}. Open it from your course again.")
        exam_id, attempt_id = claims.get("exam_id"), claims.get("attempt_id")
        user = claims.get("user") if isinstance(claims.get("user"), dict) else {}
        exams = joined(
            html(
                _file("templates", "instructor_row.html").decode(),
                exam=exam["exam_name"] or exam["id"],
                kind="Practice" if exam["is_practice"] else "Proctored",
                active="Active" if exam["is_active"] else "Not active",
                attempts=exam["attempts"],
                chosen=Markup('class="chosen" aria-current="true"' if exam["id"] == exam_id else ""),
            )
            for exam in self._store.exams_of_course(claims["course_id"])
        )
        return page(
            "instructor",
            "Proctoring dashboard",
            framed=True,
            course=claims["course_id"],
            name=(user or {}).get("full_name") or "course team",
            exams=exams or html('<tr><td colspan="4">This course has no proctored exams yet.</td></tr>'),
            exam_part=self._configuration(exam_id) if claims.get("config") else self._attempts(exam_id, attempt_id),
        )

    def _attempts(self, exam_id: str | None, attempt_id: str | None) -> Markup:
        """The attempts of the chosen exam, the chosen one marked."""
        if not exam_id:
            return Markup("")
        rows = joined(
            html(
                '<tr $chosen><th scope="row">$learner<br><small>$who</small></th>'
                "<td>$status</td><td>$verdict</td></tr>",
                learner=attempt["full_name"] or attempt["user_id"],
                who=_who(attempt),
                status=STATUSES.get(attempt["status"], attempt["status"]),
                verdict=VERDICTS.get(attempt["verdict"], ("No verdict yet",))[0],
                chosen=Markup('class="chosen" aria-current="true"' if attempt["id"] == attempt_id else ""),
            )
            for attempt in self._store.attempts(exam_id=exam_id)
        )
        empty = html('<tr><td colspan="3">Nobody has taken this exam yet.</td></tr>')
        return html(_file("templates", "instructor_attempts.html").decode(), rows=rows or empty)

    def _configuration(self, exam_id: str | None) -> Markup:
        """The rules of the chosen exam, as the LMS sent them."""
        exam = self._store.exam(exam_id or "")
        if exam is None:
            return notice("bad", "We do not know this exam yet.", "Publish the course again to register it.")
        rules = joined(
            html("<li>$rule: $value</li>", rule=rule, value="yes" if value else "no")
            for rule, value in exam["rules"].items()
        )
        return html(
            _file("templates", "instructor_configuration.html").decode(),
            exam=exam["exam_name"] or exam["id"],
            rules=rules or html("<li>The strict default rules</li>"),
        )

    @staticmethod
    def _no_dashboard(text: str) -> Reply:
        return page("no_dashboard", "Dashboard not available", status=403, framed=True, text=text)


def current_step(step: str, steps: Iterable[str]) -> dict[str, Markup]:
    """For a list of steps: which is the one to do now."""
    return {f"step_{name}": Markup('aria-current="step"' if name == step else "") for name in steps}


def same_site(endpoint: Endpoint) -> Endpoint:
    """The same endpoint, closed to forms on other people's pages."""

    def guarded(request: Request) -> Reply:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
            return page("missing", "Page not found", status=403)
        return endpoint(request)

    return guarded


def _who(attempt: Row) -> str:
    """What tells an attempt from those of other people of the same name."""
    return ", ".join(filter(None, (attempt["email"], f"attempt {attempt['id'][:8]}")))


def _time(moment: str | None) -> Markup:
    if not moment:
        return Markup("-")
    return html('<time datetime="$exact">$short UTC</time>', exact=moment, short=moment[:16].replace("T", " "))


def _answer(outcome: Outcome) -> str:
    if outcome.status is None:
        return "No answer"
    return f"Accepted ({outcome.status})" if outcome.accepted else f"Refused ({outcome.status}): {outcome.answer[:200]}"
