"""The parts of a spike: who runs when, what is measured, and what must be true afterwards."""

import argparse
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from bench.compare.trees import ROOT
from bench.compare.versions import Process
from bench.faults.provider import Provider
from bench.spike import journeys, results, servers
from bench.spike.app_side import LIMIT_MINUTES
from bench.spike.journeys import EXTRA_MINUTES

CAPACITY: Final = "capacity"
ARRIVALS: Final = "arrivals"

# Of one request, by a learner who meets an outage.
MOST_TRIES: Final = 60
WARM_UP: Final = 40
# All effects must have been told so long after the last learner is done.
SETTLE_SECONDS: Final = 60


class Version:
    """One version of the app: its folder, its database, its people."""

    def __init__(self, label: str, folder: Path, options: argparse.Namespace, provider_url: str, logs: Path) -> None:
        self.label = label
        self._options = options
        name = f"{os.environ.get('EDX_PROCTORING_DB_NAME', 'spike')}_{label}"
        brokers = {"redis": options.redis, "rabbitmq": options.rabbitmq}
        environment = servers.environment(
            folder,
            database=name,
            cache=options.cache,
            provider=provider_url,
            broker=brokers.get(options.mode, ""),
            queue=name,
        )
        environment["EDX_PROCTORING_DB"] = options.database
        self.setup = servers.Setup(folder, environment, options.workers, options.threads, logs / f"{label}.log")
        self.about = ""
        self.people: dict[str, Any] = {}
        self.extends = False

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Make the database and the people; remove the database afterwards."""
        with Process(
            self.label, self.setup.folder, dict(self.setup.environment), "bench.spike.app_side"
        ) as self.app_side:
            self.about = self.app_side.ask("create")
            self.extends = self.app_side.ask("extends")
            try:
                self.people = self.app_side.ask("fill", max(self._options.learners, WARM_UP))
                yield
            finally:
                self.app_side.ask("drop")


def run(
    options: argparse.Namespace, versions: list[Version], provider: Provider, folder: Path
) -> Iterator[dict[str, Any]]:
    """Run all parts with both versions in turn; print and yield what was measured."""
    numbers = itertools.count(1)
    for part in options.parts:
        names = ("bare", "attempt") if part == CAPACITY else ("day",)
        for latency in options.latency:
            for turn in range(options.rounds):
                for version in versions if turn % 2 == 0 else versions[::-1]:
                    with _served(options, version) as (address, groups):
                        run_of = Run(options, version, provider, folder, address, groups)
                        for journey in names:
                            measured = run_of.journey(part, journey, latency, f"exam{next(numbers)}")
                            print(results.lines(measured), flush=True)
                            yield measured


@contextmanager
def _served(options: argparse.Namespace, version: Version) -> Iterator[tuple[str, dict[str, Any]]]:
    with ExitStack() as stopping:
        groups = {}
        # It repeats what failed, also where workers deliver first.
        groups["deliverer"] = stopping.enter_context(servers.deliverer(version.setup))
        if options.mode != "process":
            worker = servers.celery_worker(version.setup, threads=options.threads)
            groups["worker"] = stopping.enter_context(worker)
        address, groups["web"] = stopping.enter_context(servers.gunicorn(version.setup))
        yield address, groups


class Run:
    """The journeys of one version, on the processes that serve it."""

    def __init__(
        self,
        options: argparse.Namespace,
        version: Version,
        provider: Provider,
        folder: Path,
        address: str,
        groups: dict[str, Any],
    ) -> None:
        self._options, self._version, self._provider = options, version, provider
        self._plan_file, self._address, self._groups = folder / "plan.json", address, groups

    def journey(self, part: str, journey: str, latency: int, exam_name: str) -> dict[str, Any]:
        """Let the learners through one journey; return what was measured and what is wrong."""
        self._provider.latency_seconds = 0.0
        warm_up = self._version.app_side.ask("new_exam", f"{exam_name}_warm_up")
        self._drive({"journey": journey, "rate": 0, "polls": 1, "pause": 0.0}, warm_up, WARM_UP)
        exam = self._version.app_side.ask("new_exam", exam_name)
        self._provider.latency_seconds = latency / 1000
        rate = self._options.rate if part == ARRIVALS else 0
        polls, pause = (self._options.polls, self._options.pause) if part == ARRIVALS else (0, 0.0)
        waiting: list[int] = []
        calls, connections = self._provider.calls, self._provider.connections
        with servers.watched(self._groups) as usage, self._outage(part), self._queue(exam["exam_id"], waiting):
            driven = self._drive(
                {"journey": journey, "rate": rate, "polls": polls, "pause": pause}, exam, self._options.learners
            )
        settled = self._settle(exam["exam_id"]) if journey != "bare" else 0.0
        self._provider.latency_seconds = 0.0
        measured = {
            "part": part,
            "journey": journey,
            "version": self._version.label,
            "latency_ms": latency,
            "rate": rate,
            "learners": self._options.learners,
            "settled_seconds": settled,
            "waiting": waiting,
            "provider": {
                "calls": self._provider.calls - calls,
                "connections": self._provider.connections - connections,
            },
            "usage": {
                name: {"cpu": round(used.cpu_seconds, 1), "memory": _peaks(used.memory_mb)}
                for name, used in usage.items()
            },
            **driven,
        }
        name = f"{self._version.label} {part} {journey} {latency} ms"
        measured["complaints"] = [f"{name}: {text}" for text in self.complaints(measured, exam)]
        return measured

    def _drive(self, how: dict[str, Any], exam: dict[str, Any], learners: int) -> dict[str, Any]:
        people = self._version.people
        plan = {
            **how,
            "address": self._address,
            "at_once": self._options.at_once,
            "exam": exam,
            **people,
            "extends": self._version.extends,
            "tries": MOST_TRIES if self._options.outage else 1,
            "learners": people["learners"][:learners],
        }
        self._plan_file.write_text(json.dumps(plan), encoding="utf-8")
        command = [sys.executable, "-m", "bench.spike.driver", str(self._plan_file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the driver failed:\n{done.stderr[-3000:]}")
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    @contextmanager
    def _outage(self, part: str) -> Iterator[None]:
        """Let the provider be down for a while, if that is asked for."""
        if not self._options.outage or part != ARRIVALS:
            yield
            return
        at, seconds = self._options.outage
        timers = [threading.Timer(at, self._set_down, [True]), threading.Timer(at + seconds, self._set_down, [False])]
        for timer in timers:
            timer.start()
        try:
            yield
        finally:
            for timer in timers:
                timer.cancel()
            self._set_down(False)

    def _set_down(self, is_down: bool) -> None:
        self._provider.is_down = is_down

    @contextmanager
    def _queue(self, exam_id: int, waiting: list[int]) -> Iterator[None]:
        """Note each second how many effects wait."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(1):
                waiting.append(self._version.app_side.ask("count", exam_id)["due"])

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _settle(self, exam_id: int) -> float:
        """Wait until no effect is due; return how long that took, at most ``SETTLE_SECONDS``."""
        began = time.monotonic()
        while time.monotonic() - began < SETTLE_SECONDS and self._version.app_side.ask("count", exam_id)["due"]:
            time.sleep(0.5)
        return round(time.monotonic() - began, 1)

    def complaints(self, measured: dict[str, Any], exam: dict[str, Any]) -> Iterator[str]:
        """Yield what must not be."""
        if measured["refused"]:
            yield f"learners refused: {len(measured['refused'])}, such as {measured['refused'][0]}"
        attempts = self._version.app_side.ask("attempts", exam["exam_id"])
        if len(attempts) != measured["learners"]:
            yield f"attempts: {len(attempts)} of {measured['learners']}"
        if measured["journey"] == "bare":
            return
        wrong = [attempt for attempt in attempts if not self._is_right(attempt, measured)]
        if wrong:
            yield f"attempts that are wrong: {len(wrong)}, such as {wrong[0]}"
        due = self._version.app_side.ask("count", exam["exam_id"])["due"]
        if due:
            yield f"effects not told within {SETTLE_SECONDS} s: {due}"
        heard = Counter(
            tuple(known.heard)
            for known in self._provider.registrations.values()
            if known.exam == exam["exam_external_id"] and not known.is_deleted
        )
        # The start need not be told of an attempt that is submitted before the provider is back.
        right = {("started", "submitted"), *([("submitted",)] if self._options.outage else [])}
        if set(heard) - right or heard.total() != measured["learners"]:
            yield f"what the provider heard: {dict(heard)}"

    def _is_right(self, attempt: dict[str, Any], measured: dict[str, Any]) -> bool:
        number = self._number_of[attempt["user_id"]]
        plan = {"extends": self._version.extends and measured["journey"] == "day", "polls": self._options.polls}
        limit = LIMIT_MINUTES + (EXTRA_MINUTES if journeys.is_extended(number, plan) else 0)
        status = "verified" if measured["journey"] == "day" else "submitted"
        return bool(
            attempt["status"] == status
            and attempt["started_at"]
            and attempt["completed_at"]
            and attempt["allowed_time_limit_mins"] == limit
        )

    @property
    def _number_of(self) -> dict[int, int]:
        return {user_id: number for number, (user_id, _) in enumerate(self._version.people["learners"])}


def _peaks(memory: list[float]) -> dict[str, float]:
    return {"first": round(memory[0]), "peak": round(max(memory))} if memory else {"first": 0, "peak": 0}
