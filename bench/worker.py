"""A process that holds a course of one size and measures routes on request.

One process per size, so that a small and a large course can be measured in turn (A B A B): other load on the machine
then slows both alike.
"""

import multiprocessing
from multiprocessing.connection import Connection
from typing import Any

from bench.environment import database, install_services, set_up_django


class Worker:
    """The parent's side of a worker process."""

    def __init__(self, learners: int, exams: int, allowances: int) -> None:
        self.learners = learners
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, learners, exams, allowances), daemon=True)
        self._process.start()

    def ask(self, command: str, *arguments: Any) -> Any:
        """Send a command and wait for its result. Raises RuntimeError with the worker's error."""
        self._pipe.send((command, arguments))
        outcome, result = self._pipe.recv()
        if outcome == "error":
            raise RuntimeError(f"{command}{arguments} with {self.learners} learners: {result}")
        return result

    def close(self) -> None:
        """Stop the process, which drops its database."""
        try:
            self._pipe.send(("stop", ()))
            self._process.join(timeout=30)
        finally:
            if self._process.is_alive():
                self._process.terminate()


def _serve(pipe: Connection, learners: int, exams: int, allowances: int) -> None:
    set_up_django(str(learners))
    with database() as vendor:
        commands = _Commands(vendor, learners, exams, allowances)
        while True:
            command, arguments = pipe.recv()
            if command == "stop":
                return
            try:
                pipe.send(("ok", getattr(commands, command)(*arguments)))
            except Exception as error:
                pipe.send(("error", f"{type(error).__name__}: {error}"))


class _Commands:
    """What a worker can be asked."""

    def __init__(self, vendor: str, learners: int, exams: int, allowances: int) -> None:
        from django.db import connection

        # The platform keeps its connections, so connecting is not measured.
        connection.settings_dict["CONN_MAX_AGE"] = None
        install_services()
        from bench.course import fill
        from bench.routes import Routes

        self._vendor = vendor
        self._routes = Routes(fill(learners, exams, allowances))
        self._by_name = {route.name: route for route in (*self._routes.all(), self._routes.bare())}

    def about(self) -> dict[str, Any]:
        """Return the database and the numbers of rows in it."""
        import django
        from django.db import connection

        from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance, ProctoredExamStudentAttempt

        connection.ensure_connection()
        return {
            "database": self._vendor,
            "version": ".".join(str(part) for part in connection.get_database_version()),
            "django": django.get_version(),
            "exams": ProctoredExam.objects.count(),
            "attempts": ProctoredExamStudentAttempt.objects.count(),
            "allowances": ProctoredExamStudentAllowance.objects.count(),
        }

    def routes(self) -> list[dict[str, Any]]:
        """Return names and limits of the routes."""
        return [
            {
                "name": route.name,
                "ceiling": route.ceiling,
                "aim": route.aim,
                "paged": route.paged,
                "polled": route.polled,
            }
            for route in self._routes.all()
        ]

    def count(self, name: str) -> tuple[int, int, int]:
        """Return queries, transaction statements and bytes of one call, after a warm-up call."""
        from bench import measure

        self._run(name, measure.once)
        return self._run(name, measure.count)

    def time(self, name: str) -> tuple[float, float]:
        """Return milliseconds of one call: wall clock, and CPU of this process."""
        from bench import measure

        sample = self._run(name, measure.once)
        return sample.wall_ms, sample.cpu_ms

    def _run(self, name: str, measured: Any) -> Any:
        from bench.routes import prepared

        call = prepared(self._by_name[name].send, 0)
        try:
            return measured(call)
        finally:
            put_back = getattr(call, "put_back", None)
            if put_back is not None:
                put_back()
