"""Part 3: processes are killed and the database is restarted while learners take an exam.

A process is killed at a moment that hurts: when the mail server has just taken a mail from it, when the provider has
just been called, or after a short pause. Mail server and provider fail as well, so that the deliverer has work.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone

from bench.faults import audit, celery_app, learners, processes, stage
from bench.faults.audit import Audit
from bench.faults.databases import Database
from bench.faults.faults_part import AT_ONCE, WEB_PROCESSES, Outcome, Scene
from bench.faults.learners import STEPS, Sitting, Tally
from bench.faults.mail_sink import Mail, MailSink
from bench.faults.processes import Process
from bench.faults.provider import MIXED
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamStudentAttempt

KILLS_OF_EACH: Final = 4
# Long enough for what is in flight to be noted by the processes that live.
SETTLE_SECONDS: Final = 0.7
MOMENT_SECONDS: Final = 3.0
# No call and no mail for so long: no process is delivering. Longer than a call of a provider that hangs.
QUIET_SECONDS: Final = 2.5
DRAIN_SECONDS: Final = 180.0
# How long the learners take, so that there is load until the last restart.
LOAD_SECONDS: Final = 60.0
REFUSED_MAILS: Final = 0.2

WEB, DELIVERER, WORKER, DATABASE = "web", "deliverer", "worker", "database"


@dataclass
class Events:
    """What happened. ``unmarked``: mails that were handed over, and whose effect was not yet deleted after a kill."""

    kills: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    unmarked: Counter[Mail] = field(default_factory=Counter)
    between: int = 0


class Moments:
    """Lets the killer wait for the next mail or provider call."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._mails: list[int] = []
        self._calls = 0

    def note_mail(self, process: int) -> None:
        """The mail server has taken a mail from a process."""
        with self._condition:
            self._mails.append(process)
            self._condition.notify_all()

    def note_call(self) -> None:
        """The provider has been called."""
        with self._condition:
            self._calls += 1
            self._condition.notify_all()

    def wait_for_mail(self, of: set[int]) -> int | None:
        """Wait for a mail from one of these processes; return which one, None if there was none for a while."""
        with self._condition:
            seen = len(self._mails)

            def sender() -> int | None:
                return next((process for process in self._mails[seen:] if process in of), None)

            self._condition.wait_for(lambda: sender() is not None, MOMENT_SECONDS)
            return sender()

    def wait_for_call(self) -> None:
        """Wait for a call of the provider, but not for ever."""
        with self._condition:
            calls = self._calls
            self._condition.wait_for(lambda: self._calls > calls, MOMENT_SECONDS)


class Killer:
    """Carries out the plan: four kills of each kind of process, two restarts of the database."""

    def __init__(self, scene: Scene, database: Database, exam_name: str, groups: dict[str, list[Process]]) -> None:
        self.events = Events()
        self._sink = scene.sink
        self._database = database
        self._exam_name = exam_name
        self._groups = groups
        self._random = random.Random(f"{scene.seed} kills")
        self._moments = Moments()
        scene.sink.on_mail = self._moments.note_mail
        scene.provider.on_call = self._moments.note_call
        restart = [DATABASE] if database.can_restart else []
        plan = [name for name in groups for _ in range(KILLS_OF_EACH)] + restart
        self._random.shuffle(plan)
        # The processes that are alive in the end have lived through the last restart.
        self.plan = plan + restart

    def carry_out(self, progress: Callable[[], float]) -> None:
        """Spread the plan over the run. ``progress``: of the learners, 0 to 1."""
        for number, target in enumerate(self.plan, start=1):
            while progress() < number / (len(self.plan) + 1):
                time.sleep(0.02)
            if target == DATABASE:
                self._restart_database()
            else:
                self._kill(target)

    def _kill(self, target: str) -> None:
        group = self._groups[target]
        victim = self._random.choice(group)
        # With a worker, web processes send no mails.
        sends_mails = target != WEB or WORKER not in self._groups
        moment = self._random.choice(["mail", "mail", "call", "any"] if sends_mails else ["call", "any"])
        if moment == "mail":
            sender = self._moments.wait_for_mail({process.pid for process in group})
            victim = next((process for process in group if process.pid == sender), victim)
        elif moment == "call":
            self._moments.wait_for_call()
        else:
            time.sleep(self._random.uniform(0, 0.2))
        victim.kill()
        self.events.kills[target] += 1
        self._note_unmarked()
        victim.start()
        print(f"  killed: {victim.name} at={moment} unmarked_so_far={self.events.between}", flush=True)

    def _restart_database(self) -> None:
        self._database.restart(kill=self.events.restarts == 0)
        self.events.restarts += 1
        self._note_unmarked()
        print(f"  database restarted, unmarked_so_far={self.events.between}", flush=True)

    def _note_unmarked(self) -> None:
        """Note which mails were handed over while their effects are still there: they will be sent again."""
        time.sleep(SETTLE_SECONDS)
        left = read_again(lambda: mails_left(self._exam_name, self._sink))
        self.events.between += sum((left - self.events.unmarked).values())
        self.events.unmarked |= left


def mails_left(exam_name: str, sink: MailSink) -> Counter[Mail]:
    """Return how often the mails of due effects have been handed over already."""
    due = AttemptEffect.objects.filter(kind=AttemptEffect.KIND_MAIL, state=AttemptEffect.STATE_DUE)
    attempts = ProctoredExamStudentAttempt.objects.filter(pk__in=due.values("attempt_id"))
    waiting = set(attempts.values_list("user__email", flat=True))
    return Counter(
        {
            mail: count
            for mail, count in list(sink.accepted.items())
            if mail[0] in waiting and f": {exam_name} in " in mail[1]
        }
    )


def read_again(read: Callable[[], Any]) -> Any:
    """Read from the database, again if it has just been restarted."""
    for _try in range(20):
        try:
            return read()
        except (DatabaseError, InterfaceError):
            connections.close_all()
            time.sleep(0.5)
    return read()


def run(scene: Scene, database: Database, attempts: int, *, broker: str = "") -> list[str]:
    """Run the part with so many learners, print what happened, return what must not be.

    ``broker``: of a Celery worker that delivers beside the deliverer, if there is to be one.
    """
    began = time.monotonic()
    scene.provider.way = None
    name = "Exam [kills]"
    exam_id, content_id = stage.create_exam(name)
    scene.provider.way, scene.sink.share = MIXED, REFUSED_MAILS
    calls, failed = scene.provider.calls, scene.provider.failed
    environment = {"FAULT_RUN_BROKER": broker, "FAULT_RUN_QUEUE": scene.folder.name} if broker else {}
    with ExitStack() as stack:
        if broker:
            stack.callback(celery_app.make(broker, environment["FAULT_RUN_QUEUE"]).control.purge)
        address, web = stack.enter_context(processes.web(environment, scene.folder, count=WEB_PROCESSES))
        deliverer = stack.enter_context(processes.deliverer(environment, scene.folder))
        groups = {WEB: web, DELIVERER: [deliverer]}
        if broker:
            groups[WORKER] = [stack.enter_context(processes.celery_worker(environment, scene.folder))]
        killer = Killer(scene, database, name, groups)
        pause_seconds = LOAD_SECONDS * AT_ONCE / (attempts * STEPS)
        sitting = scene.sitting(address, (exam_id, content_id), attempts, pause_seconds=pause_seconds)
        tally = _take_while_killing(sitting, killer)
        left = _wait_until_delivered(scene)
        dead = [process.name for group in groups.values() for process in group if not process.is_alive]
    scene.provider.way, scene.sink.share = None, 0.0
    found = read_again(lambda: audit.examine(ProctoredExam.objects.get(pk=exam_id), scene.provider, scene.sink))
    calls, failed = scene.provider.calls - calls, scene.provider.failed - failed
    outcome = Outcome("kills", tally, found, calls, failed, time.monotonic() - began)
    print(outcome.report())
    return report(killer.events, tally, found, scene.sink, left, dead)


def _take_while_killing(sitting: Sitting, killer: Killer) -> Tally:
    steps = 0
    failures: list[BaseException] = []
    is_over = threading.Event()

    def count(tally: Tally) -> None:
        nonlocal steps
        steps = tally.steps

    def progress() -> float:
        return 1.0 if is_over.is_set() else steps / (len(sitting.users) * STEPS)

    def kill() -> None:
        try:
            killer.carry_out(progress)
        except BaseException as error:
            failures.append(error)
        finally:
            # This thread's own.
            connections.close_all()

    thread = threading.Thread(target=kill, name="killer")
    thread.start()
    try:
        return learners.take(sitting, at_once=AT_ONCE, on_step=count)
    finally:
        is_over.set()
        thread.join()
        if failures:
            raise failures[0]


def _wait_until_delivered(scene: Scene) -> int:
    """Wait for the deliverer, which lives; return how many effects are due in the end.

    Whenever no process is delivering, pauses are cut short, and the leases of killed processes.
    """
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        last = max(scene.provider.last_call_at, scene.sink.last_mail_at)
        due = read_again(AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE).count)
        if not due:
            return 0
        if time.monotonic() - last >= QUIET_SECONDS:
            cut = AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE, next_try_at__gt=timezone.now())
            read_again(partial(cut.update, next_try_at=timezone.now()))
            # The loop looks once a second.
            time.sleep(1.5)
        time.sleep(0.2)
    return int(read_again(AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE).count))


def report(events: Events, tally: Tally, found: Audit, sink: MailSink, left: int, dead: list[str]) -> list[str]:
    """Print the numbers; return what must not be.

    ``left``: effects that are still due; ``dead``: processes that ended by themselves.
    """
    again = {mail: sink.accepted[mail] - 1 for mail in found.mails_doubled}
    print(
        f"  kills={dict(events.kills)} restarts={events.restarts} mails_refused={sink.refused}"
        f" handed_over_but_unmarked={events.between} mails_sent_again={sum(again.values())}"
        f" unanswered_requests={tally.unreachable} answers_500={tally.answers[500]} due_in_the_end={left}"
    )
    facts: dict[str, list[Any]] = {
        "never heard of the submission, and not listed as failed": found.unheard,
        "not submitted here": found.not_submitted,
        "heard of the submission, then of something older": found.wrong_last,
        "listed as failed without a reason": found.unlisted,
        "registrations unknown to us that no effect removes": found.orphans,
        "registrations of ours removed at the provider": found.removed_in_use,
        "mails missing": found.mails_missing,
        "mails sent again more often than a kill explains": [
            mail for mail, count in again.items() if count > events.unmarked[mail]
        ],
        "processes that had ended by themselves": dead,
    }
    texts = [f"kills: {what}: {len(items)}, such as {items[0]}" for what, items in facts.items() if items]
    if tally.went_away:
        texts.append(f"kills: learners who could not take the exam: {tally.went_away}")
    if left:
        texts.append(f"kills: effects still due in the end: {left}")
    return texts
