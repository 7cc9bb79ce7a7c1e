"""The state in which each test starts: no host services, fresh providers, a recording tracker, an empty cache.

Process-wide registries (services, providers, trackers, cache) are restored after each test, so that a
fake of one test never reaches the next.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import freezegun
import pytest
from django.apps import apps
from django.core.cache import cache
from edx_django_utils.cache import RequestCache
from eventtracking import tracker as event_tracker
from eventtracking.tracker import Tracker
from hypothesis import HealthCheck, settings

from edx_proctoring import runtime
from edx_proctoring.tests.test_services import (
    MockCertificateService,
    MockCreditService,
    MockEnrollmentsService,
    MockGradesService,
    MockInstructorService,
    MockLearningSequencesService,
    MockNameAffirmationService,
)

# freezegun replaces the clocks of every imported module. pytest's own must go on, or `--durations` compares a frozen
# time with a real one. Not all of "_pytest": freezegun also leaves alone what is called from an ignored module, and
# every test is called from there.
freezegun.configure(extend_ignore_list=["_pytest.timing"])

# How fast an example is depends on what else the machine does. Speed is measured in bench/.
settings.register_profile("edx-proctoring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("edx-proctoring")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a folder whose tests share a demo or a database to one worker, as ``--dist loadfile`` does with files.

    ``--dist loadgroup`` would do, but the marks of pytest-xdist 3.8 have no effect in pytest 9.2.
    """
    if config.getoption("dist") != "loadfile":
        return None

    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folders = ("tests/browser/constructor/", "tests/seb/exams/")
            found = [folder for folder in folders if nodeid.startswith(folder)]
            return found[0] if found else str(super()._split_scope(nodeid))

    return Scheduler(config, log)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end: the modules and thousands of collected tests.

    Else each full collection looks at all of them: a tenth of the CPU time of the Python tests.
    """
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many requests the fuzzer sent, which a passing test does not show."""
    sent = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "fuzz_requests"
    ]
    if sent:
        terminalreporter.write_line(f"fuzz: {sum(sent)} requests in {len(sent)} tests, the fewest in one {min(sent)}")


class RecordingTracker(Tracker):
    """An event tracker that records events in ``events``."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[str, dict[str, Any]]] = []

    def emit(self, name: str | None = None, data: dict[str, Any] | None = None) -> None:
        """Record the event."""
        self.events.append((name or "", data or {}))


class Recording:
    """A wrapper that passes calls on to ``service`` and records them in ``calls``.

    ``calls``: (method, positional arguments, keyword arguments). ``failing``: names of methods that
    raise ``RuntimeError`` instead of calling the service.
    """

    def __init__(self, service: Any) -> None:
        self.service = service
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.failing: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.service, name)
        if not callable(attribute):
            return attribute

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args, kwargs))
            if name in self.failing:
                raise RuntimeError(f"{name} fails because the test asked for it")
            return attribute(*args, **kwargs)

        return call

    def called(self, name: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Return the arguments of each call of one method."""
        return [(args, kwargs) for method, args, kwargs in self.calls if method == name]


@pytest.fixture(autouse=True)
def _no_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start with an empty registry of host services."""
    monkeypatch.setattr(runtime, "_RUNTIME_SERVICES", {})


@pytest.fixture(autouse=True)
def backends_registry() -> Iterator[dict[str, Any]]:
    """The live registry of providers, with new instances of ``test``, ``null`` and ``mock``."""
    from edx_proctoring import tests as support  # its import touches the app registry

    registry: dict[str, Any] = apps.get_app_config("edx_proctoring").backends  # type: ignore[attr-defined]
    before = dict(registry)
    support.setup_test_backends()
    yield registry
    registry.clear()
    registry.update(before)


@pytest.fixture
def test_backend(backends_registry: dict[str, Any]) -> Any:
    """The provider named ``test``: supports onboarding, accepts everything, records what it receives."""
    return backends_registry["test"]


@pytest.fixture(autouse=True)
def events() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The tracking events emitted so far: (name, data)."""
    recorder = RecordingTracker()
    before = dict(event_tracker.TRACKERS)
    event_tracker.register_tracker(recorder)
    yield recorder.events
    event_tracker.TRACKERS.clear()
    event_tracker.TRACKERS.update(before)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Empty the cache (nonces, idempotency keys, counts, throttles) and the thread's request cache (due dates)."""
    cache.clear()
    RequestCache.clear_all_namespaces()
    yield
    cache.clear()
    RequestCache.clear_all_namespaces()


@pytest.fixture
def date_service(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module ``edx_when.api``, so that a test can replace its functions.

    Where the app is not installed the module cannot be imported. A substitute
    without dates replaces it there, so that the same tests run on every database.
    """
    if apps.is_installed("edx_when"):
        from edx_when import api  # defines models: not importable without the app

        return api  # type: ignore[no-any-return]
    substitute = ModuleType("edx_when.api")
    substitute.get_date_for_block = lambda *args, **kwargs: None  # type: ignore[attr-defined]
    substitute.get_dates_for_course = lambda *args, **kwargs: {}  # type: ignore[attr-defined]
    monkeypatch.setattr("edx_proctoring.utils.due_dates._when_api", lambda: substitute)
    return substitute


@pytest.fixture
def no_date_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without ``edx_when``, on every database: the app is not installed and cannot be imported."""
    is_installed = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "edx_when" and is_installed(name))
    monkeypatch.setitem(sys.modules, "edx_when", None)


@pytest.fixture
def register_service() -> Callable[[str, Any], Recording]:
    """Register a service for this test; returns the recording wrapper around it."""

    def register(name: str, service: Any) -> Recording:
        recording = Recording(service)
        runtime.set_runtime_service(name, recording)
        return recording

    return register


@pytest.fixture
def credit(register_service: Callable[[str, Any], Recording]) -> Recording:
    """A credit service that knows every learner."""
    return register_service("credit", MockCreditService())


@pytest.fixture
def grades(register_service: Callable[[str, Any], Recording]) -> Recording:
    """A grades service for courses where a rejected exam overrides the grade."""
    return register_service("grades", MockGradesService())


@pytest.fixture
def certificates(register_service: Callable[[str, Any], Recording]) -> Recording:
    """A certificates service."""
    return register_service("certificates", MockCertificateService())


@pytest.fixture
def instructor(register_service: Callable[[str, Any], Recording]) -> Recording:
    """An instructor service that reports every user as course staff."""
    return register_service("instructor", MockInstructorService(is_user_course_staff=True))


@pytest.fixture
def name_affirmation(register_service: Callable[[str, Any], Recording]) -> Recording:
    """A name-affirmation service without any verified name."""
    return register_service("name_affirmation", MockNameAffirmationService())


@pytest.fixture
def all_services(
    credit: Recording, grades: Recording, certificates: Recording, instructor: Recording
) -> dict[str, Recording]:
    """The LMS services that a status change calls."""
    return {"credit": credit, "grades": grades, "certificates": certificates, "instructor": instructor}


@pytest.fixture
def enrol(register_service: Callable[[str, Any], Recording]) -> Callable[..., Recording]:
    """Register an enrolments service in which these users are enrolled as verified learners."""

    def register(*users: Any) -> Recording:
        return register_service(
            "enrollments", MockEnrollmentsService([{"user": user, "mode": "verified"} for user in users])
        )

    return register


@pytest.fixture
def outline(register_service: Callable[[str, Any], Recording]) -> Callable[..., Recording]:
    """Register a learning-sequences service with these accessible sequences and schedule items."""

    def register(accessible_sequences: Any, schedule_items: Any) -> Recording:
        return register_service(
            "learning_sequences", MockLearningSequencesService(accessible_sequences, schedule_items)
        )

    return register


@pytest.fixture
def proctoring_settings(settings: Any) -> Callable[..., None]:
    """Set keys of ``PROCTORING_SETTINGS``."""

    def change(**options: Any) -> None:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **options}

    return change
