"""What was lost and what was done twice, from three sides: our tables, the provider's memory, the mail server's."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from bench.faults.mail_sink import Mail, MailSink
from bench.faults.provider import Provider
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamStudentAttempt

SUBMITTED = "submitted"


@dataclass
class Audit:
    """Numbers of one exam. Lists contain ids, for finding out why.

    ``unheard``: attempts whose provider never heard of the submission and that are not listed as failed with a reason.
    ``wrong_last``: the provider heard of the submission, and afterwards of something older.
    ``not_submitted``: attempts that are not submitted here, although their learner was told so.
    ``unlisted``: effects listed as failed without a reason. ``orphans``: registrations that we do not know and that no
    effect removes. ``queued_removals``: those that an effect removes, or is listed with as failed.
    ``said_gone``: the others, whose removal was answered with 404, which means gone by the protocol.
    ``removed_in_use``: attempts of ours whose registration was removed at the provider. ``reasons``: of what is listed
    as failed.
    """

    attempts: int = 0
    registrations: int = 0
    listed_as_failed: int = 0
    due: int = 0
    unheard: list[str] = field(default_factory=list)
    wrong_last: list[str] = field(default_factory=list)
    not_submitted: list[str] = field(default_factory=list)
    unlisted: list[int] = field(default_factory=list)
    mails: int = 0
    mails_missing: list[Mail] = field(default_factory=list)
    mails_doubled: list[Mail] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    queued_removals: int = 0
    said_gone: int = 0
    removed_in_use: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def examine(exam: ProctoredExam, provider: Provider, sink: MailSink) -> Audit:
    """Look at everything about one exam."""
    audit = Audit()
    attempts = list(ProctoredExamStudentAttempt.objects.filter(proctored_exam=exam).select_related("user"))
    effects = list(AttemptEffect.objects.filter(exam_id=exam.pk))
    given_up = {
        (effect.attempt_id, effect.call_name) for effect in effects if effect.state == AttemptEffect.STATE_FAILED
    }
    audit.attempts = len(attempts)
    audit.due = sum(effect.state == AttemptEffect.STATE_DUE for effect in effects)
    audit.listed_as_failed = len(given_up)
    audit.reasons.update(
        f"{effect.call_name}: {effect.last_error}" for effect in effects if effect.state == AttemptEffect.STATE_FAILED
    )
    audit.unlisted = [
        effect.pk for effect in effects if effect.state == AttemptEffect.STATE_FAILED and not effect.last_error
    ]
    for attempt in attempts:
        name = f"attempt_id={attempt.pk} external_id={attempt.external_id} status={attempt.status}"
        if attempt.status != SUBMITTED:
            audit.not_submitted.append(name)
        known = provider.registrations.get(attempt.external_id or "")
        heard = known.heard if known is not None else []
        if known is None or known.is_deleted:
            audit.removed_in_use.append(name)
        if SUBMITTED not in heard:
            if (attempt.pk, "stop_exam_attempt") not in given_up:
                audit.unheard.append(name)
        elif heard[-1] != SUBMITTED:
            audit.wrong_last.append(f"{name} heard={heard}")
    _examine_mails(audit, exam, attempts, given_up, sink)
    _examine_registrations(audit, exam, {attempt.external_id for attempt in attempts}, effects, provider)
    return audit


def _examine_mails(
    audit: Audit,
    exam: ProctoredExam,
    attempts: Collection[ProctoredExamStudentAttempt],
    given_up: Collection[tuple[int, str]],
    sink: MailSink,
) -> None:
    sent = {mail: count for mail, count in sink.accepted.items() if f": {exam.exam_name} in " in mail[1]}
    audit.mails = sum(sent.values())
    audit.mails_doubled = [mail for mail, count in sent.items() if count > 1]
    reached = {recipient for recipient, _subject in sent}
    audit.mails_missing = [
        (attempt.user.email, exam.exam_name)
        for attempt in attempts
        if attempt.status == SUBMITTED
        and attempt.user.email not in reached
        and (attempt.pk, "status_email") not in given_up
    ]


def _examine_registrations(
    audit: Audit,
    exam: ProctoredExam,
    ours: Collection[str | None],
    effects: Collection[AttemptEffect],
    provider: Provider,
) -> None:
    waiting = [effect for effect in effects if effect.state in (AttemptEffect.STATE_DUE, AttemptEffect.STATE_FAILED)]
    by_id = {json.loads(effect.arguments).get("external_id") for effect in waiting}
    # A registration whose reply was lost has no id here; its key is the attempt code.
    by_key = {effect.attempt_code for effect in waiting if effect.attempt_id == 0}
    there = [known for known in provider.registrations.values() if known.exam == exam.external_id]
    audit.registrations = len(there)
    unknown = [known for known in there if not known.is_deleted and known.external_id not in ours]
    queued = [known for known in unknown if known.external_id in by_id or known.key in by_key]
    audit.queued_removals = len(queued)
    orphans = [known for known in unknown if known not in queued]
    audit.said_gone = sum(known.is_said_gone for known in orphans)
    audit.orphans = [known.external_id for known in orphans if not known.is_said_gone]
