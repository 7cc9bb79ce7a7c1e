"""Part 1 and its control: a share of the provider's calls fails in each way in turn."""

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from bench.faults import audit, learners, processes, stage
from bench.faults.audit import Audit
from bench.faults.learners import Sitting, Tally
from bench.faults.mail_sink import MailSink
from bench.faults.provider import Provider
from edx_proctoring import backends
from edx_proctoring.models import AttemptEffect, ProctoredExam

AT_ONCE = 8
WEB_PROCESSES = 2
# Every so many learners, one is reset by staff after the submission.
RESET_EVERY = 20
MOST_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one way of failing."""

    way: str
    tally: Tally
    audit: Audit
    calls: int
    failed: int
    seconds: float

    def report(self) -> str:
        """The lines of the report."""
        return "\n".join([self._line(), *(f"      {count} x {text}" for text, count in self.audit.reasons.items())])

    def _line(self) -> str:
        tally, found = self.tally, self.audit
        return (
            f"  {self.way:19} submitted={tally.done} calls={self.calls} failed={self.failed}"
            f" repeated={tally.repeated} answers={dict(sorted(tally.answers.items()))}"
            f" listed_as_failed={found.listed_as_failed} unheard={len(found.unheard)} mails={found.mails}"
            f" doubled={len(found.mails_doubled)} missing={len(found.mails_missing)}"
            f" orphans={len(found.orphans)} queued_removals={found.queued_removals}"
            f" said_gone={found.said_gone} seconds={self.seconds:.1f}"
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """What all parts share."""

    people: stage.Stage
    provider: Provider
    sink: MailSink
    folder: Path
    seed: int

    def sitting(self, address: str, exam: tuple[int, str], attempts: int, **options: Any) -> Sitting:
        """Return the first ``attempts`` learners with an exam (id and content id). ``options``: of ``Sitting``."""
        exam_id, content_id = exam
        return Sitting(
            address,
            stage.COURSE,
            exam_id,
            content_id,
            self.people.learners[:attempts],
            self.people.provider_session,
            self.people.staff_session,
            seed=self.seed,
            **options,
        )


def run_ways(scene: Scene, ways: tuple[str, ...], attempts: int, *, with_outbox: bool = True) -> list[Outcome]:
    """Let so many learners take one exam per way, deliver what is left, and examine it."""
    environment = {} if with_outbox else {"FAULT_RUN_WITHOUT_OUTBOX": "1"}
    outcomes = []
    with processes.web(environment, scene.folder, count=WEB_PROCESSES) as (address, _processes):
        for way in ways:
            outcome = _run_way(scene, address, attempts, way, way if with_outbox else f"{way}, no outbox")
            print(outcome.report(), flush=True)
            outcomes.append(outcome)
    return outcomes


def _run_way(scene: Scene, address: str, attempts: int, way: str, name: str) -> Outcome:
    began = time.monotonic()
    scene.provider.way = None
    exam_id, content_id = stage.create_exam(f"Exam [{name}]")
    sitting = scene.sitting(address, (exam_id, content_id), attempts, reset_every=RESET_EVERY)
    scene.provider.way, calls, failed = way, scene.provider.calls, scene.provider.failed
    tally = learners.take(sitting, at_once=AT_ONCE)
    deliver_all()
    scene.provider.way = None
    found = audit.examine(ProctoredExam.objects.get(pk=exam_id), scene.provider, scene.sink)
    return Outcome(
        name,
        tally,
        found,
        scene.provider.calls - calls,
        scene.provider.failed - failed,
        time.monotonic() - began,
    )


@contextmanager
def provider_options(**options: Any) -> Iterator[None]:
    """Give the provider of this process other options while the block runs."""
    provider = backends.get_backend_provider(name="mock_provider")
    before = {name: getattr(provider, name) for name in options}
    vars(provider).update(options)
    try:
        yield
    finally:
        vars(provider).update(before)


def deliver_all() -> None:
    """Run the deliverer until nothing is due. No other process may be delivering: pauses and leases are cut short."""
    for _round in range(MOST_ROUNDS):
        due = AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE)
        if not due.update(next_try_at=timezone.now()):
            return
        call_command("deliver_effects", stdout=io.StringIO())
    raise RuntimeError(f"effects are still due after {MOST_ROUNDS} rounds")


def complaints(outcome: Outcome) -> list[str]:
    """Return what must not be."""
    found, tally = outcome.audit, outcome.tally
    facts: dict[str, Sequence[object]] = {
        "never heard of the submission, and not listed as failed": found.unheard,
        "heard of the submission, then of something older": found.wrong_last,
        "not submitted here": found.not_submitted,
        "listed as failed without a reason": found.unlisted,
        "mails doubled": found.mails_doubled,
        "mails missing": found.mails_missing,
        "registrations unknown to us that no effect removes": found.orphans,
        "registrations of ours removed at the provider": found.removed_in_use,
        "answers 500": tally.server_errors,
    }
    texts = [f"{outcome.way}: {what}: {len(items)}, such as {items[0]}" for what, items in facts.items() if items]
    if tally.went_away:
        texts.append(f"{outcome.way}: learners who could not take the exam: {tally.went_away}")
    if not outcome.failed:
        texts.append(f"{outcome.way}: no call failed, so nothing was shown")
    return texts
