"""Whether the exams of a course can be taken. Contract: contract/rest-v2#readiness.

Changes nothing. Each check answers for one provider, exam, course or installation. What the host has no service for is
``unknown``: never a false alarm. The number of queries does not depend on the number of exams and learners.
"""

import ipaddress
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import apps
from django.db.models import Max
from django.db.models.functions import Length
from django.urls import NoReverseMatch
from django.utils.translation import gettext as _

from edx_proctoring import backends, conf, host, runtime
from edx_proctoring.api.access import reviewers
from edx_proctoring.api.attempts import last_contact
from edx_proctoring.api.effects import emails
from edx_proctoring.api.lifecycle import allowed_time
from edx_proctoring.api.onboarding import course_progress
from edx_proctoring.api.onboarding.enrollments import Enrollments, get_enrollments_can_take_proctored_exams
from edx_proctoring.backends import health_check
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ReviewInboxEntry,
)
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils import get_exam_due_date, get_exam_url
from edx_proctoring.utils.texts import isolated

__all__ = ["Check", "ReadinessReport", "Subject", "check_readiness"]

log = logging.getLogger(__name__)

OK: Final = "ok"
WARNING: Final = "warning"
ERROR: Final = "error"
UNKNOWN: Final = "unknown"
LEVELS: Final = (OK, WARNING, ERROR, UNKNOWN)

# All providers together.
ASK_SECONDS: Final = 5.0
# Reviewers see the first lines of longer notes only.
LONGEST_POLICY: Final = 2000
_REFUSED_WITHIN: Final = timedelta(days=7)
_PROCTORED_EXAM: Final = "proctored_exam"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a check is about. ``kind``: ``provider``, ``exam``, ``course``, ``installation``."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Check:
    """One answer. ``level``: of ``LEVELS``. ``fix``: what to do, empty if nothing. ``link``: where, or None."""

    code: str
    level: str
    subject: Subject
    text: str
    fix: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """All answers about a course at one moment."""

    course_id: str
    checked_at: datetime
    checks: Sequence[Check]

    @property
    def summary(self) -> dict[str, int]:
        """Level → number of checks."""
        counts = Counter(check.level for check in self.checks)
        return {level: counts[level] for level in LEVELS}


@dataclass(frozen=True, slots=True)
class _About:
    """Makes answers about one subject."""

    subject: Subject
    link: str | None = None

    def ok(self, code: str, text: str = "") -> Check:
        return Check(code, OK, self.subject, text or _("No problem was found."))

    def unknown(self, code: str, text: str = "") -> Check:
        return Check(code, UNKNOWN, self.subject, text or _("This platform does not provide this information."))

    def bad(self, code: str, level: str, text: str, fix: str) -> Check:
        return Check(code, level, self.subject, text, fix, self.link)

    def judge(self, code: str, is_bad: bool, level: str, text: str, fix: str) -> Check:
        return self.bad(code, level, text, fix) if is_bad else self.ok(code)


@dataclass(frozen=True, slots=True)
class _Course:
    """What the checks read, once.

    ``exams``: those that are looked at; ``all_exams``: of the course. ``longest_extra``: exam id → minutes of its
    longest allowance. ``policy_lengths``: exam id → characters. ``enrollments``: None if the host does not tell.
    """

    course_id: str
    now: datetime
    exams: Sequence[ProctoredExam]
    all_exams: Sequence[ProctoredExam]
    longest_extra: Mapping[int, int]
    policy_lengths: Mapping[int, int]
    enrollments: Enrollments | None
    requirements: Sequence[Mapping[str, Any]] | None

    @property
    def about(self) -> _About:
        return _About(Subject("course", self.course_id, self.course_id))

    @property
    def proctored(self) -> list[ProctoredExam]:
        return [exam for exam in self.exams if exam.is_proctored and exam.is_active]

    @property
    def backend_names(self) -> list[str]:
        names = {exam.backend or backends.default_backend_name() or "" for exam in self.proctored}
        return sorted(names)


def check_readiness(
    course_id: str, *, now: datetime, exam_id: int | None = None, ask_providers: bool = True
) -> ReadinessReport:
    """Return whether the exams of a course can be taken.

    Args:
        course_id: the course.
        now: the moment.
        exam_id: only this exam and its provider, with the course's own checks.
        ask_providers: whether the providers are asked whether they answer, all at once and 5 seconds in all.
    """
    course = _read(course_id, now, exam_id)
    # The providers answer while everything else is looked at.
    answers = _ask(course.backend_names) if ask_providers else list
    checks: list[Check] = []
    for part in _PARTS:
        checks += part(course)
    checks += _providers(course, {findings.name: findings for findings in answers()})
    order = {ERROR: 0, WARNING: 1, UNKNOWN: 2, OK: 3}
    return ReadinessReport(course_id, now, sorted(checks, key=lambda check: order[check.level]))


def _read(course_id: str, now: datetime, exam_id: int | None) -> _Course:
    all_exams = list(ProctoredExam.objects.filter(course_id=course_id).order_by("exam_name", "pk"))
    exams = [exam for exam in all_exams if exam_id in (None, exam.pk)]
    ids = [exam.pk for exam in exams]
    allowances = ProctoredExamStudentAllowance
    granted = allowances.objects.filter(proctored_exam_id__in=ids, key=allowances.ADDITIONAL_TIME_GRANTED[0]).order_by()
    longest: dict[int, int] = defaultdict(int)
    for pk, value in granted.values_list("proctored_exam_id", "value").distinct():
        longest[pk] = max(longest[pk], allowed_time.minutes_granted(value, exam_id=pk, user_id=None) or 0)
    policies = ProctoredExamReviewPolicy.objects.filter(proctored_exam_id__in=ids).order_by()
    lengths = dict(policies.values_list("proctored_exam_id").annotate(length=Max(Length("review_policy"))))
    enrollments = _enrollments(course_id)
    return _Course(
        course_id, now, exams, all_exams, longest, lengths, enrollments, _requirements(course_id, enrollments)
    )


def _enrollments(course_id: str) -> Enrollments | None:
    if runtime.get_runtime_service(host.ENROLLMENTS) is None:
        return None
    return Enrollments(get_enrollments_can_take_proctored_exams(course_id, None))


def _requirements(course_id: str, enrollments: Enrollments | None) -> Sequence[Mapping[str, Any]] | None:
    """Return the credit requirements of the course as some learner has them; None without a learner."""
    credit: host.CreditService | None = runtime.get_runtime_service(host.CREDIT)
    if credit is None or enrollments is None:
        return None
    page, total = enrollments.page(1, 1, is_searched=False)
    if not total:
        return None
    [enrollment] = page.object_list
    try:
        state = credit.get_credit_state(enrollment.user.pk, course_id) or {}
    except Exception:  # pylint: disable=broad-except
        # The host's own exceptions cannot be imported here.
        log.exception("host does not tell the credit requirements: course_id=%s", course_id)
        return None
    return state.get("credit_requirement_status") or []


# Exams


def _exams(course: _Course) -> Iterator[Check]:
    for exam in course.exams:
        about = _About(Subject("exam", str(exam.pk), exam.exam_name), _link_to(exam))
        yield from _exam(course, exam, about)


def _exam(course: _Course, exam: ProctoredExam, about: _About) -> Iterator[Check]:
    yield about.judge(
        "exam_limit",
        exam.time_limit_mins <= 0,
        ERROR,
        _("The time limit is {minutes} minutes.").format(minutes=exam.time_limit_mins),
        _("Set a time limit in Studio and publish the exam."),
    )
    yield about.judge(
        "exam_active",
        not exam.is_active,
        WARNING,
        _("The exam is not active: learners see its content without a timer."),
        _("Publish it as a timed or proctored exam in Studio, or leave it."),
    )
    yield _due(course, exam, about)
    if not (exam.is_proctored and exam.is_active):
        return
    provider = backends.find_backend_provider(exam_dict(exam))
    if isinstance(provider, BaseRestProctoringProvider):
        yield about.judge(
            "exam_registered",
            not exam.external_id,
            ERROR,
            _("The provider does not know the exam."),
            _("Publish the exam again, or run “sweep_attempts --kinds registrations”."),
        )
    length = course.policy_lengths.get(exam.pk, 0)
    yield about.judge(
        "review_policy_length",
        length > LONGEST_POLICY,
        WARNING,
        _("The notes for reviewers have {number} characters.").format(number=length),
        _("Shorten them to {number} characters: reviewers may not see the rest.").format(number=LONGEST_POLICY),
    )
    if exam.is_practice_exam:
        return
    yield _onboarding_exam(course, exam, provider, about)
    yield _prerequisites(course, exam, about)


def _due(course: _Course, exam: ProctoredExam, about: _About) -> Check:
    due = get_exam_due_date(exam_dict(exam))
    if due is None:
        return about.ok("exam_due")
    if due <= course.now:
        return about.bad(
            "exam_due",
            ERROR,
            _("The exam is past due."),
            _("Move the due date, or give individual extensions."),
        )
    needed = max(exam.time_limit_mins, 0) + course.longest_extra.get(exam.pk, 0)
    left = int((due - course.now).total_seconds() // 60)
    return about.judge(
        "exam_due",
        left < needed,
        WARNING,
        _(
            "A learner who starts now has {left} minutes until the due date; the longest time of a learner is {needed}."
        ).format(left=left, needed=needed),
        _("Move the due date, or give individual extensions."),
    )


def _onboarding_exam(course: _Course, exam: ProctoredExam, provider: Any, about: _About) -> Check:
    if not getattr(provider, "supports_onboarding", False):
        return about.ok("onboarding_exam")
    has_one = any(
        other.is_active and other.is_practice_exam and other.is_proctored and other.backend == exam.backend
        for other in course.all_exams
    )
    return about.judge(
        "onboarding_exam",
        not has_one,
        ERROR,
        _("The provider requires onboarding, but the course has no onboarding exam."),
        _("Add an onboarding exam of the same provider in Studio."),
    )


def _prerequisites(course: _Course, exam: ProctoredExam, about: _About) -> Check:
    if course.requirements is None:
        return about.unknown("prerequisites")
    active = {other.content_id for other in course.all_exams if other.is_active}
    missing = [
        isolated(requirement.get("display_name") or requirement.get("name"))
        for requirement in course.requirements
        if requirement.get("namespace") == _PROCTORED_EXAM and requirement.get("name") not in active
    ]
    return about.judge(
        "prerequisites",
        bool(missing),
        ERROR,
        _("Learners cannot meet a prerequisite of the exam: {names}.").format(names=", ".join(missing)),
        _("Publish the required exam, or remove the prerequisite in Studio."),
    )


def _link_to(exam: ProctoredExam) -> str | None:
    try:
        return get_exam_url(exam.course_id, exam.content_id, is_learning_mfe=False)
    except NoReverseMatch:
        return None


# Course and installation


def _course(course: _Course) -> Iterator[Check]:
    about = course.about
    if runtime.get_runtime_service(host.INSTRUCTOR) is None:
        yield about.unknown("escalation_email")
    else:
        yield about.judge(
            "escalation_email",
            not emails._get_proctoring_escalation_email(course.course_id),
            WARNING,
            _("The course has no address for questions about reviews."),
            _("Set the proctoring escalation e-mail in the course's settings."),
        )
    yield from _learners(course)
    inactive = [exam.pk for exam in course.exams if not exam.is_active]
    on_inactive = ProctoredExamStudentAllowance.objects.filter(proctored_exam_id__in=inactive).count()
    yield _numbered(
        course,
        "allowances_on_inactive",
        on_inactive,
        _("Allowances for exams that are not active: {number}."),
        _("If they were meant for the active exam, add them there."),
    )
    pending = AttemptEffect.objects.of_course(course.course_id).unsettled()
    yield _numbered(
        course,
        "effects_pending",
        pending.count(),
        _("Effects of status changes that were not delivered: {number}."),
        _("Look at “Problems”; run “deliver_effects” regularly."),
    )
    refused = ReviewInboxEntry.objects.of_course(course.course_id).filter(
        outcome__startswith="refused", created__gte=course.now - _REFUSED_WITHIN
    )
    yield _numbered(
        course,
        "inbox_refused",
        refused.count(),
        _("Reviews that were refused in the last seven days: {number}."),
        _("Look at “Received reviews” for the reasons."),
    )


def _numbered(course: _Course, code: str, number: int, text: str, fix: str) -> Check:
    return course.about.judge(code, number > 0, WARNING, text.format(number=number), fix)


def _learners(course: _Course) -> Iterator[Check]:
    if not course.proctored:
        return
    about, enrollments = course.about, course.enrollments
    if enrollments is None:
        yield about.unknown("eligible_learners")
        yield about.unknown("without_onboarding")
        return
    total = enrollments.page(1, 1, is_searched=False)[1]
    number = _("Learners who may take the proctored exams: {number}.").format(number=total)
    if total:
        yield about.ok("eligible_learners", number)
    else:
        yield about.bad("eligible_learners", WARNING, number, _("Check the enrollment tracks of the course."))
    needing = [exam for exam in course.proctored if exam.is_practice_exam and _has_onboarding(exam)]
    if not needing:
        yield about.ok("without_onboarding")
        return
    approved = course_progress.approved_user_ids(course.course_id, needing[-1].backend, enrollments.users())
    without = sum(user_id not in approved for _key, user_id in enrollments.keys_and_user_ids())
    yield _numbered(
        course,
        "without_onboarding",
        without,
        _("Learners without approved onboarding: {number}."),
        _("Ask them to take the onboarding exam before the day of the exam."),
    )


def _has_onboarding(exam: ProctoredExam) -> bool:
    return bool(getattr(backends.find_backend_provider(exam_dict(exam)), "supports_onboarding", False))


def _installation(course: _Course) -> Iterator[Check]:
    yield _About(Subject("installation", "", "")).judge(
        "cache_shared",
        not last_contact.is_known(),
        WARNING,
        _(
            "The cache is local to each process, so processes do not share which learners are silent and whether "
            "a provider answers."
        ),
        _("Configure Redis or Memcached as the default cache."),
    )


_PARTS: Final[Sequence[Callable[[_Course], Iterator[Check]]]] = (_exams, _course, _installation)


# Providers


def _ask(names: Sequence[str]) -> Callable[[], Sequence[health_check.Findings]]:
    """Ask providers in threads; return what waits for their answers, for ``ASK_SECONDS`` from now at the most."""
    config: Any = apps.get_app_config("edx_proctoring")
    return health_check.begin(config.backends, config.broken_backends, names, timeout=ASK_SECONDS)


def _providers(course: _Course, found: Mapping[str, health_check.Findings]) -> Iterator[Check]:
    """``found``: what the providers answered, by name; empty if they were not asked."""
    names = course.backend_names
    config: Any = apps.get_app_config("edx_proctoring")
    manned = reviewers.with_reviewers(names)
    for name in names:
        provider = config.backends.get(name)
        about = _About(Subject("provider", name, str(getattr(provider, "verbose_name", None) or name)))
        yield from _answers(about, provider, found.get(name))
        if provider is not None:
            yield from _provider(about, name, provider, name in manned)


def _answers(about: _About, provider: Any, findings: health_check.Findings | None) -> Iterator[Check]:
    yield about.judge(
        "provider_configured",
        provider is None,
        ERROR,
        _("The provider is not configured."),
        _("Install its plug-in and give it an entry in PROCTORING_BACKENDS."),
    )
    # Each aspect is known only if the ones before it are in order.
    fixes = {
        health_check.REACHABLE: ("provider_reachable", _("Contact the provider, or allow this host to connect to it.")),
        health_check.CREDENTIALS: ("provider_credentials", _("Correct the keys in PROCTORING_BACKENDS.")),
        health_check.CLOCK: ("provider_clock", _("Correct the clock of this host, or contact the provider.")),
    }
    failed = findings.aspect if findings is not None and findings.problems else None
    is_known = findings is not None and failed != health_check.CONFIGURED
    for aspect, (code, fix) in fixes.items():
        if aspect == failed and findings is not None:
            yield about.bad(code, ERROR, findings.problems[-1], fix)
            is_known = False
        elif is_known and (findings is not None and findings.called):
            yield about.ok(code)
        else:
            yield about.unknown(code, _("The provider was not checked, or cannot be checked."))


def _provider(about: _About, name: str, provider: Any, has_reviewers: bool) -> Iterator[Check]:
    is_rest = isinstance(provider, BaseRestProctoringProvider)
    yield about.judge(
        "reviewer_group",
        not has_reviewers,
        ERROR if is_rest else WARNING,
        _("The group “{group}” has no active member.").format(group=isolated(reviewers.group_of(name))),
        _("Put the user of the provider's OAuth2 application into the group in Django admin."),
    )
    if getattr(provider, "npm_module", None):
        yield about.judge(
            "worker_bundle",
            not _script_of(provider),
            ERROR,
            _("The browser script of the provider was not built."),
            _("Install its npm package and build the platform's assets."),
        )
    yield about.judge(
        "callback_address",
        not _is_public(conf.proctoring.lms_host),
        WARNING,
        _("The provider was given the callback address {address}.").format(address=isolated(conf.proctoring.lms_host)),
        _("Set SITE_NAME to a public host name, and HTTPS to “on”."),
    )


def _script_of(provider: Any) -> str:
    try:
        return str(provider.get_javascript() or "")
    except Exception:  # plug-ins raise what they like
        log.exception("provider does not tell the address of its script: backend=%s", provider.backend_name)
        return ""


def _is_public(url: str) -> bool:
    """Return whether a provider elsewhere can call an address: https, and neither a local nor a private name."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    try:
        is_global = ipaddress.ip_address(name).is_global
    except ValueError:
        is_global = "." in name and not name.endswith((".local", ".localhost", ".internal", ".test", ".example"))
    return parts.scheme == "https" and is_global
