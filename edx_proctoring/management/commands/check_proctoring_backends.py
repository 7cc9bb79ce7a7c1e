"""Check that each configured provider answers."""

import argparse
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError

from edx_proctoring import checks, conf
from edx_proctoring.backends import default_backend_name, health_check
from edx_proctoring.backends.rest import BaseRestProctoringProvider

if TYPE_CHECKING:
    from edx_proctoring.apps import EdxProctoringConfig

_LABEL_WIDTH = 13


class Command(BaseCommand):
    """``manage.py check_proctoring_backends [NAME ...]``, to run before an exam day.

    Contract: contract/provider-configuration#check-command.

    System checks read the settings; this command calls the providers. Exit code 1 if any provider has a problem, for
    monitoring.
    """

    # A broken default provider is an error of the system checks. It must not stop the command that diagnoses it.
    requires_system_checks = ()

    help = (
        "Show each configured proctoring provider: its class, what it reports about itself, and how far its clock is "
        "from ours. Changes nothing here or at the provider. Exit code: 0 if all is well, 1 if there is a problem."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the names and the time limit."""
        parser.add_argument("names", nargs="*", metavar="NAME", help="configured name (default: all)")
        parser.add_argument(
            "--timeout",
            type=_positive_seconds,
            default=10.0,
            metavar="SECONDS",
            help="time limit of a provider; all are asked at the same time (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a paragraph for each provider. Raises ``CommandError`` if any has a problem."""
        config = cast("EdxProctoringConfig", apps.get_app_config("edx_proctoring"))
        names: Sequence[str] = list(dict.fromkeys(options["names"] or [*config.backends, *config.broken_backends]))
        if not names:
            raise CommandError("There is no proctoring provider: configure one in PROCTORING_BACKENDS.")
        default = default_backend_name()
        found = health_check.examine(config.backends, config.broken_backends, names, timeout=options["timeout"])
        without_reviewers, notes = self._ask_database(config.backends, names)
        problems = 0
        for findings in found:
            has_reviewers = findings.name not in (without_reviewers or ())
            self._print(findings, is_default=findings.name == default, has_reviewers=has_reviewers)
            problems += len(findings.problems)
        elsewhere = sorted(
            set(conf.proctoring.backends) - {"DEFAULT"} - set(config.backends) - set(config.broken_backends)
        )
        if elsewhere and not options["names"]:
            self.stdout.write(f"Without a plug-in here, their exams are proctored elsewhere: {', '.join(elsewhere)}.")
        if not options["names"] and default not in names:
            problems += 1
            self.stdout.write(f"The default provider is {default!r}, which does not exist: see 'manage.py check'.")
        if not options["names"] or without_reviewers is None:
            for note in notes:
                self.stdout.write(f"note: {note}")
        if problems:
            raise CommandError(f"Problems: {problems}.")
        self.stdout.write("No problems.")

    def _print(self, findings: health_check.Findings, *, is_default: bool, has_reviewers: bool) -> None:
        self.stdout.write(f"{findings.name} (default)" if is_default else findings.name)
        for label, text in findings.facts:
            self._line(label, text)
        if not has_reviewers:
            self._line(
                "note",
                f"nobody is in the group '{findings.name}_review': the provider's reviews are taken from staff only",
            )
        if dropped := _dropped_options(findings.name):
            self._line("note", f"these options have no effect: {', '.join(dropped)}")
        for problem in findings.problems:
            self._line("PROBLEM", problem)

    def _ask_database(self, backends: Any, names: Collection[str]) -> tuple[set[str] | None, list[str]]:
        """Return the providers without reviewers, and notes on rows that name providers that are not configured.

        If the database fails, return None and one note: the findings about the providers are still worth printing. A
        leftover row is a note, because it is not a problem of a provider.
        """
        try:
            without_reviewers = _without_reviewers(backends, names)
            messages = checks.check_rows(None, databases=[DEFAULT_DB_ALIAS])
        except DatabaseError as exc:
            why = f"the database fails ({type(exc).__name__})"
            return None, [f"exams, switches and reviewers were not looked at, {why}."]
        shown = ("edx_proctoring.W023", "edx_proctoring.W024")
        return without_reviewers, [f"{message.msg} {message.hint}" for message in messages if message.id in shown]

    def _line(self, label: str, text: str) -> None:
        # One line per fact, even if a provider sends line breaks.
        self.stdout.write(f"  {label:<{_LABEL_WIDTH}} {' '.join(text.split())}")


def _without_reviewers(backends: Any, names: Collection[str]) -> set[str]:
    """Return the REST providers whose group of reviewers is empty or missing."""
    rest = {name for name in names if isinstance(backends.get(name), BaseRestProctoringProvider)}
    groups = {f"{name}_review": name for name in rest}
    with_members = Group.objects.filter(name__in=groups, user__is_active=True).values_list("name", flat=True)
    return rest - {groups[name] for name in with_members.distinct()}


def _dropped_options(name: str) -> list[str]:
    config = cast("EdxProctoringConfig", apps.get_app_config("edx_proctoring"))
    return config.dropped_backend_keys.get(name, [])


def _positive_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds
