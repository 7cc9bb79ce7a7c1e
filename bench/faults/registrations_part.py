"""Part 4: web processes die between the provider's reply to a registration and the insertion of the attempt.

Three rounds: with a provider that honours the ``Idempotency-Key``, with one that does not, and a control without the
intents that are recorded before a registration, which must leave registrations behind.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.faults import audit, faults_part, learners, processes, stage
from bench.faults.faults_part import AT_ONCE, WEB_PROCESSES, Outcome, Scene
from bench.faults.processes import Process
from edx_proctoring.models import AttemptEffect, ProctoredExam

WATCH_SECONDS: Final = 0.05

# Name of the round → environment of its processes.
KEY_HONOURED, KEY_IGNORED, WITHOUT_INTENTS = "key honoured", "key ignored", "no intents"
ROUNDS: Final[Mapping[str, Mapping[str, str]]] = {
    KEY_HONOURED: {},
    KEY_IGNORED: {"FAULT_RUN_KEY_IGNORED": "1"},
    WITHOUT_INTENTS: {"FAULT_RUN_WITHOUT_INTENTS": "1"},
}


def run(scene: Scene, attempts: int) -> list[str]:
    """Run the rounds with so many learners each; return what must not be."""
    complaints: list[str] = []
    for name, environment in ROUNDS.items():
        complaints += _run_round(scene, attempts, name, environment)
    return complaints


def _run_round(scene: Scene, attempts: int, name: str, environment: Mapping[str, str]) -> list[str]:
    began = time.monotonic()
    scene.provider.way = None
    scene.provider.honours_key = name != KEY_IGNORED
    exam = stage.create_exam(f"Exam [registrations, {name}]")
    deaths = scene.folder / f"deaths-{exam[0]}"
    deaths.mkdir()
    calls = scene.provider.calls
    environment = {**environment, "FAULT_RUN_DEATHS": str(deaths), "FAULT_RUN_SEED": str(scene.seed)}
    with processes.web(environment, scene.folder, count=WEB_PROCESSES) as (address, web), _revived(web):
        tally = learners.take(scene.sitting(address, exam, attempts), at_once=AT_ONCE)
    # This process delivers: it knows the provider's option as the web processes do.
    with faults_part.provider_options(honours_idempotency_key=name != KEY_IGNORED):
        faults_part.deliver_all()
    scene.provider.honours_key = True
    found = audit.examine(ProctoredExam.objects.get(pk=exam[0]), scene.provider, scene.sink)
    outcome = Outcome(name, tally, found, scene.provider.calls - calls, _count(deaths), time.monotonic() - began)
    left = AttemptEffect.objects.filter(exam_id=exam[0]).count()
    print(f"{outcome.report()}\n      deaths={outcome.failed} effects_left={left}", flush=True)
    return complaints(outcome)


def complaints(outcome: Outcome) -> list[str]:
    """Return what must not be. ``failed`` of the outcome: how often a process died at that point."""
    if outcome.way == WITHOUT_INTENTS:
        is_seen = bool(outcome.audit.orphans)
        return [] if is_seen else ["registrations: without intents nothing was left behind, so the run shows nothing"]
    # A death also meets what other threads of the process do: a mail that was handed over and not noted is sent again.
    doubled = outcome.audit.mails_doubled
    without_mails = replace(outcome, audit=replace(outcome.audit, mails_doubled=[]))
    texts = [f"registrations, {text}" for text in faults_part.complaints(without_mails)]
    if len(doubled) > outcome.failed:
        texts.append(f"registrations, {outcome.way}: more mails doubled than processes died: {len(doubled)}")
    if outcome.way == KEY_HONOURED and outcome.audit.queued_removals:
        texts.append(f"registrations, {outcome.way}: not removed: {outcome.audit.queued_removals}")
    return texts


def _count(deaths: Path) -> int:
    return sum(1 for _ in deaths.iterdir())


@contextmanager
def _revived(web: list[Process]) -> Iterator[None]:
    """Start each process again that ends while the block runs."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(WATCH_SECONDS):
            for process in web:
                if not process.is_alive:
                    process.start()

    thread = threading.Thread(target=watch, name="reviver")
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
