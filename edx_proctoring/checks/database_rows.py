"""Checks for rows of the database that do not fit the configuration."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections, router
from django.db.models import Count
from waffle import get_waffle_switch_model

from edx_proctoring import conf, constants
from edx_proctoring.api.access import reviewers
from edx_proctoring.backends import provider_settings
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.checks.common import app_config, providers
from edx_proctoring.models import ProctoredExam

# The host may replace waffle's model.
Switch = get_waffle_switch_model()


@register(Tags.database)
def check_rows(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Compare the rows that name providers with the configuration.

    Contract: contract/host-integration#system-checks.
    """
    tables = (ProctoredExam._meta.db_table, Group._meta.db_table, Switch._meta.db_table)
    for alias in databases or ():
        # ``migrate`` runs this before there are any tables.
        existing = connections[alias].introspection.table_names()
        if router.db_for_read(ProctoredExam) == alias and set(tables) <= set(existing):
            return [*_exams_of_unknownproviders(), *_switches_of_unknownproviders(), *_providers_without_reviewers()]
    return []


def _exams_of_unknownproviders() -> Iterator[CheckMessage]:
    known = _known_names()
    active = ProctoredExam.objects.filter(is_proctored=True, is_active=True).exclude(backend=None)
    for name, exams in active.order_by("backend").values_list("backend").annotate(Count("id")):
        if name not in known:
            yield Warning(
                f"Active exams name the proctoring provider {name!r}, which is not configured: {exams} of them.",
                hint=f"Configure {name!r} in PROCTORING_BACKENDS, or give these exams another provider in Studio.",
                id="edx_proctoring.W023",
            )


def _switches_of_unknownproviders() -> Iterator[CheckMessage]:
    before, after = constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.split("{}")
    known = _known_names()
    switches = Switch.objects.filter(name__startswith=before, name__endswith=after).order_by("name")
    for switch in switches.values_list("name", flat=True):
        name = switch.removeprefix(before).removesuffix(after)
        if name not in known:
            yield Warning(
                f"The switch {switch!r} has no effect: no proctoring provider {name!r} is configured.",
                hint="Rename the switch after the provider that it is for, or delete it.",
                id="edx_proctoring.W024",
            )


def _providers_without_reviewers() -> Iterator[CheckMessage]:
    names = {name for name, provider in providers() if isinstance(provider, BaseRestProctoringProvider)}
    for name in sorted(names - reviewers.with_reviewers(names)):
        group = reviewers.group_of(name)
        yield Warning(
            f"The group {group!r} has no active members: reviews of the proctoring provider {name!r} are "
            "accepted from staff only.",
            hint=f"Create the group {group!r} and put the user of the provider's OAuth2 application into it.",
            id="edx_proctoring.W025",
        )


def _known_names() -> set[str]:
    """Return all names in the configuration, including providers that run elsewhere."""
    return {*conf.proctoring.backends, *provider_settings.legacy_entries(), *app_config().backends}
